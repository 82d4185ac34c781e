package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noArgs refuses arguments, as a usage error; an unknown verb ends here too.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		msg := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
		cmd.SuggestionsMinimumDistance = 2
		if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
			msg = fmt.Errorf("%w; did you mean %q?", msg, s[0])
		}
		return usageError{msg}
	}
	return usageError{fmt.Errorf("%s takes no argument %q", cmd.CommandPath(), args[0])}
}

// argsBetween wants from low to high arguments, else a usage error.
func argsBetween(low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < low {
			return usageError{fmt.Errorf("an argument is missing: %s", cmd.UseLine())}
		}
		if len(args) > high {
			return usageError{fmt.Errorf("too many arguments: %s", cmd.UseLine())}
		}
		return nil
	}
}

// notEmpty are the flags that are of no use without a value.
var notEmpty = []string{"config", "state", "dest", "engine", "log-level", "device", "cause", "since", "outcome", "level"}

// nothingEmpty refuses --dest "" and an argument "", which a script makes of a
// variable that is not set: the default would be something else than what was meant.
func nothingEmpty(cmd *cobra.Command, args []string) error {
	var err error
	if n := cmd.Name(); n == cobra.ShellCompRequestCmd || n == cobra.ShellCompNoDescRequestCmd {
		return nil // a shell asks what may stand in the place of nothing
	}
	if cmd.Name() != "explain" && slices.ContainsFunc(args, isBlank) {
		err = usageError{fmt.Errorf("an argument is empty: %s", cmd.UseLine())}
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains(notEmpty, f.Name) && isBlank(f.Value.String()) {
			err = usageError{fmt.Errorf("--%s is empty", f.Name)}
		}
	})
	return err
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// group is a verb that only holds others: alone it shows its help, which no reader
// of JSON wants.
func (a *app) group(cmd *cobra.Command, _ []string) error {
	if a.json {
		return usageError{fmt.Errorf("%s needs a verb", cmd.CommandPath())}
	}
	return cmd.Help()
}

// tameHelp has the verbs that cobra adds refuse what they do not know, as ours do.
func tameHelp(a *app, root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Run, c.PersistentPreRun, c.PersistentPostRun = nil, nil, nil
			c.RunE = helpFor
		case "completion":
			c.Args, c.RunE = noArgs, a.group
		}
	}
}

func helpFor(cmd *cobra.Command, args []string) error {
	about, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return usageError{fmt.Errorf("there is no verb %q", strings.Join(args, " "))}
	}
	about.InitDefaultHelpFlag()
	return about.Help()
}

// negative is a number as other programs show it, which looks like a flag.
var negative = regexp.MustCompile(`^-\d`)

// plainNumbers lets explain take a negative number: it is written with the sign for
// minus, which no flag begins with.
func plainNumbers(args []string) []string {
	args = slices.Clone(args)
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case slices.Contains([]string{"--config", "--state", "--log-level"}, arg):
			i++
		case strings.HasPrefix(arg, "-"):
		case arg != "explain":
			return args
		default:
			for j := i + 1; j < len(args); j++ {
				if negative.MatchString(args[j]) {
					args[j] = "\u2212" + args[j][1:]
				}
			}
			return args
		}
	}
	return args
}
