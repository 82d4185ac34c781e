package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"homeport/configs"
)

// flagTrouble says in plain words what is wrong with a flag, and which one was meant.
func flagTrouble(cmd *cobra.Command, err error) error {
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := wrong.GetFlag()
		return fmt.Errorf("--%s %s is %s", f.Name, wrong.GetValue(), notA(f.Value.Type()))
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() == "" {
		if near, ok := configs.Nearest(unknown.GetSpecifiedName(), flagNames(cmd)); ok {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return err
}

// notA says what a value of a flag should have been.
func notA(kind string) string {
	switch kind {
	case "int", "int64", "uint":
		return "no whole number"
	case "bool":
		return "neither true nor false"
	case "duration":
		return "no time such as 90s or 10m"
	}
	return "no " + kind
}

// flagNames are those that a verb takes.
func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}
