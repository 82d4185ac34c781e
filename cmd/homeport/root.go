package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"homeport/agent"

	"homeport/agent/notices"
)

// app is what all verbs share: the streams, the global flags, and what is opened
// from them on first use.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	args    []string // the command line
	verb    string   // the command that was run, such as "homeport config init"; set at the end
	signals *signals
	ctx     context.Context // ends with the first signal

	configFile string
	stateDir   string
	logLevel   string
	json       bool
	asItIs     bool // what is remembered of a destination does not count

	keychain keychain               // nil: the system's, see keys
	typed    func() (string, error) // set by tests: what a person types
	shower   notices.Shower         // nil: the desktop

	recorder *agent.Recorder // nil: what happens is in no history

	met     handsets // the phones that were asked who they are
	log     *zap.Logger
	level   zap.AtomicLevel // of log
	closers []func()
}

// close ends what the verb opened, last first.
func (a *app) close() {
	for i := len(a.closers) - 1; i >= 0; i-- {
		a.closers[i]()
	}
	a.closers = nil
}

// printJSON prints one object on one line of stdout.
func (a *app) printJSON(v any) {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // output keeps the error
}

// printf prints for a person, on stdout.
func (a *app) printf(format string, args ...any) {
	fmt.Fprintf(a.stdout, format, args...)
}

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "homeport",
		Short: "Plug in an iPhone, and it is backed up; or you know exactly why not",
		Long: `Homeport backs up iPhones and iPads that are plugged into this computer, proves
that each backup is whole, keeps the earlier ones, and says in plain words why a
backup was not possible and what to do.

PHONE is a UDID, a unique part of one, or the phone's name.

` + exitHelp,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          a.group,

		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if l := strings.ToLower(a.logLevel); l != "" && !slices.Contains(logLevels, l) {
				return usageError{fmt.Errorf("--log-level %s is none of %s", a.logLevel, strings.Join(logLevels, ", "))}
			}
			return nothingEmpty(cmd, args)
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", "the configuration `FILE` (default: where the system keeps it)")
	flags.StringVar(&a.stateDir, "state", "", "the `DIR` for logs and what is remembered between runs")
	flags.BoolVar(&a.json, "json", false, "print JSON on stdout, and nothing else there")
	flags.StringVar(&a.logLevel, "log-level", "", "the `LEVEL` of the log file: debug, info, warn or error")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		a.json = a.json || slices.Contains(a.args, "--json") // it may stand behind the flag that is wrong
		return usageError{flagTrouble(cmd, err)}
	})
	root.SetHelpFunc(a.help)
	root.AddCommand(
		newRunCommand(a), newBackupCommand(a), newDoctorCommand(a), newDevicesCommand(a),
		newPairCommand(a), newUnpairCommand(a), newVersionsCommand(a), newExplainCommand(a),
		newEncryptionCommand(a), newRestoreCommand(a), newConfigCommand(a), newPhotosCommand(a), newSimulateCommand(a), newDemoCommand(a),
		newLsCommand(a), newExtractCommand(a), newReportCommand(a), newServiceCommand(a),
		newHistoryCommand(a), newLogsCommand(a),
		newStatusCommand(a), newOpenCommand(a),
	)
	root.AddCommand(newNotifyTestCommand(a))
	for _, extra := range extraVerbs {
		root.AddCommand(extra(a))
	}
	tameHelp(a, root)
	addExitHelp(root)
	return root
}

// extraVerbs are those of programs that are built for a purpose of their own.
var extraVerbs []func(*app) *cobra.Command

// addExitHelp puts the table of exit codes into every help text.
func addExitHelp(root *cobra.Command) {
	for _, c := range root.Commands() {
		if c.Long == "" {
			c.Long = c.Short
		}
		c.Long += "\n\n" + exitHelp
		addExitHelp(c)
	}
}
