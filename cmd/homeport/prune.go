package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

func newPruneCommand(a *app, o *versionsOptions) *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "prune [PHONE]",
		Short: "Remove the versions that the settings do not keep",
		Long: `Remove the versions that the settings (keep) do not keep, of one phone or of all, and
say for each version why it stays or goes. --dry-run only says so. The newest good
version stays in any case, and so do pinned ones and the newest one whose every byte
was read again.`,
		Args: argsBetween(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPrune(cmd.Context(), a, *o, strings.Join(args, ""), dry)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return cmd
}

// decision is a store.Decision in JSON.
type decision struct {
	ID       store.VersionID `json:"id"`
	UDID     string          `json:"udid"`
	Device   string          `json:"device"`
	Finished *time.Time      `json:"finished,omitempty"`
	Keep     bool            `json:"keep"`
	Reasons  []string        `json:"reasons"`
	Freed    int64           `json:"freed"`
	Own      int64           `json:"own"`
}

func runPrune(ctx context.Context, a *app, o versionsOptions, phone string, dry bool) error {
	cfg, err := a.load(settings{dest: o.dest})
	if err != nil {
		return err
	}
	st, err := store.Open(cfg.Destination, store.Options{ReadOnly: true, ID: a.remembered(o.dest != "").ID(cfg.Destination), Host: a.host(), Waiting: a.tellHolder})
	if err != nil {
		return err
	}
	defer st.Close()
	udids, err := phonesOf(ctx, st, phone)
	if err != nil {
		return err
	}
	var all []store.Decision
	var failed []error
	for _, udid := range udids {
		decided, err := prunePhone(ctx, st, cfg, udid, dry)
		all = append(all, decided...)
		if err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if a.json || len(all) > 0 || len(failed) == 0 { // nothing is known of what was refused
		a.printDecisions(st, all, dry)
	}
	return errors.Join(failed...)
}

func prunePhone(ctx context.Context, st *store.Store, cfg configs.Config, udid string, dry bool) ([]store.Decision, error) {
	policy := agent.Policy(cfg.For(udid).Keep)
	if dry {
		return st.Plan(ctx, udid, policy)
	}
	return st.Prune(ctx, udid, policy)
}

// phonesOf finds the phones that a name means; all when there is none.
func phonesOf(ctx context.Context, st *store.Store, phone string) ([]string, error) {
	if phone == "" {
		return st.UDIDs()
	}
	list, err := versionsOf(ctx, st, phone)
	if err != nil {
		return nil, err
	}
	var udids []string
	for _, v := range list {
		if len(udids) == 0 || udids[len(udids)-1] != v.UDID {
			udids = append(udids, v.UDID)
		}
	}
	return udids, nil
}

func (a *app) printDecisions(st *store.Store, all []store.Decision, dry bool) {
	freed, n := int64(0), 0
	rows := make([]decision, 0, len(all))
	for _, d := range all {
		r := decision{ID: d.Version.ID, UDID: d.Version.UDID, Device: clip(d.Version.Device, mostName), Keep: d.Keep, Reasons: d.Reasons, Freed: d.Freed, Own: d.Own}
		if at := d.Version.Finished; !at.IsZero() {
			r.Finished = &at
		}
		rows = append(rows, r)
		if !d.Keep {
			freed += d.Freed
			n++
		}
	}
	if a.json {
		a.printJSON(map[string]any{"versions": rows, "dryRun": dry, "removed": n, "freed": freed})
		return
	}
	if len(all) == 0 {
		a.printf("no backups in %s yet\n", st.Path())
		return
	}
	a.printf("%-24s %-20s %10s %10s  %-6s  %s\n", "VERSION", "PHONE", "AGE", "FREES", "", "WHY")
	for _, d := range all {
		a.printDecision(d, dry)
	}
	switch word := wasOrWere(n); {
	case n == 0:
		a.printf("nothing to remove\n")
	case dry:
		a.printf("%s would be removed, %s freed; nothing was done\n", count(n, "version", "versions"), cause.Bytes(freed))
	default:
		a.printf("%s %s removed, %s freed\n", count(n, "version", "versions"), word, cause.Bytes(freed))
	}
}

func wasOrWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func (a *app) printDecision(d store.Decision, dry bool) {
	word, frees := "keep", ""
	if !d.Keep {
		word, frees = "gone", cause.Bytes(d.Freed).String()
		if dry {
			word = "remove"
		}
	}
	a.printf("%-24s %s %10s %10s  %-6s  %s\n", d.Version.ID, pad(cut(clean(nameOfVersion(d.Version)), 20), 20),
		ageOf(d.Version.Finished), frees, word, clean(strings.Join(d.Reasons, ", ")))
}

// ageOf words how long ago a version was made.
func ageOf(at time.Time) string {
	d := time.Since(at)
	switch {
	case at.IsZero():
		return "?"
	case d < 0:
		return "future"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
