package mobilesync

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"sync"
	"time"

	"homeport/cause"

	"homeport/backup/tree"
)

// maxTold bounds each list in a report of an extraction.
const maxTold = 1000

// ExtractOptions say what is taken out of a backup, and how.
type ExtractOptions struct {
	Select Selection
	// Tag distinguishes a file from another one that has its name already:
	// "IMG_1 (Tag).HEIC".
	Tag string
	// Overwrite replaces such another one instead.
	Overwrite bool
	// Damaged takes what there is of a damaged file too, as "IMG_1 (damaged).HEIC".
	Damaged bool
	// Progress, if not nil, is told after each file, from several goroutines but
	// one at a time.
	Progress func(ExtractProgress)
}

// ExtractProgress is how far an extraction is. Files that were there already count.
type ExtractProgress struct {
	Files, AllFiles int
	Bytes, AllBytes int64
}

// ExtractReport is what an extraction did. The lists hold the first 1000 of each.
type ExtractReport struct {
	Files   int   `json:"files"`   // written
	Bytes   int64 `json:"bytes"`   // of those
	Folders int   `json:"folders"` // that the backup has of them
	Already int   `json:"already"` // files that were there with the same contents

	// Renamed are files with another name than on the phone, because the name is not
	// one for every system, or was taken by another file.
	Renamed      []ExtractName `json:"renamed,omitempty"`
	RenamedCount int           `json:"renamedCount"`
	// Left are rows that were not extracted, and why: links, and names that no phone
	// has.
	Left      []ExtractLeft `json:"left,omitempty"`
	LeftCount int           `json:"leftCount"`
	// Damage are files that the backup does not hold as its list says. Those of which
	// something was saved are in Renamed as well.
	Damage      []Damage `json:"damage,omitempty"`
	DamageCount int      `json:"damageCount"`
}

// ExtractName is a file and the path that it got.
type ExtractName struct {
	Domain       string `json:"domain"`
	RelativePath string `json:"relativePath"`
	Path         string `json:"path"` // below the folder that was extracted to
}

// ExtractLeft is a row that was left out.
type ExtractLeft struct {
	Domain       string `json:"domain"`
	RelativePath string `json:"relativePath"`
	Why          string `json:"why"`
	Target       string `json:"target,omitempty"` // where a link leads
}

// WriteError is wrapped when an extraction ended because its folder could not be
// written.
type WriteError struct{ Err error }

// Error gives what was seen.
func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap gives what was seen.
func (e *WriteError) Unwrap() error { return e.Err }

// Extract copies files out of a backup, decrypted, into the folder to: each to
// <domain>/<path> with its date, below folders of mode 0700. See safename.go for
// names that are not for every system.
//
// Nothing is written outside to: links in it are not followed, and links of the
// backup are not made, they stand in the report. A file appears under its name when
// it is whole and proven. One that is there already, with the same length and date
// or the same contents, is left, so that an extraction that was interrupted can be
// run again; any other file of the same name stays as well, and the new one gets
// Options.Tag. A body that is damaged leaves nothing, unless Options.Damaged is set,
// and the rest goes on.
//
// An error means that it did not come to its end: ctx, a *FileError about the list,
// or a *WriteError. What was written until then is whole.
func (f *Folder) Extract(ctx context.Context, to tree.Dir, o ExtractOptions) (ExtractReport, error) {
	if err := o.Select.Check(); err != nil {
		return ExtractReport{}, err
	}
	x := &extraction{folder: f, to: to, options: o, names: newNamer(), made: map[string]bool{}}
	var tag [4]byte
	_, _ = rand.Read(tag[:]) // never fails
	x.tag = hex.EncodeToString(tag[:])
	var err error
	if x.progress, err = f.measure(ctx, o.Select); err != nil {
		return ExtractReport{}, err
	}
	if err := x.run(ctx); err != nil {
		return x.report, err
	}
	if err := to.SyncVolume(); err != nil {
		return x.report, &WriteError{err}
	}
	return x.report, nil
}

// measure adds up what a selection has.
func (f *Folder) measure(ctx context.Context, s Selection) (p ExtractProgress, err error) {
	err = f.Rows(ctx, func(r Row) error {
		if r.HasBody() && r.File != nil && s.Match(r.Domain, r.RelativePath) {
			p.AllFiles++
			p.AllBytes += r.File.Size
		}
		return nil
	})
	return p, err
}

// extraction is one Extract under way.
type extraction struct {
	folder  *Folder
	to      tree.Dir
	options ExtractOptions
	tag     string // makes the temporary names of this extraction its own

	// Of the goroutine that reads the list.
	names *namer
	made  map[string]bool // folders on the host

	mu       sync.Mutex
	report   ExtractReport
	progress ExtractProgress
	temps    int
}

// task is a file that a worker copies.
type task struct {
	row     Row
	host    string // slash path on the host
	salvage bool   // take what there is of a damaged body
}

func (x *extraction) run(parent context.Context) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	tasks := make(chan task, 64)
	var workers sync.WaitGroup
	for range min(4, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			c := &copier{x: x, buf: make([]byte, cipherBuffer)}
			for t := range tasks {
				if ctx.Err() != nil {
					continue // the channel has to be emptied
				}
				if err := cause.Guard(func() error { return c.copy(ctx, t) }); err != nil {
					stop(err)
				}
			}
		})
	}
	err := x.folder.Rows(ctx, func(r Row) error { return x.row(ctx, r, tasks) })
	close(tasks)
	workers.Wait()
	if cerr := context.Cause(ctx); cerr != nil {
		return cerr
	}
	return err
}

// row handles one line of the list.
func (x *extraction) row(ctx context.Context, r Row, tasks chan<- task) error {
	if !x.options.Select.Match(r.Domain, r.RelativePath) {
		return nil
	}
	host, err := x.names.place(r.Domain, r.RelativePath, r.Flags&7 == FlagDirectory)
	if err != nil {
		x.leave(r, err.Error())
		return nil
	}
	switch {
	case r.Flags&7 == FlagDirectory:
		x.count(func(e *ExtractReport) { e.Folders++ })
		return x.folders(host)
	case r.Flags&7 == FlagLink:
		x.leave(r, "a link")
		return nil
	case !r.HasBody():
		x.leave(r, "neither a file nor a folder")
		return nil
	case r.FileErr != nil:
		x.count(func(e *ExtractReport) { x.damage(e, r, &FileError{Name: DatabaseFile, Kind: BadRow, Err: r.FileErr}) })
		return nil
	case r.File == nil:
		x.leave(r, "the list does not describe it")
		return nil
	}
	if err := x.folders(path.Dir(host)); err != nil {
		return err
	}
	select {
	case tasks <- task{row: r, host: host}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// folders makes the folders of a path where they are missing.
func (x *extraction) folders(host string) error {
	if host == "." || x.made[host] {
		return nil
	}
	parent := path.Dir(host)
	if err := x.folders(parent); err != nil {
		return err
	}
	d, err := x.open(parent)
	if err != nil {
		return &WriteError{err}
	}
	defer d.Close()
	if err := d.Mkdir(path.Base(host)); err != nil {
		if !errors.Is(err, fs.ErrExist) {
			return &WriteError{err}
		}
		if err := x.proveFolder(d, path.Base(host)); err != nil {
			return &WriteError{err}
		}
	}
	if len(x.made) >= maxDirs {
		clear(x.made)
	}
	x.made[host] = true
	return nil
}

// staleAfter is how old an unfinished file of an earlier extraction has to be
// before it is removed: another one may be running.
const staleAfter = time.Hour

// proveFolder proves that what is there is a folder and no link to one, and removes
// what an extraction left in it that was killed.
func (x *extraction) proveFolder(parent tree.Dir, name string) error {
	d, err := parent.OpenDir(name)
	if err != nil {
		return fmt.Errorf("a file or a link is in the place of a folder: %w", err)
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if !tree.IsTemp(n) {
			continue
		}
		if i, err := d.Lstat(n); err == nil && i.Regular() && time.Since(i.ModTime) > staleAfter {
			_ = d.Remove(n)
		}
	}
	return nil
}

// open opens a folder below to, component by component, following no link.
func (x *extraction) open(host string) (tree.Dir, error) {
	return openBelow(x.to, host)
}

func (x *extraction) count(change func(*ExtractReport)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(&x.report)
}

// step tells that one more file is dealt with.
func (x *extraction) step(size int64, change func(*ExtractReport)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(&x.report)
	x.progress.Files++
	x.progress.Bytes += size
	if x.options.Progress != nil {
		x.options.Progress(x.progress)
	}
}

func (x *extraction) leave(r Row, why string) {
	x.count(func(e *ExtractReport) {
		if e.LeftCount++; len(e.Left) < maxTold {
			left := ExtractLeft{Domain: r.Domain, RelativePath: r.RelativePath, Why: why}
			if r.File != nil {
				left.Target = r.File.Target
			}
			e.Left = append(e.Left, left)
		}
	})
}

// damage notes a file that the backup does not hold as it should.
func (x *extraction) damage(e *ExtractReport, r Row, err *FileError) {
	if e.DamageCount++; len(e.Damage) < maxTold {
		e.Damage = append(e.Damage, Damage{
			Path: x.folder.udid + "/" + err.Name, Domain: r.Domain, RelativePath: r.RelativePath, Kind: err.Kind,
		})
	}
}
