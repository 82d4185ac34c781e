package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

type versionsOptions struct {
	dest     string
	level    string
	password passwordFlags
	remember bool
}

func newVersionsCommand(a *app) *cobra.Command {
	var o versionsOptions
	cmd := &cobra.Command{
		Use:   "versions list|verify|repair|pin|unpin|prune|import [PHONE] [VERSION]",
		Short: "The backups that there are: list, check, repair, keep and remove them",
		Args:  noArgs,
		RunE:  a.group,
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
--level full reads every byte again and compares its SHA-256; --level unlock then
also decrypts every file with the backup password, and wants each to come out as
long as the phone's list says.`,
		Args: argsBetween(0, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return runVersionsVerify(cmd.Context(), a, o, args) },
	}
	verify.Flags().StringVar(&o.level, "level", "full", "how closely: quick, full or unlock")
	addPasswordFlags(verify, &o.password)
	addRemember(verify, &o.remember)
	cmd.AddCommand(list, verify, newPinCommand(a, &o, true), newPinCommand(a, &o, false), newPruneCommand(a, &o), newRepairCommand(a, &o), newImportCommand(a, &o))
	return cmd
}

// addRemember adds the flag that puts a password which was right into the keychain.
func addRemember(cmd *cobra.Command, remember *bool) {
	cmd.Flags().BoolVar(remember, "remember", false, "keep the password in the system's keychain, once it has opened a version")
}

// open opens the store that the options mean.
func (o versionsOptions) open(a *app) (*store.Store, error) {
	_, st, err := a.openStoreAt(o.dest)
	return st, err
}

// openStoreAt opens the store in dest, or where the configuration says.
func (a *app) openStoreAt(dest string) (configs.Config, *store.Store, error) {
	cfg, err := a.load(settings{dest: dest})
	if err != nil {
		return cfg, nil, err
	}
	st, err := a.openStore(cfg)
	return cfg, st, err
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
		for i := range versions {
			versions[i].Device = clip(versions[i].Device, mostName)
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
		if v.Device != "" && sameName(v.Device, name) {
			return true
		}
	}
	return false
}

// versionForm is the form of a version id, so that one can stand alone.
var versionForm = regexp.MustCompile(`^\d{8}T\d{6}Z-\d+$`)

func runVersionsVerify(ctx context.Context, a *app, o versionsOptions, args []string) error {
	level, err := levelNamed(o.level)
	if err != nil {
		return err
	}
	cfg, st, err := a.openStoreAt(o.dest)
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := toVerify(ctx, st, args)
	if err != nil {
		return err
	}
	opener := a.opener(cfg, st, o.password, o.remember)
	var done []store.Report
	var worst, damaged error
	for _, v := range list {
		r, err := a.verifyOne(ctx, opener, v, level)
		if id, _ := cause.Of(err); id == cause.BackupPasswordUnknown && len(list) > 1 {
			// Another version may open with another password.
			a.note("version %s was not checked: its password is not known", v.ID)
			worst = err
			continue
		}
		if err != nil {
			return err
		}
		if !r.OK {
			damaged = said{cause.New(cause.VersionDamaged, cause.Evidence{"version": string(v.ID), "files": len(r.Damage)}, nil)}
		}
		done = append(done, r)
	}
	if a.json {
		a.printJSON(map[string]any{"versions": orEmpty(done)})
	} else if len(list) == 0 {
		a.printf("no backups in %s yet\n", st.Path())
	}
	if damaged != nil {
		return damaged
	}
	return worst
}

func levelNamed(s string) (store.Level, error) {
	switch l := store.Level(s); l {
	case store.Quick, store.Full, store.Unlock:
		return l, nil
	}
	return "", usageError{fmt.Errorf("--level %q: want quick, full or unlock", s)}
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
