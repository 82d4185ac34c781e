package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

type importOptions struct {
	dry      bool
	password passwordFlags
	remember bool
}

func newImportCommand(a *app, o *versionsOptions) *cobra.Command {
	var i importOptions
	cmd := &cobra.Command{
		Use:   "import [FOLDER] [PHONE]",
		Short: "Bring in a backup that Finder, iTunes, Apple Devices or another tool made",
		Long: `Make a version of a backup that another program made. FOLDER is the backup itself, a
folder that is called as the iPhone's UDID, or the folder that it lies in; PHONE says
which one, if there are several. Without a FOLDER the backups in Apple's usual folder
and beside your own versions are listed, and a PHONE imports the one of that phone.

The folder is only read, never changed. Its files are cloned where the disk can do that,
and copied otherwise, and each is summed; what is half finished or lacks files is
refused. The version has the date of the backup and stands among the others by it: only
one that is newer than all of them is what the next backup builds on. It is pinned, and
stays until it is unpinned.

An encrypted backup can be imported without its password, but only the password can show
whether it is complete.`,
		Args: argsBetween(0, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return runImport(cmd.Context(), a, *o, i, args) },
	}
	cmd.Flags().BoolVar(&i.dry, "dry-run", false, "only say what would be imported")
	addPasswordFlags(cmd, &i.password)
	addRemember(cmd, &i.remember)
	return cmd
}

// importArgs tells a FOLDER from a PHONE: what is there, or has the form of a path, is
// a folder.
func importArgs(args []string) (folder, phone string, err error) {
	for _, arg := range args {
		info, serr := os.Stat(arg)
		isFolder := strings.ContainsRune(arg, filepath.Separator) || strings.Contains(arg, "/") || serr == nil && info.IsDir()
		switch {
		case isFolder && folder == "":
			folder = arg
		case phone == "":
			phone = arg
		default:
			return "", "", usageError{errors.New("want one FOLDER and one PHONE at most")}
		}
	}
	return folder, phone, nil
}

func runImport(ctx context.Context, a *app, o versionsOptions, i importOptions, args []string) error {
	folder, phone, err := importArgs(args)
	if err != nil {
		return err
	}
	cfg, err := a.load(settings{dest: o.dest})
	if err != nil {
		return err
	}
	out := newLive(a.stderr)
	found, places, err := findBackups(ctx, folder, cfg.Destination, func(dir string) { out.set("look", "looking at "+clean(dir)) })
	out.set("look", "")
	if err != nil {
		return err
	}
	if folder == "" && phone == "" {
		a.printFound(found, places, o.dest)
		return nil
	}
	b, err := chooseBackup(found, phone, places)
	if err != nil {
		return err
	}
	if b.Problem != nil {
		return a.explainImport(ctx, cfg, b.Problem)
	}
	keys, err := a.openFound(ctx, cfg, b, i)
	if err != nil {
		return err
	}
	if o.dest == "" {
		cfg.Destination = cfg.For(b.UDID).Destination
	}
	if i.dry {
		err = a.importDry(ctx, cfg, o, b, keys)
	} else {
		err = a.importOne(ctx, cfg, o, b, keys)
	}
	return a.explainImport(ctx, cfg, err)
}

// importOne imports a backup and tells how that went.
func (a *app) importOne(ctx context.Context, cfg configs.Config, o versionsOptions, b foundBackup, keys *mobilesync.Keys) error {
	if err := a.makeDestination(settings{dest: o.dest}); err != nil {
		return err
	}
	st, err := store.Open(cfg.Destination, store.Options{Reserve: int64(cfg.Reserve), ID: a.remembered(false).ID(cfg.Destination), Host: a.host(), Waiting: a.tellHolder})
	if err != nil {
		return err
	}
	defer st.Close()
	began := time.Now()
	out := newLive(a.stdout)
	var progress func(done, total int64)
	if !a.json {
		progress = func(done, total int64) { out.set("import", copying(done, total, time.Since(began))) }
	}
	got, err := st.Import(ctx, b.Path, store.ImportOptions{Keys: keys, Progress: progress})
	out.set("import", "")
	if stoppedBySignal(ctx) && err != nil {
		return advised{err, "nothing of the import is left, and the folder was not changed; start it again when you like"}
	}
	if err != nil {
		return err
	}
	if keys != nil {
		_ = st.MarkOpened(got.Version)
	}
	a.printImported(got, time.Since(began))
	return nil
}

// openFound opens an encrypted backup with its password. Without one it is imported
// all the same, unless a flag named one.
func (a *app) openFound(ctx context.Context, cfg configs.Config, b foundBackup, i importOptions) (*mobilesync.Keys, error) {
	if err := i.password.check(); err != nil || !b.Encrypted {
		return nil, err
	}
	f, err := mobilesync.Open(filepath.Split(b.Path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	prompt := "the backup password of " + clean(b.label()) + " (empty: import it unopened)"
	for password, err := range a.passwords(ctx, cfg, b.UDID, prompt, i.password) {
		switch id, _ := cause.Of(err); {
		case id == cause.BackupPasswordUnknown && !i.password.named():
			return nil, nil
		case err != nil:
			return nil, err
		}
		k, err := f.Unlock(ctx, password, a.unlockProgress())
		if err == nil {
			if i.remember && !i.password.noKeychain {
				if err := a.rememberPassword(b.UDID, password); err != nil {
					a.note("%v", err)
				}
			}
			return k, nil
		}
		if !errors.Is(err, mobilesync.ErrPassword) || i.password.named() {
			return nil, err
		}
		a.note("this password does not open the backup")
	}
	return nil, ctx.Err()
}

// importDry says what an import would do.
func (a *app) importDry(ctx context.Context, cfg configs.Config, o versionsOptions, b foundBackup, keys *mobilesync.Keys) error {
	src, err := store.Examine(ctx, b.Path, keys)
	if err != nil {
		return err
	}
	plan := importPlan{Source: src, Destination: cfg.Destination}
	st, err := store.Open(cfg.Destination, store.Options{ReadOnly: true, Reserve: int64(cfg.Reserve), ID: a.remembered(o.dest != "").ID(cfg.Destination)})
	switch id, _ := cause.Of(err); {
	case err == nil:
		defer st.Close()
		if err := plan.fill(ctx, st); err != nil {
			return err
		}
	case id != cause.DestinationMissing || o.dest == "":
		return err
	default:
		plan.Newest = true // --dest is made when it is missing
	}
	a.printPlan(plan)
	return nil
}

// importPlan is what an import would do, in JSON too.
type importPlan struct {
	Source      store.Source `json:"source"`
	Destination string       `json:"destination"`
	Free        int64        `json:"free,omitempty"` // there, less the reserve
	// Newest says that it would be the newest version, and so what the next backup
	// builds on if it is proven.
	Newest bool `json:"newest"`
}

func (p *importPlan) fill(ctx context.Context, st *store.Store) error {
	var err error
	if p.Free, err = st.Free(ctx); err != nil {
		return err
	}
	versions, err := st.Versions(ctx, p.Source.UDID)
	if err != nil {
		return err
	}
	p.Newest = !p.Source.Date.IsZero() || len(versions) == 0
	for _, v := range versions {
		p.Newest = p.Newest && v.Finished.Before(p.Source.Date)
	}
	return nil
}
