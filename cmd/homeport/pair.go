package main

import (
	"context"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/usbmux/lockdown"
)

func newPairCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "pair PHONE",
		Short:             "Ask the phone to trust this computer, and wait for the answer",
		Args:              argsBetween(0, 1),
		ValidArgsFunction: a.validPhones,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPhone(cmd.Context(), first(args), func(p plugged, h *lockdown.Phone) error {
				return runPair(cmd.Context(), a, p, h)
			})
		},
	}
}

func newUnpairCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "unpair PHONE",
		Short:             "Make the phone and this computer forget each other",
		Args:              argsBetween(1, 1),
		ValidArgsFunction: a.validPhones,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPhone(cmd.Context(), first(args), func(p plugged, h *lockdown.Phone) error {
				if err := h.Unpair(cmd.Context()); err != nil {
					return err
				}
				a.told(p.phone, "forgotten")
				return nil
			})
		},
	}
}

// withPhone finds exactly one phone and opens a handset to it.
func (a *app) withPhone(ctx context.Context, name string, do func(plugged, *lockdown.Phone) error) error {
	mux, err := a.mux()
	if err != nil {
		return err
	}
	list, err := a.lookAround(ctx, mux)
	if err != nil {
		return err
	}
	if list, err = chooseOne(list, name); err != nil {
		return err
	}
	handset := a.handset(mux, list[0].link)
	defer handset.Close()
	return do(list[0], handset)
}

func runPair(ctx context.Context, a *app, p plugged, h *lockdown.Phone) error {
	if h.Trust(ctx) == nil {
		a.told(p.phone, "trusted already")
		return nil
	}
	said := ""
	err := h.Pair(ctx, func(s lockdown.PairState) {
		words := agent.PairWords(s)
		if words != said && !a.json && s != lockdown.PairAccepted {
			a.printf("%s: %s\n", clean(p.phone.Label()), words)
		}
		said = words
	})
	if err != nil {
		return err
	}
	a.told(p.phone, "trusted")
	return nil
}

// told prints how it ended for one phone.
func (a *app) told(p agent.Phone, state string) {
	if a.json {
		a.printJSON(map[string]any{"phone": p, "state": state})
		return
	}
	a.printf("%s: %s\n", clean(p.Label()), state)
}
