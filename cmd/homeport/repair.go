package main

import (
	"context"

	"github.com/spf13/cobra"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
)

func newRepairCommand(a *app, o *versionsOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "repair [PHONE] [VERSION]",
		Short: "Give damaged files their bytes back, from versions that still have them",
		Long: `Check a version fully, and replace each file of it that is damaged or missing by the
same bytes of another version, where there is one. Without a VERSION: all versions
that are known to be damaged. What no version has any more is named, and stays as it
is; the next backup then sends everything anew.`,
		Args: argsBetween(0, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return runRepair(cmd.Context(), a, *o, args) },
	}
}

func runRepair(ctx context.Context, a *app, o versionsOptions, args []string) error {
	st, err := o.open(a)
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := toRepair(ctx, st, args)
	if err != nil {
		return err
	}
	var done []store.Repaired
	var left error
	for _, v := range list {
		r, err := a.repairOne(ctx, st, v)
		if err != nil {
			return err
		}
		done = append(done, r)
		if !r.OK {
			left = said{cause.New(cause.VersionDamaged, cause.Evidence{"version": string(v.ID), "files": len(r.Left)}, nil)}
		}
	}
	if a.json {
		a.printJSON(map[string]any{"versions": orEmpty(done)})
	} else if len(list) == 0 {
		a.printf("no version is known to be damaged; homeport versions verify reads all of them\n")
	}
	return left
}

// toRepair finds what the arguments mean: a version that was named, or all that are
// known to be damaged.
func toRepair(ctx context.Context, st *store.Store, args []string) ([]store.Version, error) {
	list, err := toVerify(ctx, st, args)
	if err != nil || hasVersion(args) {
		return list, err
	}
	var bad []store.Version
	for _, v := range list {
		if !v.Sound() && v.Files > 0 {
			bad = append(bad, v)
		}
	}
	return bad, nil
}

func (a *app) repairOne(ctx context.Context, st *store.Store, v store.Version) (store.Repaired, error) {
	out := newLive(a.stdout)
	progress := func(done, total int64) {
		if total > 0 {
			out.set("repair", pad(string(v.ID), 24)+cause.Bytes(done).String()+" of "+cause.Bytes(total).String()+" read")
		}
	}
	if a.json {
		progress = nil
	}
	r, err := st.Repair(ctx, v, progress)
	out.set("repair", "")
	if err != nil || a.json {
		return r, err
	}
	a.printRepaired(v, r)
	return r, nil
}

// printRepaired tells a person what became of a version.
func (a *app) printRepaired(v store.Version, r store.Repaired) {
	switch {
	case r.OK && len(r.Repaired) == 0:
		a.printf("%-24s whole: nothing to repair\n", v.ID)
	case r.OK:
		a.printf("%-24s whole again: %s repaired\n", v.ID, count(len(r.Repaired), "file", "files"))
	default:
		a.printf("%-24s STILL DAMAGED: %s repaired, %s left\n", v.ID, count(len(r.Repaired), "file", "files"), count(len(r.Left), "problem", "problems"))
	}
	for _, f := range r.Repaired[:min(len(r.Repaired), mostDamage)] {
		a.printf("    repaired from %s: %s\n", f.From, clean(nameOf(mobilesync.Damage{Path: f.Path, Domain: f.Domain, RelativePath: f.RelativePath})))
	}
	if more := len(r.Repaired) - mostDamage; more > 0 {
		a.printf("    and %d more\n", more)
	}
	for _, d := range r.Left[:min(len(r.Left), mostDamage)] {
		a.printf("    %s: %s\n", d.Kind, clean(nameOf(d)))
	}
	if more := len(r.Left) - mostDamage; more > 0 {
		a.printf("    and %d more; --json lists all of them\n", more)
	}
}
