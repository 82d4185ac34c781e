package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"homeport/agent"
	"homeport/backup"
	"homeport/cause"
)

// encryptionOptions are what the three encryption verbs share.
type encryptionOptions struct {
	name     string // of the verb: on, off, change
	phone    string
	settings settings
	old, new passwordFlags
	remember bool
}

func newEncryptionCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "encryption on|off|change PHONE",
		Short: "The phone's backup password: set it, remove it, change it",
		Args:  noArgs,
		RunE:  a.group,
	}
	cmd.AddCommand(
		a.encryptionVerb("on", "Set a backup password: backups are encrypted from then on", meaningOn),
		a.encryptionVerb("off", "Remove the backup password: backups are no longer encrypted", meaningOff),
		a.encryptionVerb("change", "Change the backup password", meaningChange),
	)
	return cmd
}

// What each verb means for the person; it is said before the password is asked for.
const (
	meaningOn = `From now on the iPhone encrypts every backup, on whatever computer: saved passwords,
Health data, call history and Wi-Fi settings are in it, and nobody can look into it
without the password. Nobody can recover that password: without it these backups can
be neither read nor restored. The next backup is a full one.`
	meaningOff = `From now on backups are not encrypted: whoever gets at them can read them, and saved
passwords, Health data, call history and Wi-Fi settings are not in them any more.
Backups that were made until now stay encrypted, and open with their password only.
The next backup is a full one.`
	meaningChange = `Backups from now on open with the new password; those that were made until now go on
opening with the old one only.`
	// forgotten is told to whoever gave the wrong password.
	forgotten = `If the password is forgotten, nobody can find it out, and the backups that were made
with it stay closed for good. A new one can be set after this on the iPhone: Settings,
General, Transfer or Reset iPhone, Reset, Reset All Settings. No data is lost by it, but
Wi-Fi passwords, Apple Pay cards, the home screen, alarms and privacy settings have to
be set up again.`
)

func (a *app) encryptionVerb(name, short, meaning string) *cobra.Command {
	o := encryptionOptions{name: name, old: noPasswordFlags, new: noPasswordFlags}
	cmd := &cobra.Command{
		Use:   name + " PHONE",
		Short: short,
		Long: short + ".\n\n" + meaning + `

The iPhone asks for its passcode before it makes the change. A password is typed at
the terminal, or read from where the flags say; never from the command line or the
environment.`,
		Args:              argsBetween(1, 1),
		ValidArgsFunction: a.validPhones,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.phone = args[0]
			return runEncryption(cmd.Context(), a, o)
		},
	}
	cmd.Flags().StringVar(&o.settings.engine, "engine", "", "which `ENGINE` makes the change: auto, native or libimobiledevice")
	if name == "on" {
		cmd.Flags().BoolVar(&o.old.noKeychain, "no-keychain", false, "keep no password in the system's keychain")
	} else {
		addPasswordFlags(cmd, &o.old)
	}
	if name != "off" {
		addNewPasswordFlags(cmd, &o.new)
		cmd.Flags().BoolVar(&o.remember, "remember", false, "keep the new password in the system's keychain")
	}
	return cmd
}

// encryptionState is what the verbs print as JSON.
type encryptionState struct {
	Phone      agent.Phone `json:"phone"`
	Encryption struct {
		On         bool `json:"on"`
		Changed    bool `json:"changed"`
		Remembered bool `json:"remembered"`
	} `json:"encryption"`
	Warning string `json:"warning,omitempty"`
}

// errNothingToDo ends a verb whose wish is fulfilled already.
var errNothingToDo = errors.New("nothing to do")

func runEncryption(ctx context.Context, a *app, o encryptionOptions) error {
	if o.remember && o.old.noKeychain {
		return usageError{errors.New("--remember and --no-keychain: choose one")}
	}
	cfg, err := a.load(o.settings)
	if err != nil {
		return err
	}
	here, err := a.present(ctx, o.phone, chooseOne)
	if err != nil {
		return err
	}
	defer here.close()
	var state encryptionState
	var words agent.Passwords
	log := a.openLog(cfg)
	tell := agent.LogEvents(log)
	if !a.json {
		tell = a.teller(cfg)
	}
	err = a.newAgent(cfg, here.mux, false, tell).ChangePassword(ctx, here.watcher, here.phones[0].link,
		func(ctx context.Context, p agent.Phone, now agent.Encryption) (agent.Passwords, error) {
			state.Phone, state.Encryption.On = p, now.On
			var err error
			words, err = o.passwords(ctx, a, p, now, func(prompt string) (string, error) {
				return a.askPassword(ctx, cfg, p.UDID, prompt, o.old)
			})
			return words, err
		})
	switch {
	case errors.Is(err, errNothingToDo):
		a.tellEncryption(state, words)
		return nil
	case err != nil:
		a.adviseEncryption(err)
		return err
	}
	state.Encryption.On, state.Encryption.Changed = words.New != "", true
	log.Info("encryption", zap.String("udid", state.Phone.UDID), zap.String("verb", o.name), zap.Bool("on", state.Encryption.On))
	o.keep(ctx, a, &state, words)
	a.tellEncryption(state, words)
	return nil
}

// passwords decides from how the phone encrypts now what is to be asked for, says
// what the change means, and asks.
func (o encryptionOptions) passwords(ctx context.Context, a *app, p agent.Phone, now agent.Encryption, askOld func(string) (string, error)) (agent.Passwords, error) {
	label := clean(p.Label())
	switch {
	case o.name == "off" && !now.On:
		return agent.Passwords{}, errNothingToDo
	case o.name == "off" && now.Required:
		return agent.Passwords{}, cause.New(cause.EncryptionRequiredByPolicy, nil, errors.New("remove the backup password: a profile requires one"))
	case o.name == "on" && now.On:
		return agent.Passwords{}, usageError{fmt.Errorf("%s has a backup password already; to change it: homeport encryption change", label)}
	case o.name == "change" && !now.On:
		return agent.Passwords{}, usageError{fmt.Errorf("%s has no backup password; to set one: homeport encryption on", label)}
	}
	a.explainEncryption(o.name)
	var words agent.Passwords
	if o.name != "on" {
		old, err := askOld("the backup password of " + p.Label() + " as it is now")
		if err != nil {
			return words, err
		}
		words.Old = backup.Secret(old)
	}
	if o.name != "off" {
		fresh, err := a.askNewPassword(ctx, "a new backup password for "+p.Label(), o.new)
		if err != nil {
			return words, err
		}
		words.New = backup.Secret(fresh)
	}
	return words, nil
}

// explainEncryption says what is about to change, to whoever reads along.
func (a *app) explainEncryption(verb string) {
	if a.json {
		return
	}
	text := map[string]string{"on": meaningOn, "off": meaningOff, "change": meaningChange}[verb]
	fmt.Fprintln(a.stderr, text)
}

// adviseEncryption adds to an error what only this verb knows.
func (a *app) adviseEncryption(err error) {
	if a.json {
		return
	}
	id, _ := cause.Of(err)
	switch {
	case agent.Unsettled(err):
		fmt.Fprintln(a.stderr, "nobody knows whether the iPhone made the change; homeport doctor shows whether encryption is on,\nand until it is clear keep both the old and the new password")
	case id == cause.BackupPasswordUnknown:
		fmt.Fprintln(a.stderr, forgotten)
	}
}
