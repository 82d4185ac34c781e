package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

type extractOptions struct {
	pickOptions
	to        string
	overwrite bool
}

func newExtractCommand(a *app) *cobra.Command {
	var o extractOptions
	cmd := &cobra.Command{
		Use:   "extract [PHONE] [VERSION] [PATH...] [--to DIR]",
		Short: "Get files back out of a version",
		Long: `Copy files out of a version, decrypted, with their names and dates, to
DIR/<domain>/<path>. All files, or those that PATH, --domain and --group pick.

A file that is in DIR already is left when it is the same; another file of its name
stays too, and the one from the backup gets the version in its name, unless
--overwrite is given. So an extraction that was interrupted can be run again, and
goes on. Names that some system cannot have are changed a little, the same on every
system. Links are not made; they are told. Of a file that is damaged in the version
nothing comes out, unless --damaged-too is given: then what there is of it does, with
"(damaged)" in its name.

` + pickHelp,
		RunE: func(cmd *cobra.Command, args []string) error { return runExtract(cmd.Context(), a, o, args) },
	}
	addPickFlags(cmd, &o.pickOptions)
	cmd.Flags().StringVar(&o.to, "to", "", "put the files into `DIR` (default: a folder here, called as the version)")
	cmd.Flags().BoolVar(&o.overwrite, "overwrite", false, "replace other files of the same name")
	return cmd
}

// extracted is what extract prints as JSON.
type extracted struct {
	Version string                   `json:"version"`
	UDID    string                   `json:"udid"`
	To      string                   `json:"to"`
	Seconds float64                  `json:"seconds"`
	Result  mobilesync.ExtractReport `json:"result"`
	Error   *agent.Failure           `json:"error,omitempty"`
}

func runExtract(ctx context.Context, a *app, o extractOptions, args []string) error {
	p, err := a.pick(ctx, o.pickOptions, args)
	if err != nil {
		return err
	}
	defer p.close()
	if o.to == "" {
		o.to = string(p.version.ID)
	}
	to, err := openTarget(o.to, p.store.Path())
	if err != nil {
		return err
	}
	defer to.Close()
	begun := time.Now()
	out := newLive(a.stdout)
	opts := mobilesync.ExtractOptions{Select: p.files, Tag: string(p.version.ID), Overwrite: o.overwrite, Damaged: o.damagedToo}
	if !a.json {
		opts.Progress = extractProgress(out)
	}
	report, err := p.folder.Extract(ctx, to, opts)
	out.set("extract", "")
	err = extractError(err, p, o.to, report)
	sum := extracted{string(p.version.ID), p.version.UDID, o.to, time.Since(begun).Seconds(), report, nil}
	if a.json {
		if err != nil {
			sum.Error = failureOf(err)
			err = said{err}
		}
		a.printJSON(sum)
		return err
	}
	a.tellExtracted(sum)
	return err
}

// openTarget opens the folder that files go to, and makes its last component. It is
// never one of the store's own.
func openTarget(dir, dest string) (tree.Dir, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, usageError{err}
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, usageError{fmt.Errorf("--to: %w", err)}
	}
	if inStore(path, dest) {
		return nil, usageError{fmt.Errorf("--to %s: there are the versions themselves", dir)}
	}
	to, err := tree.OS{}.OpenDir(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("--to: %w", err)}
	}
	return to, nil
}

// inStore says whether a folder, by whatever links, is where versions are kept.
func inStore(path, dest string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return true
	}
	if dest, err = filepath.EvalSymlinks(dest); err != nil {
		return false
	}
	rel, err := filepath.Rel(filepath.Join(dest, ".homeport"), real)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// extractError gives the error of an extraction its cause, and makes one of damage
// that was found.
func extractError(err error, p *picked, dir string, r mobilesync.ExtractReport) error {
	version := string(p.version.ID)
	if _, ok := errors.AsType[*mobilesync.FileError](err); ok {
		return cause.New(cause.VersionDamaged, cause.Evidence{"version": version, "reason": err.Error()}, err)
	}
	if w, ok := errors.AsType[*mobilesync.WriteError](err); ok {
		ev := cause.Evidence{"path": dir, "volume": dir}
		switch {
		case diskFull(w.Err):
			return cause.New(cause.HostDiskFull, ev, err)
		case errors.Is(w.Err, fs.ErrPermission):
			return cause.New(cause.DestinationNotWritable, ev, err)
		}
		return fmt.Errorf("extract to %s: %w", dir, err)
	}
	if err == nil && r.Files+r.Folders+r.Already+r.LeftCount+r.DamageCount == 0 && !p.everything() {
		return nothingFits(p)
	}
	if err == nil && r.DamageCount > 0 {
		return cause.New(cause.VersionDamaged, cause.Evidence{"version": version, "files": r.DamageCount},
			fmt.Errorf("extract: %d files of version %s are damaged", r.DamageCount, version))
	}
	return err
}

func extractProgress(out *live) func(mobilesync.ExtractProgress) {
	var told time.Time
	begun := time.Now()
	return func(p mobilesync.ExtractProgress) {
		now := time.Now()
		if now.Sub(told) < 200*time.Millisecond {
			return
		}
		told = now
		speed := cause.Bytes(float64(p.Bytes) / max(now.Sub(begun).Seconds(), 0.001))
		out.set("extract", fmt.Sprintf("extracting  %s of %s files, %s of %s, %s/s",
			thousands(int64(p.Files)), thousands(int64(p.AllFiles)), cause.Bytes(p.Bytes), cause.Bytes(p.AllBytes), speed))
	}
}

// mostNamed is how many files of a kind a person is shown by name.
const mostNamed = 10

func (a *app) tellExtracted(x extracted) {
	r := x.Result
	a.printf("extracted: %s, %s, to %s\n", count64(int64(r.Files), "file", "files"), cause.Bytes(r.Bytes), clean(x.To))
	if r.Already > 0 {
		a.printf("%s there already\n", count64(int64(r.Already), "file was", "files were"))
	}
	if r.RenamedCount > 0 {
		a.printf("%s another name:\n", count64(int64(r.RenamedCount), "file got", "files got"))
		for _, n := range r.Renamed[:min(len(r.Renamed), mostNamed)] {
			a.printf("    %s -> %s\n", clean(n.Domain+"/"+n.RelativePath), clean(n.Path))
		}
		a.andMore(r.RenamedCount)
	}
	if r.LeftCount > 0 {
		a.printf("%s left out:\n", count64(int64(r.LeftCount), "entry was", "entries were"))
		for _, l := range r.Left[:min(len(r.Left), mostNamed)] {
			a.printf("    %s: %s\n", clean(l.Domain+"/"+l.RelativePath), clean(strings.TrimSuffix(l.Why+", to "+l.Target, ", to ")))
		}
		a.andMore(r.LeftCount)
	}
	if r.DamageCount > 0 {
		a.printf("%s damaged in this version:\n", count64(int64(r.DamageCount), "file is", "files are"))
		for _, d := range r.Damage[:min(len(r.Damage), mostNamed)] {
			a.printf("    %s: %s\n", d.Kind, clean(nameOf(d)))
		}
		a.andMore(r.DamageCount)
	}
}

func (a *app) andMore(n int) {
	if n > mostNamed {
		a.printf("    and %s more; --json lists them\n", thousands(int64(n-mostNamed)))
	}
}
