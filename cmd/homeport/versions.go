package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/usbmux"
)

type versionsOptions struct {
	dest  string
	level string
}

func newVersionsCommand(a *app) *cobra.Command {
	var o versionsOptions
	cmd := &cobra.Command{
		Use:   "versions list|verify [PHONE] [VERSION]",
		Short: "The backups that there are: list them, read them again",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&o.dest, "dest", "", "look in `DIR` (default: as configured)")
	list := &cobra.Command{
		Use:   "list [PHONE]",
		Short: "List the versions, newest first",
		Args:  argsBetween(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runVersionsList(cmd.Context(), a, o, strings.Join(args, ""))
		},
	}
	verify := &cobra.Command{
		Use:   "verify [PHONE] [VERSION]",
		Short: "Check versions against what was sealed when they were made",
		Long: `Check versions. --level quick compares names and sizes with the phone's own list;
--level full reads every byte again and compares its SHA-256.`,
		Args: argsBetween(0, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return runVersionsVerify(cmd.Context(), a, o, args) },
	}
	verify.Flags().StringVar(&o.level, "level", "full", "how closely: quick or full")
	cmd.AddCommand(list, verify)
	return cmd
}

// open opens the store that the options mean.
func (o versionsOptions) open(a *app) (*store.Store, error) {
	cfg, err := a.load(settings{dest: o.dest})
	if err != nil {
		return nil, err
	}
	return openStore(cfg)
}

func runVersionsList(ctx context.Context, a *app, o versionsOptions, phone string) error {
	st, err := o.open(a)
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := versionsOf(ctx, st, phone)
	if err != nil {
		return err
	}
	if a.json {
		a.printJSON(map[string]any{"versions": orEmpty(list)})
		return nil
	}
	if len(list) == 0 {
		a.printf("no backups in %s yet\n", st.Path())
		return nil
	}
	a.printVersions(list)
	return nil
}

// versionsOf lists the versions of one phone, or of all.
func versionsOf(ctx context.Context, st *store.Store, phone string) ([]store.Version, error) {
	udids, err := st.UDIDs()
	if err != nil {
		return nil, err
	}
	var all, named []store.Version
	known := []string{}
	for _, u := range udids {
		versions, err := st.Versions(ctx, u)
		if err != nil {
			return nil, err
		}
		all = append(all, versions...)
		known = append(known, u)
		if phone != "" && fitsStored(u, versions, phone) {
			named = append(named, versions...)
		}
	}
	switch {
	case phone == "":
		return all, nil
	case len(named) > 0:
		return named, nil
	}
	return nil, cause.New(cause.NoSuchPhone, cause.Evidence{"name": phone, "phones": known},
		fmt.Errorf("find phone %q: no backup of it in %s", phone, st.Path()))
}

// fitsStored reports whether name means the phone whose versions these are.
func fitsStored(udid string, versions []store.Version, name string) bool {
	if part := usbmux.CanonicalUDID(name); part != "" && strings.Contains(usbmux.CanonicalUDID(udid), part) {
		return true
	}
	for _, v := range versions {
		if strings.EqualFold(v.Device, name) {
			return true
		}
	}
	return false
}

func (a *app) printVersions(list []store.Version) {
	a.printf("%-24s %-20s %10s %10s %10s  %s\n", "VERSION", "PHONE", "FILES", "SIZE", "NEW", "STATE")
	for _, v := range list {
		a.printf("%-24s %s %10s %10s %10s  %s\n", v.ID, pad(cut(clean(v.Device), 20), 20), thousands(int64(v.Files)),
			cause.Bytes(v.Bytes), cause.Bytes(v.NewBytes), stateOf(v))
	}
	for _, v := range list {
		if v.Latest {
			a.printf("newest of %s: %s\n", clean(v.Device), v.Path)
		}
	}
}

// stateOf words what is known about a version.
func stateOf(v store.Version) string {
	if !v.Sound() {
		return "damaged: " + clean(v.Damage)
	}
	words := []string{"proof: " + string(v.Proof)}
	if v.Verified != nil {
		words = append(words, "checked "+v.Verified.Local().Format("2006-01-02 15:04"))
	}
	if v.Pinned {
		words = append(words, "pinned")
	}
	if v.Encrypted {
		words = append(words, "encrypted")
	}
	if v.Latest {
		words = append(words, "latest")
	}
	return strings.Join(words, ", ")
}

// versionForm is the form of a version id, so that one can stand alone.
var versionForm = regexp.MustCompile(`^\d{8}T\d{6}Z-\d+$`)

func runVersionsVerify(ctx context.Context, a *app, o versionsOptions, args []string) error {
	level, err := levelNamed(o.level)
	if err != nil {
		return err
	}
	st, err := o.open(a)
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := toVerify(ctx, st, args)
	if err != nil {
		return err
	}
	var done []store.Report
	var worst error
	for _, v := range list {
		r, err := a.verifyOne(ctx, st, v, level)
		if err != nil {
			return err
		}
		if !r.OK {
			worst = said{cause.New(cause.VersionDamaged, cause.Evidence{"version": string(v.ID), "files": len(r.Damage)}, nil)}
		}
		done = append(done, r)
	}
	if a.json {
		a.printJSON(map[string]any{"versions": orEmpty(done)})
	} else if len(list) == 0 {
		a.printf("no backups in %s yet\n", st.Path())
	}
	return worst
}

func levelNamed(s string) (store.Level, error) {
	switch l := store.Level(s); l {
	case store.Quick, store.Full:
		return l, nil
	}
	return "", usageError{fmt.Errorf("--level %q: want quick or full", s)}
}

// toVerify finds what the arguments mean: nothing, a phone, a version, or both.
func toVerify(ctx context.Context, st *store.Store, args []string) ([]store.Version, error) {
	phone, id := "", ""
	for _, arg := range args {
		switch {
		case versionForm.MatchString(arg) && id == "":
			id = arg
		case phone == "":
			phone = arg
		default:
			return nil, usageError{fmt.Errorf("%q is not the id of a version", arg)}
		}
	}
	if id != "" && phone == "" {
		v, err := st.Find(ctx, store.VersionID(id))
		return []store.Version{v}, err
	}
	list, err := versionsOf(ctx, st, phone)
	if err != nil || id == "" {
		return list, err
	}
	for _, v := range list {
		if v.ID == store.VersionID(id) {
			return []store.Version{v}, nil
		}
	}
	return nil, cause.New(cause.NoSuchVersion, cause.Evidence{"name": id}, fmt.Errorf("find version %s: %q has none of that id", id, phone))
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
