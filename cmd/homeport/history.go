package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/agent/history"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

type historyOptions struct {
	narrowing
	outcome string
	limit   int
}

// narrowing is what history and logs are asked for: whose, why, since when.
type narrowing struct {
	device string
	cause  string
	since  string
}

func (n *narrowing) add(a *app, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&n.device, "device", "", "only of this `PHONE`: its name, its UDID or a part of it")
	flags.StringVar(&n.cause, "cause", "", "only with this `CAUSE`")
	flags.StringVar(&n.since, "since", "", "only since this `TIME`")
	_ = cmd.RegisterFlagCompletionFunc("cause", completeCauses)
	_ = cmd.RegisterFlagCompletionFunc("device", a.completeMet)
}

func newHistoryCommand(a *app) *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history [PHONE]",
		Short: "What happened: backups, failures, and why there was none",
		Long: `What happened, the newest first: each backup and each failure with its reason, and why
an iPhone that was plugged in was not backed up. No phone has to be plugged in.

` + sinceHelp,
		Example: `  homeport history
  homeport history "Anna's iPhone" --since 7d
  homeport history --outcome failed
  homeport history --cause host-disk-full --json`,
		Args: argsBetween(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return runHistory(cmd.Context(), a, o, first(args)) },
	}
	o.add(a, cmd)
	cmd.ValidArgsFunction = a.completeMet
	cmd.Flags().StringVar(&o.outcome, "outcome", "", "only with this `OUTCOME`: "+outcomeNames())
	cmd.Flags().IntVar(&o.limit, "limit", 50, "at most `N`, the newest; 0 is all")
	_ = cmd.RegisterFlagCompletionFunc("outcome", cobra.FixedCompletions(strings.Split(outcomeNames(), ", "), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func outcomeNames() string {
	var names []string
	for _, o := range history.Outcomes {
		names = append(names, string(o))
	}
	return strings.Join(names, ", ")
}

func runHistory(ctx context.Context, a *app, o historyOptions, phone string) error {
	f, err := o.filter(phone, time.Now())
	if err != nil {
		return err
	}
	db := a.history()
	if db == nil {
		return errors.New("find history: this system has no place for it; name one with --state")
	}
	if f.Phone, err = phoneOf(ctx, db, f.Phone); errors.Is(err, fs.ErrPermission) {
		err = notYours(err)
	}
	if err != nil {
		return err
	}
	list, err := db.Runs(ctx, f)
	switch {
	case errors.Is(err, history.ErrNewer):
		err = advised{err, "install the newest version of Homeport again"}
	case errors.Is(err, fs.ErrPermission):
		err = notYours(err)
	}
	if err != nil {
		return err
	}
	if a.json {
		a.printJSON(map[string]any{"runs": orEmpty(list)})
		return nil
	}
	p := historyPage{app: a, now: time.Now(), live: newLive(a.stdout), same: twinsOf(ctx, db)}
	if len(list) == 0 {
		return p.nothing(ctx, db)
	}
	p.print(list)
	if f.Limit == len(list) {
		a.printf("\nthere may be older ones; to see more, add --limit %d\n", 10*f.Limit)
	}
	return nil
}

// notYours is the error of files that another account keeps for itself.
func notYours(err error) error {
	return advised{err, "these belong to another account: ask as the one that Homeport runs for, or name other files with --state"}
}

// filter checks what was asked for. Its phone is as the person named it.
func (o historyOptions) filter(phone string, now time.Time) (history.Filter, error) {
	f := history.Filter{Limit: o.limit, Outcome: history.Outcome(strings.ToLower(o.outcome))}
	var err error
	if f.Phone, f.Cause, f.Since, err = o.check(phone, now); err != nil {
		return f, err
	}
	switch {
	case o.limit < 0:
		return f, usageError{fmt.Errorf("--limit %d is less than none", o.limit)}
	case o.limit == 0:
		f.Limit = -1
	}
	if f.Outcome != "" && !slices.Contains(history.Outcomes, f.Outcome) {
		return f, usageError{fmt.Errorf("--outcome %s is none of %s", o.outcome, outcomeNames())}
	}
	return f, nil
}

func (n narrowing) check(phone string, now time.Time) (string, cause.ID, time.Time, error) {
	if phone != "" && n.device != "" {
		return "", "", time.Time{}, usageError{fmt.Errorf("the phone is named twice: %s and --device %s", phone, n.device)}
	}
	since, err := parseSince(n.since, now)
	if err != nil {
		return "", "", since, err
	}
	id, err := causeNamed(n.cause)
	return phone + n.device, id, since, err
}

// causeNamed is the cause that a person named, or a usage error that names the nearest.
func causeNamed(name string) (cause.ID, error) {
	id := cause.ID(strings.ToLower(strings.TrimSpace(name)))
	if _, known := cause.Lookup(id); known || id == "" {
		return id, nil
	}
	err := fmt.Errorf("--cause %s is not known", name)
	if near := nearestCause(string(id)); near != "" {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	} else {
		err = fmt.Errorf("%w; homeport explain lists them all", err)
	}
	return "", usageError{err}
}

// nearestCause is the id that name is a slip of, or what its words tell; "" is none.
func nearestCause(name string) cause.ID {
	var ids []string
	for _, row := range cause.All() {
		ids = append(ids, string(row.ID))
	}
	if near, ok := configs.Nearest(name, ids); ok {
		return cause.ID(near)
	}
	if hit := cause.Match(strings.ReplaceAll(name, "-", " "))[0]; hit.ID != cause.Unknown {
		return hit.ID
	}
	return ""
}

// phoneOf is the UDID of the phone that a person named, of those that the history knows.
func phoneOf(ctx context.Context, db *history.DB, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	known, err := db.Phones(ctx)
	if err != nil {
		return "", err
	}
	var list []plugged
	for _, p := range known {
		list = append(list, plugged{phone: agent.Phone{UDID: p.UDID, Name: p.Name}})
	}
	found, err := chooseMet(list, name)
	if err == nil {
		return found[0].phone.UDID, nil
	}
	if id, _ := cause.Of(err); id == cause.NoSuchPhone {
		if udid := onceCalled(ctx, db, name); udid != "" {
			return udid, nil
		}
	}
	return "", err
}

// pastNames is among how many of the newest rows an earlier name is looked for.
const pastNames = 2000

// onceCalled is the UDID of the one phone that had this name earlier; "" when there is none,
// or several.
func onceCalled(ctx context.Context, db *history.DB, name string) string {
	runs, err := db.Runs(ctx, history.Filter{Limit: pastNames})
	if err != nil {
		return ""
	}
	udid := ""
	for _, r := range runs {
		switch {
		case r.Name == "" || !sameName(r.Name, name) || usbmux.SameUDID(udid, r.UDID):
		case udid != "":
			return ""
		default:
			udid = r.UDID
		}
	}
	return udid
}

// completeMet offers the phones that were ever here to the shell.
func (a *app) completeMet(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	db := a.history()
	if db == nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []string
	list, _ := db.Phones(cmd.Context()) // a history that cannot be read offers nothing
	for _, p := range list {
		words = append(words, p.UDID+"\t"+clean(p.Name))
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
