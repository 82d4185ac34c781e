package main

import (
	"context"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/preflight"
	"homeport/usbmux"
)

func newBackupCommand(a *app) *cobra.Command {
	var s settings
	var r agent.Request
	cmd := &cobra.Command{
		Use:   "backup [PHONE]",
		Short: "One backup now",
		Long: `One backup now, of PHONE or of every phone that is plugged in, whenever the last
one was. It asks for trust if that is needed, and waits for what the person has to
do at the phone; with --no-wait that is a failure.

When Homeport runs in the background, it makes the backup, and this shows how it goes.
Ctrl-C stops a backup that was begun here. One that was under way is joined, and goes on
after Ctrl-C; with --full or --no-wait it is in the way (exit 6). With other settings than
those of the Homeport that runs (--dest, --engine), the backup is made here.`,
		Args: argsBetween(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return runBackup(cmd.Context(), a, s, r, first(args)) },
	}
	addSettings(cmd, &s)
	cmd.Flags().BoolVar(&r.Full, "full", false, "ask the phone for everything, not only what changed")
	cmd.Flags().BoolVar(&r.Replace, "replace", false, "with mirror: let it take the earlier version's place even if it looks doubtful")
	cmd.Flags().BoolVar(&r.NoWait, "no-wait", false, "do not wait for unlock, trust or another program: fail")
	cmd.ValidArgsFunction = a.validPhones
	return cmd
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// report is what doctor and backup print as JSON; what does not apply is absent.
type report struct {
	Phone    *agent.Phone        `json:"phone,omitempty"`
	Findings []preflight.Finding `json:"findings,omitempty"`
	Outlook  *outlookJSON        `json:"outlook,omitempty"` // of doctor
	Result   *agent.Result       `json:"result,omitempty"`
	Error    *agent.Failure      `json:"error,omitempty"`
}

func (a *app) reportOf(o agent.Outcome) report {
	r := report{Findings: o.Findings, Outlook: outlookOf(o), Result: o.Result}
	if o.Phone.UDID != "" {
		r.Phone = &o.Phone
	}
	if o.Err != nil {
		r.Error = a.failureOf(o.Err)
	}
	return r
}

// printReports prints one object: of one phone, or of several.
func (a *app) printReports(list []agent.Outcome) {
	var reports []report
	for _, o := range list {
		reports = append(reports, a.reportOf(o))
	}
	if len(reports) == 1 {
		a.printJSON(reports[0])
		return
	}
	a.printJSON(map[string]any{"phones": reports})
}

func runBackup(ctx context.Context, a *app, s settings, r agent.Request, name string) error {
	cfg, err := a.load(s)
	if err != nil {
		return err
	}
	if list, ok := a.backupRemotely(ctx, cfg, r, name); ok {
		if a.json {
			a.printReports(list)
		}
		return firstError(list)
	}
	if err := a.makeDestination(s); err != nil {
		return err
	}
	here, err := a.present(ctx, name, choose)
	if err != nil {
		return err
	}
	defer here.close()
	tell := a.teller(cfg)
	if a.json {
		tell = agent.LogEvents(a.openLog(cfg))
	}
	a.keepHistory()
	tell = a.alsoElsewhere(cfg, tell)
	outcomes := a.newAgent(cfg, here.mux, false, tell).Backup(ctx, here.watcher, linksOf(here.phones), r)
	if a.json {
		a.printReports(outcomes)
	}
	return firstError(outcomes)
}

func linksOf(list []plugged) []usbmux.Link {
	var links []usbmux.Link
	for _, p := range list {
		links = append(links, p.link)
	}
	return links
}

// firstError is what decides the exit code. The events, or the JSON, have told it.
func firstError(list []agent.Outcome) error {
	for _, o := range list {
		if o.Err != nil {
			return said{o.Err}
		}
	}
	return nil
}

// validPhones completes a PHONE argument.
func (a *app) validPhones(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completePhones(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
}
