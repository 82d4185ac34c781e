package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

// A backup password is looked for in this order: where a flag says, the command
// of the configuration, the system's keychain, a person at the terminal. It is
// never taken from the command line or the environment, and is in no error.

// maxPassword bounds a password in bytes.
const maxPassword = 1024

// promptTries is how often a person may type a password that turns out wrong.
const promptTries = 3

// passwordFlags say where a backup password comes from.
type passwordFlags struct {
	fd         int // -1: none
	command    string
	noKeychain bool
}

// noPasswordFlags is what holds for a verb that has no such flags.
var noPasswordFlags = passwordFlags{fd: -1}

// addPasswordFlags adds --password-fd, --password-command and --no-keychain.
func addPasswordFlags(cmd *cobra.Command, p *passwordFlags) {
	cmd.Flags().IntVar(&p.fd, "password-fd", -1, "read the backup password from file descriptor `N`, up to the end of the line")
	cmd.Flags().StringVar(&p.command, "password-command", "", "a shell `COMMAND` that prints the backup password (default: password_command)")
	cmd.Flags().BoolVar(&p.noKeychain, "no-keychain", false, "do not look for passwords in the system's keychain, and keep none there")
}

// addNewPasswordFlags adds the same for a password that is about to be set.
func addNewPasswordFlags(cmd *cobra.Command, p *passwordFlags) {
	cmd.Flags().IntVar(&p.fd, "new-password-fd", -1, "read the new backup password from file descriptor `N`, up to the end of the line")
	cmd.Flags().StringVar(&p.command, "new-password-command", "", "a shell `COMMAND` that prints the new backup password")
}

// named says that a flag tells where the password is: then it is nowhere else.
func (p passwordFlags) named() bool { return p.fd >= 0 || p.command != "" }

// check refuses flags that cannot be meant.
func (p passwordFlags) check() error {
	switch {
	case p.fd >= 0 && p.command != "":
		return usageError{errors.New("a file descriptor and a command for one password: choose one")}
	case p.fd == 1 || p.fd == 2 || p.fd < -1:
		return usageError{fmt.Errorf("file descriptor %d is not one to read a password from", p.fd)}
	}
	return nil
}

// askPassword finds the backup password of a phone: the first one that there is,
// right or wrong. The cause of its error is backup-password-unknown when there is
// none.
func (a *app) askPassword(ctx context.Context, cfg configs.Config, udid, prompt string, p passwordFlags) (string, error) {
	for password, err := range a.passwords(ctx, cfg, udid, prompt, p) {
		return password, err
	}
	return "", noPassword(udid, errors.New("none was given, none is in the keychain, and nobody is there to be asked"))
}

// passwords yields one password after the other, for a reader who can tell a
// wrong one: those that are saved, then what a person types, some times. A flag
// that says where the password is excludes all others. It ends at an error.
func (a *app) passwords(ctx context.Context, cfg configs.Config, udid, prompt string, p passwordFlags) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		dropCores()
		if err := p.check(); err != nil {
			yield("", err)
			return
		}
		command := cfg.PasswordCommand
		if p.named() {
			command = p.command
		}
		switch {
		case p.fd >= 0:
			yield(validPassword(udid)(a.readPassword(ctx, p.fd)))
			return
		case command != "":
			password, err := validPassword(udid)(a.runPasswordCommand(ctx, command))
			if !yield(password, err) || err != nil || p.named() {
				return
			}
		}
		if !p.noKeychain {
			if password, ok := a.savedPassword(ctx, udid); ok && !yield(password, nil) {
				return
			}
		}
		a.typedPasswords(ctx, udid, prompt, yield)
	}
}

// typedPasswords yields what a person types, if there is one.
func (a *app) typedPasswords(ctx context.Context, udid, prompt string, yield func(string, error) bool) {
	if !a.canAsk() {
		return
	}
	for range promptTries {
		password, err := validPassword(udid)(a.typePassword(ctx, prompt))
		if !yield(password, err) || err != nil {
			return
		}
	}
}

// askNewPassword finds the password that is about to be set: where the flags say,
// or typed twice at the terminal. Nothing else is looked at, so that an old
// password is never taken for a new one.
func (a *app) askNewPassword(ctx context.Context, prompt string, p passwordFlags) (string, error) {
	dropCores()
	if err := p.check(); err != nil {
		return "", err
	}
	valid := validPassword("")
	switch {
	case p.fd >= 0:
		return valid(a.readPassword(ctx, p.fd))
	case p.command != "":
		return valid(a.runPasswordCommand(ctx, p.command))
	case !a.canAsk():
		return "", usageError{errors.New("no new password: give --new-password-fd or --new-password-command, or run this in a terminal")}
	}
	for range promptTries {
		first, err := valid(a.typePassword(ctx, prompt))
		if err != nil {
			return "", err
		}
		second, err := a.typePassword(ctx, "the same again")
		if err != nil {
			return "", err
		}
		if first == second {
			return first, nil
		}
		fmt.Fprintln(a.stderr, "these are two different passwords; once more")
	}
	return "", usageError{errors.New("the two passwords were different each time")}
}

// validPassword returns what refuses a text that cannot be a password. Its result fits
// around the two values of whoever read the text.
func validPassword(udid string) func(string, error) (string, error) {
	return func(password string, err error) (string, error) {
		switch {
		case err != nil:
			return "", err
		case password == "":
			return "", noPassword(udid, errors.New("it is empty"))
		case len(password) > maxPassword:
			return "", noPassword(udid, fmt.Errorf("it is longer than %d bytes", maxPassword))
		case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
			return "", noPassword(udid, errors.New("it is not text in UTF-8"))
		}
		return password, nil
	}
}

// noPassword is the error for a password that could not be had.
func noPassword(udid string, err error) error {
	ev := cause.Evidence{"reason": err.Error()}
	if udid != "" {
		ev["udid"] = udid
	}
	return cause.New(cause.BackupPasswordUnknown, ev, fmt.Errorf("find the backup password: %w", err))
}

// keychainService names our entries in the system's keychain; the account is the
// canonical UDID.
const keychainService = "homeport"

// keychainWait is how long the keychain may take: it may ask a person to unlock it.
const keychainWait = 2 * time.Minute

// savedPassword looks into the keychain. A keychain that is not there, locked or
// broken has no password: there are other ways.
func (a *app) savedPassword(ctx context.Context, udid string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, keychainWait)
	defer cancel()
	password, err := a.keys().get(ctx, keychainService, usbmux.CanonicalUDID(udid))
	if err != nil {
		return "", false
	}
	password, err = validPassword(udid)(password, nil)
	return password, err == nil
}

// rememberPassword keeps a password in the keychain. Where there is none it is an
// error, and nothing is written anywhere else.
func (a *app) rememberPassword(udid, password string) error {
	ctx, cancel := context.WithTimeout(context.Background(), keychainWait)
	defer cancel()
	if err := a.keys().set(ctx, keychainService, usbmux.CanonicalUDID(udid), password); err != nil {
		return fmt.Errorf("keep the password in the keychain: %w", err)
	}
	return nil
}

// forgetPassword takes a password out of the keychain; none there is no error.
func (a *app) forgetPassword(udid string) error {
	ctx, cancel := context.WithTimeout(context.Background(), keychainWait)
	defer cancel()
	err := a.keys().remove(ctx, keychainService, usbmux.CanonicalUDID(udid))
	if err != nil && !errors.Is(err, errNotSaved) && !errors.Is(err, errNoKeychain) {
		return fmt.Errorf("take the password out of the keychain: %w", err)
	}
	return nil
}
