package main

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/cause"
	"homeport/preflight"
)

func newDoctorCommand(a *app) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "doctor [PHONE]",
		Short: "Every check, no backup",
		Long: `Every check that comes before a backup, at once, and what to do about what is
wrong. With no phone plugged in, the checks of this computer and the destination.`,
		Args: argsBetween(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return runDoctor(cmd.Context(), a, s, first(args)) },
	}
	cmd.Flags().StringVar(&s.dest, "dest", "", "check `DIR` as the destination (default: as configured)")
	cmd.ValidArgsFunction = a.validPhones
	return cmd
}

func runDoctor(ctx context.Context, a *app, s settings, name string) error {
	cfg, err := a.load(s)
	if err != nil {
		return err
	}
	mux, err := a.mux()
	if err != nil {
		return err
	}
	a.asItIs = s.dest != ""
	ag := a.newAgent(cfg, mux, false, func(agent.Event) {})
	list, err := a.lookAround(ctx, mux)
	if err == nil {
		list, err = choose(list, name)
	}
	var outcomes []agent.Outcome
	head := "no iPhone is plugged in; these are the checks of this computer"
	switch {
	case err != nil && name != "":
		return err
	case err != nil:
		outcomes = []agent.Outcome{ag.CheckHost(ctx)}
		if id, _ := cause.Of(err); id != cause.NoPhone {
			head = "whether an iPhone is plugged in could not be asked; these are the checks of this computer"
		}
	default:
		for _, p := range list {
			outcomes = append(outcomes, ag.Check(ctx, p.link))
		}
	}
	if a.json {
		a.printReports(outcomes)
		return firstError(outcomes)
	}
	for i, o := range outcomes {
		if i > 0 {
			a.printf("\n")
		}
		a.printOutcome(o, head)
	}
	return firstError(outcomes)
}

// printOutcome shows the findings of one phone: what failed with what to do, then
// what is worth knowing, then what passed, briefly.
func (a *app) printOutcome(o agent.Outcome, hostOnly string) {
	if o.Phone.UDID != "" {
		a.printf("%s   %s   %s\n", clean(o.Phone.Label()), describe(o.Phone), o.Phone.UDID)
	} else {
		a.printf("%s\n", hostOnly)
	}
	for _, group := range []struct {
		status preflight.Status
		mark   string
	}{{preflight.Fail, "FAIL"}, {preflight.Warn, "warn"}, {preflight.Info, "note"}} {
		for _, f := range o.Findings {
			if f.Status == group.status {
				a.printFinding(group.mark, f)
			}
		}
	}
	a.printBrief(o.Findings)
}

func (a *app) printFinding(mark string, f preflight.Finding) {
	a.printf("  %s  %s   (%s)\n", mark, upperFirst(clean(f.Sentence())), f.Cause)
	if f.Status == preflight.Info {
		return
	}
	for i, step := range f.Remedy(runtime.GOOS) {
		a.printf("        %d. %s\n", i+1, clean(step))
	}
}

// printBrief names what passed and what could not be asked, in one line each.
func (a *app) printBrief(list []preflight.Finding) {
	for _, group := range []struct {
		status preflight.Status
		word   string
	}{{preflight.Pass, "ok  "}, {preflight.Skipped, "skip"}} {
		var names []string
		for _, f := range list {
			if f.Status == group.status {
				names = append(names, f.Check)
			}
		}
		if len(names) > 0 {
			a.printf("  %s  %s\n", group.word, strings.Join(slices.Compact(names), ", "))
		}
	}
}
