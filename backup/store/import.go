package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// importedWhy is the reason of the pin that an import sets.
const importedWhy = "imported"

// Import is where an imported version came from.
type Import struct {
	At      time.Time `json:"at"`   // of the import
	From    string    `json:"from"` // the folder
	Program string    `json:"program,omitempty"`
	// Proven says that each row of the list was found to have its body, so that the
	// version may be the base of the next one.
	Proven bool `json:"proven"`
	// Undated says that the folder gave no date that can be believed: then Finished is
	// that of the import.
	Undated bool `json:"undated,omitempty"`
}

// ImportOptions say how a folder is imported.
type ImportOptions struct {
	// Keys open an encrypted folder, so that its list can be read; nil leaves it
	// unproven.
	Keys *mobilesync.Keys
	// Progress, if not nil, is told some times a second how many bytes of how many
	// were copied, from one goroutine at a time.
	Progress func(done, total int64)
}

// Imported is what became of a folder.
type Imported struct {
	Version Version `json:"version"`
	Source  Source  `json:"source"`
	// Already says that the folder was found to be Version, which was there before.
	Already bool `json:"already"`
	// Way is how it was taken over: reflink or copy.
	Way string `json:"way,omitempty"`
}

// Import makes a version of the backup folder dir of another program, which is only
// read; the package comment tells how it is proven and where it stands among the others. A
// folder that is a version already, all sums of its four files and its figures being
// equal, is not imported again. When ctx ends before the publication, or anything
// fails, nothing is left of it.
//
// The causes of its errors are those of Examine, host-disk-full (before anything was
// copied), already-running, lease-lost, and those of Open and of a disk that is full or fails.
func (s *Store) Import(ctx context.Context, dir string, o ImportOptions) (Imported, error) {
	if err := s.here(); err != nil {
		return Imported{}, err
	}
	src, err := examine(ctx, s.options.FS, dir, o.Keys)
	defer src.close()
	if err != nil {
		return Imported{Source: src}, err
	}
	p, err := s.preparePhone(ctx, src.UDID, TaskImport, patient)
	if err != nil {
		return Imported{Source: src}, err
	}
	got, err := p.importFrom(ctx, &src, o)
	if err != nil {
		err = caused(fmt.Errorf("import: %w", err), s.path)
	}
	got.Source = src
	return got, err
}

// importFrom lets the lock go.
func (p *phone) importFrom(ctx context.Context, src *Source, o ImportOptions) (Imported, error) {
	defer p.close()
	partial, err := p.recover(ctx)
	if err != nil {
		return Imported{}, err
	}
	if v, ok, err := p.already(ctx, src); err != nil || ok {
		return Imported{Version: v, Already: ok}, err
	}
	st, err := p.importStage(src, o.Keys)
	if err != nil {
		return Imported{}, err
	}
	guarded, stop := st.Guard(ctx)
	defer stop()
	got, err := st.importAll(guarded, src, partial, o)
	if err != nil {
		if lost := p.lost(); lost != nil {
			err = errors.Join(lost, err)
		}
		return got, errors.Join(err, st.Discard())
	}
	p.relinkNewest(ctx, &got.Version)
	st.end()
	return got, nil
}

// importStage makes an empty stage that recovery never keeps.
func (p *phone) importStage(src *Source, keys *mobilesync.Keys) (*Stage, error) {
	staging, err := p.dir.OpenDir(stagingName)
	if err != nil {
		return nil, err
	}
	defer staging.Close()
	st, err := p.newStage(staging, src.UDID)
	if err != nil {
		return nil, err
	}
	st.keys, st.state.Imported = keys, true
	if err := st.state.write(st.dir); err != nil {
		return nil, errors.Join(err, st.Discard())
	}
	return st, nil
}

// importAll copies the folder and publishes the copy.
func (st *Stage) importAll(ctx context.Context, src *Source, partial *state, o ImportOptions) (Imported, error) {
	c := &importer{src: src, stage: st, way: probeImport(src, st.dir), progress: o.Progress}
	if c.way != tree.Reflink {
		if err := st.phone.store.roomFor(ctx, src.Bytes); err != nil {
			return Imported{}, err
		}
	}
	if err := c.run(ctx); err != nil {
		return Imported{}, err
	}
	if err := src.unchanged(ctx); err != nil {
		return Imported{}, err
	}
	v, err := st.publishImport(ctx, src, partial)
	return Imported{Version: v, Way: c.way.String()}, err
}

// roomFor wants so many bytes to be free, besides the reserve.
func (s *Store) roomFor(ctx context.Context, need int64) error {
	free, err := s.Free(ctx)
	if err != nil || free >= need {
		return err
	}
	return cause.New(cause.HostDiskFull, cause.Evidence{
		"path": s.path, "need": cause.Bytes(need), "free": cause.Bytes(free), "short": cause.Bytes(need - free),
	}, fmt.Errorf("import: %d bytes of %d are free", free, need))
}

// publishImport is Publish for a stage that no phone has filled.
func (st *Stage) publishImport(ctx context.Context, src *Source, partial *state) (Version, error) {
	report, rec, err := st.seal(ctx, backup.Result{Full: true, Engine: importedWhy})
	if err != nil {
		return Version{}, err
	}
	vs, err := st.phone.versions(ctx)
	if err != nil {
		return Version{}, err
	}
	st.describe(rec, src, fullyProven(report))
	newest := true
	if rec.Under = underFor(vs, rec.Finished, rec.Imported.Undated); rec.Under > 0 {
		newest = false
	} else if partial != nil && (rec.Imported.Undated || partial.Started.After(rec.Finished)) {
		rec.Under = partial.Version.Generation() // what it will be is newer
	}
	var notes []*cause.Error
	if newest {
		var before *Version
		if notes, before, err = st.compare(ctx, report, rec); err == nil && len(notes) > 0 {
			err = st.pinBefore(before, notes[0])
		}
		if err != nil {
			return Version{}, err
		}
	}
	pin := func(m *mark) { m.Pinned, m.Why = true, importedWhy }
	if err := st.phone.changeMark(rec.ID, pin); err != nil {
		return Version{}, err
	}
	if err := st.commit(ctx, rec); err != nil {
		return Version{}, err
	}
	// Whoever changed a mark in between took that of a version that was not there yet for
	// one that is gone.
	if m, err := st.phone.readMarks(); err == nil && !m.Versions[rec.ID].Pinned {
		_ = st.phone.changeMark(rec.ID, pin)
	}
	v := rec.version(st.phone.versionPath(rec.ID), mark{Pinned: true})
	v.Notes = notes
	return v, nil
}

// describe says in the record where the version came from.
func (st *Stage) describe(rec *record, src *Source, proven bool) {
	rec.Imported = &Import{At: rec.Finished, From: src.Path, Program: src.Program, Proven: proven, Undated: src.Date.IsZero()}
	if !rec.Imported.Undated {
		rec.Finished = src.Date
	}
	rec.Started, rec.Took = rec.Finished, backup.Took{}
	if proven {
		rec.Proof = backup.ProofStructure
	}
}

// relinkNewest makes the link lead to the newest version, and says whether that is v.
func (p *phone) relinkNewest(ctx context.Context, v *Version) {
	vs, err := p.versions(ctx)
	if err != nil {
		return // the version is there; recovery renews the link
	}
	for _, w := range vs {
		if !w.Latest {
			continue
		}
		v.Latest = v.ID == w.ID
		if note := p.relink(w.ID, w.UDID); note != nil {
			v.Notes = append(v.Notes, note)
		}
	}
}
