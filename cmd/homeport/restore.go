package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

type restoreOptions struct {
	phone, version string
	from           string
	settings       settings
	options        backup.RestoreOptions
	passwords      passwordFlags
	yes, noWait    bool
}

func newRestoreCommand(a *app) *cobra.Command {
	o := restoreOptions{passwords: noPasswordFlags}
	cmd := &cobra.Command{
		Use:   "restore PHONE [VERSION]",
		Short: "Put a version onto a phone, the same or a new one",
		Long: `Put a version onto PHONE: its newest, VERSION, or with --from one of another phone.

Before the phone is asked for anything, every byte of the version is checked, and
so are the phone's iOS, its free space, Find My, its lock and its trust; an
encrypted version needs its password. Then the phone's name has to be typed.

What happens to the phone:
  photos, messages, files and the data of apps are replaced by those of the version;
  its settings stay as they are (--settings replaces them too);
  what is on it and not in the version stays (--remove-others deletes it);
  what iOS keeps for itself stays (--system-files replaces it);
  apps are not in a backup: the phone fetches them from the App Store afterwards;
  it restarts at the end (--no-reboot: it does not).

A restore that is cut in the middle leaves old and new side by side on the phone
and has to be started again. The version on this computer is only read: it is the
same afterwards, whatever happens.`,
		Args:              argsBetween(1, 2),
		ValidArgsFunction: a.validPhones,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.phone = args[0]
			if len(args) > 1 {
				o.version = args[1]
			}
			return runRestore(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "take the version of another phone: its `OLDPHONE` name, UDID or a part of it")
	f.StringVar(&o.settings.dest, "dest", "", "look for the version in `DIR` (default: as configured)")
	f.StringVar(&o.settings.engine, "engine", "", "which `ENGINE` restores: auto, native or libimobiledevice")
	f.BoolVar(&o.options.SystemFiles, "system-files", false, "replace what iOS keeps for itself, too")
	f.BoolVar(&o.options.Settings, "settings", false, "replace the phone's settings by those of the version")
	f.BoolVar(&o.options.RemoveOthers, "remove-others", false, "delete what is on the phone and not in the version")
	f.BoolVar(&o.options.NoReboot, "no-reboot", false, "do not restart the phone at the end")
	f.BoolVar(&o.noWait, "no-wait", false, "do not wait for unlock, trust or another program: fail")
	f.BoolVar(&o.yes, "yes", false, "do not ask; PHONE must then be the full UDID")
	addPasswordFlags(cmd, &o.passwords)
	return cmd
}

func runRestore(ctx context.Context, a *app, o restoreOptions) error {
	if o.version != "" && !versionForm.MatchString(o.version) {
		return usageError{fmt.Errorf("%q is not the id of a version; see homeport versions list", o.version)}
	}
	cfg, err := a.load(o.settings)
	if err != nil {
		return err
	}
	here, err := a.present(ctx, o.phone, chooseOne)
	if err != nil {
		return err
	}
	defer here.close()
	target := here.phones[0]
	if o.yes && !usbmux.SameUDID(o.phone, target.phone.UDID) {
		return usageError{fmt.Errorf("--yes wants the full UDID of the phone: %s", target.phone.UDID)}
	}
	st, err := store.Open(cfg.For(target.phone.UDID).Destination, store.Options{Host: a.host(), Waiting: a.tellHolder})
	if err != nil {
		return err
	}
	defer st.Close()
	v, err := o.find(ctx, st, target.phone.UDID)
	if err != nil {
		return err
	}
	log := a.openLog(cfg)
	tell := agent.LogEvents(log)
	if !a.json {
		tell = a.teller(cfg)
	}
	out := a.newAgent(cfg, here.mux, false, tell).Restore(ctx, here.watcher, target.link, o.request(a, cfg, st, v))
	logRestore(log, v, out)
	return a.tellRestore(v, out)
}

// find is the version that the options mean: the newest sound one of the phone, or
// the one that is named, which must be one of that phone.
func (o restoreOptions) find(ctx context.Context, st *store.Store, udid string) (store.Version, error) {
	name := o.from
	if name == "" {
		name = udid
	}
	versions, err := versionsOf(ctx, st, name)
	if err != nil {
		return store.Version{}, o.noVersions(st, err)
	}
	for _, v := range versions {
		if o.version == "" && v.UDID != versions[0].UDID {
			return v, cause.New(cause.PhoneAmbiguous, cause.Evidence{"name": name, "phones": []string{versions[0].UDID, v.UDID}},
				fmt.Errorf("find versions of %q: it fits several phones", name))
		}
	}
	for _, v := range versions {
		if o.version == "" && v.Latest || string(v.ID) == o.version {
			return v, nil
		}
	}
	if o.version != "" {
		return store.Version{}, cause.New(cause.NoSuchVersion, cause.Evidence{"name": o.version},
			fmt.Errorf("find version %s: %q has none of that id", o.version, name))
	}
	return store.Version{}, cause.New(cause.VersionDamaged, cause.Evidence{"version": string(versions[0].ID), "reason": versions[0].Damage},
		fmt.Errorf("find a version of %q: none of %d is sound", name, len(versions)))
}

// noVersions says of a phone that is plugged in that it has no backup here.
func (o restoreOptions) noVersions(st *store.Store, err error) error {
	if id, _ := cause.Of(err); id != cause.NoSuchPhone || o.from != "" {
		return err
	}
	name := o.version
	if name == "" {
		name = "latest"
	}
	return cause.New(cause.NoSuchVersion, cause.Evidence{"name": name, "path": st.Path()}, err)
}

func (o restoreOptions) request(a *app, cfg configs.Config, st *store.Store, v store.Version) agent.RestoreRequest {
	return agent.RestoreRequest{
		Store: st, Version: v, Options: o.options, NoWait: o.noWait,
		Passwords: func(ctx context.Context, p agent.RestorePlan) iter.Seq2[string, error] {
			prompt := "the backup password of " + p.From + " at that time"
			return a.passwords(ctx, cfg, p.Version.UDID, prompt, o.passwords)
		},
		Confirm: func(ctx context.Context, p agent.RestorePlan) error { return o.confirm(ctx, a, p) },
	}
}

// confirm shows what is about to happen, and wants the phone's name typed: a "y"
// is too quickly given for something that replaces a phone's contents.
func (o restoreOptions) confirm(ctx context.Context, a *app, p agent.RestorePlan) error {
	if !a.json {
		fmt.Fprintln(a.stderr, o.outline(p))
	}
	if o.yes {
		return nil
	}
	want := strings.TrimSpace(clean(p.Phone.Label()))
	answer, err := a.askLine(ctx, "type the phone's name, "+want+", or its UDID to go on:")
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil || answer == "":
		return usageError{errors.New("not confirmed: nothing was done; for scripts there is --yes, with the full UDID")}
	case !sameName(answer, want) && !usbmux.SameUDID(strings.TrimSpace(answer), p.Phone.UDID):
		return usageError{fmt.Errorf("not confirmed: %q is not %q; nothing was done", clean(strings.TrimSpace(answer)), want)}
	}
	return nil
}

// outline says in a few lines what the restore will do.
func (o restoreOptions) outline(p agent.RestorePlan) string {
	from := clean(p.From)
	if !p.SamePhone {
		from += " (another phone)"
	}
	lines := []string{
		fmt.Sprintf("onto      %s, %s", clean(p.Phone.Label()), clean(describe(p.Phone))),
		fmt.Sprintf("version   %s of %s, iOS %s, made %s", p.Version.ID, from, clean(p.BackupIOS), p.Version.Finished.Local().Format("2006-01-02 15:04")),
		fmt.Sprintf("          %s, %s%s", count64(int64(p.Version.Files), "file", "files"), cause.Bytes(p.Version.Bytes), encryptedWord(p.Version)),
		"replaced  " + strings.Join(o.replaced(), ", "),
		"kept      " + strings.Join(o.kept(), ", "),
	}
	return strings.Join(lines, "\n")
}

func encryptedWord(v store.Version) string {
	if v.Encrypted {
		return ", encrypted"
	}
	return ""
}

func (o restoreOptions) replaced() []string {
	list := []string{"photos, messages, files and the data of apps"}
	if o.options.Settings {
		list = append(list, "settings")
	}
	if o.options.SystemFiles {
		list = append(list, "what iOS keeps for itself")
	}
	if o.options.RemoveOthers {
		list = append(list, "and what is not in the version is DELETED")
	}
	return list
}

func (o restoreOptions) kept() []string {
	var list []string
	if !o.options.Settings {
		list = append(list, "settings")
	}
	if !o.options.RemoveOthers {
		list = append(list, "what is not in the version")
	}
	if !o.options.SystemFiles {
		list = append(list, "what iOS keeps for itself")
	}
	if len(list) == 0 {
		list = []string{"nothing"}
	}
	return list
}
