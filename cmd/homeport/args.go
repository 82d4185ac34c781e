package main

import (
	"fmt"

	"github.com/spf13/cobra"
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
