package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// newServiceRenewCommand is what a package runs after an upgrade, once for each account
// whose services run, as that account.
func newServiceRenewCommand(a *app, o *serviceOptions) *cobra.Command {
	return &cobra.Command{
		Use:    "renew",
		Short:  "After an upgrade: have the service run the new program",
		Hidden: true,
		Args:   noArgs,
		RunE:   func(cmd *cobra.Command, _ []string) error { return o.helped(runServiceRenew(cmd.Context(), a, *o)) },
	}
}

// runServiceRenew starts the service anew when it runs an older file of this very
// program. One that has a backup under way is left alone: the phone would ask for its
// passcode once more.
func runServiceRenew(ctx context.Context, a *app, o serviceOptions) error {
	s, err := a.service(o)
	if errors.Is(err, errNoSupervisor) {
		return nil
	}
	if err != nil {
		return err
	}
	spec, there := s.told(ctx)
	if !there || !startsThis(spec) {
		return nil
	}
	view, err := a.viewOf(ctx, o, spec)
	if err != nil {
		return err
	}
	info, running := runningDaemon(view.State)
	if !running || info.How != asService || !info.replaced(spec.Program) {
		return nil
	}
	st, err := s.status(ctx)
	if err != nil {
		return err
	}
	if st.Activity != "" && st.Activity != idleActivity {
		a.printf("Homeport (process %d) has work under way: %s\nthe new version runs from its next start on, or now with: %s\n", info.PID, clean(st.Activity), o.verb("install"))
		return nil
	}
	if _, err := s.install(ctx, spec, true); err != nil {
		return err
	}
	a.printf("%s: started anew\n", s.name())
	return nil
}
