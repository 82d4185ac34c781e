package main

import (
	"context"

	"github.com/spf13/cobra"

	"homeport/backup/store"
)

// newPinCommand is versions pin, or versions unpin.
func newPinCommand(a *app, o *versionsOptions, pin bool) *cobra.Command {
	use, short := "unpin", "Let a version be removed again when it is old"
	if pin {
		use, short = "pin", "Keep a version, however old it gets"
	}
	return &cobra.Command{
		Use:   use + " [PHONE] VERSION",
		Short: short,
		Args:  argsBetween(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPin(cmd.Context(), a, *o, args, pin)
		},
	}
}

func runPin(ctx context.Context, a *app, o versionsOptions, args []string, pin bool) error {
	st, err := o.open(a)
	if err != nil {
		return err
	}
	defer st.Close()
	v, err := oneVersion(ctx, st, args)
	if err != nil {
		return err
	}
	change, word := st.Unpin, "not pinned any more"
	if pin {
		change, word = func(v store.Version) error { return st.Pin(v, "asked") }, "pinned"
	}
	if err := change(v); err != nil {
		return err
	}
	if a.json {
		v.Pinned = pin
		a.printJSON(map[string]any{"versions": []store.Version{v}})
		return nil
	}
	a.printf("%-24s %s\n", v.ID, word)
	return nil
}
