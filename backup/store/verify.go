package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// Level is how thoroughly a version is checked.
type Level string

// The levels of a check.
const (
	Quick Level = "quick" // structure, rows against bodies, sizes, strays, the seal itself; reads no body
	Full  Level = "full"  // as quick, and every byte against SHA256SUMS
)

// Report is what a check of a version found.
type Report struct {
	ID     VersionID           `json:"id"`
	Level  Level               `json:"level"`
	OK     bool                `json:"ok"`
	Files  int                 `json:"files"`
	Bytes  int64               `json:"bytes"`
	Damage []mobilesync.Damage `json:"damage"`
}

// Verify checks a version against its manifest and its seal. Damage stands in
// the report, each with the file's path, and its domain and name on the phone
// where the manifest can be read; what was odd already when the version was made
// is no damage. The result is noted in the marks: a damaged version is no base
// for the next backup. An error means that the check did not come to its end.
//
// progress, if not nil, is told how many bytes of how many were read, some times
// a second at most; a quick check reads none.
func (s *Store) Verify(ctx context.Context, v Version, level Level, progress func(done, total int64)) (Report, error) {
	p, err := s.openPhone(v.UDID)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = cause.New(cause.NoSuchVersion, cause.Evidence{"name": string(v.ID)}, err)
		}
		return Report{}, caused(err, s.path)
	}
	defer p.close()
	r, err := p.verify(ctx, v, level, progress)
	if err != nil {
		return r, caused(fmt.Errorf("verify %s: %w", v.ID, err), s.path)
	}
	// A store that cannot be written to can still be checked.
	_ = p.markChecked(v, r)
	return r, nil
}

// lasting says whether the damage is more than that something could not be read.
func lasting(r Report) bool {
	return slices.ContainsFunc(r.Damage, func(d mobilesync.Damage) bool { return d.Kind != mobilesync.Unreadable })
}

// markChecked notes what a check found.
func (p *phone) markChecked(v Version, r Report) error {
	now := p.store.options.Now().UTC()
	return p.changeMark(v.ID, func(m *mark) {
		if !r.OK {
			m.Damage, m.Damaged, m.DamageLevel = summary(r), &now, r.Level
			return
		}
		m.Verified = &now
		if r.Level == Full {
			m.Proof = backup.ProofFull
		}
		// A quick check cannot clear what a full one saw.
		if r.Level == Full || m.DamageLevel != Full {
			m.Damage, m.Damaged, m.DamageLevel = "", nil, ""
		}
	})
}

func summary(r Report) string {
	if len(r.Damage) == 0 {
		return "damaged"
	}
	d := r.Damage[0]
	name := d.Path
	if d.Domain != "" {
		name = d.Domain + "-" + d.RelativePath
	}
	if len(r.Damage) == 1 {
		return fmt.Sprintf("%s: %s", name, d.Kind)
	}
	return fmt.Sprintf("%s: %s, and %d more", name, d.Kind, len(r.Damage)-1)
}

// verifier is one check of a version under way.
type verifier struct {
	ctx      context.Context
	version  Version
	level    Level
	record   record
	home     tree.Dir    // <UDID>/
	sums     *sumsReader // nil when the seal is missing
	prefix   string
	buf      []byte
	progress func(done, total int64)
	done     int64
	told     time.Time

	// sealed is what does not fit the seal; what the walk itself finds is in the
	// report of mobilesync.
	sealed []mobilesync.Damage
	// current is set when sums stands on a line that the walk has not reached.
	current bool
}

func (p *phone) verify(ctx context.Context, v Version, level Level, progress func(done, total int64)) (Report, error) {
	r := Report{ID: v.ID, Level: level}
	only := func(path string, k mobilesync.Kind) (Report, error) {
		r.Damage = []mobilesync.Damage{{Path: path, Kind: k}}
		return r, nil
	}
	d, err := openPath(p.dir, versionsName, string(v.ID))
	if err != nil {
		return only(string(v.ID), kindOf(err))
	}
	defer d.Close()
	rec, err := readRecord(d, v.ID)
	if id, _ := cause.Of(err); id == cause.StoreTooNew {
		return r, err
	}
	if err != nil || !sameUDID(rec.UDID, p.name) {
		return only(recordName, kindOf(err))
	}
	c := &verifier{ctx: ctx, version: v, level: level, record: rec, prefix: rec.UDID + "/", progress: progress}
	return c.run(r, d, p.versionPath(v.ID))
}

// kindOf says what an error of opening something means for it.
func kindOf(err error) mobilesync.Kind {
	if errors.Is(err, fs.ErrNotExist) {
		return mobilesync.Missing
	}
	return mobilesync.Unreadable
}

func (c *verifier) run(r Report, d tree.Dir, path string) (Report, error) {
	var err error
	if c.home, err = d.OpenDir(c.record.UDID); err != nil {
		r.Damage = []mobilesync.Damage{{Path: c.record.UDID, Kind: kindOf(err)}}
		return r, nil
	}
	defer c.home.Close()
	if f, err := d.Open(sumsName); err != nil {
		c.sealed = append(c.sealed, mobilesync.Damage{Path: sumsName, Kind: kindOf(err)})
	} else {
		defer f.Close()
		c.sums = newSumsReader(f)
	}
	folder, err := mobilesync.Open(path, c.record.UDID)
	if err != nil {
		r.Damage = []mobilesync.Damage{{Path: c.record.UDID, Kind: kindOf(err)}}
		return r, nil
	}
	defer folder.Close()
	report, err := folder.Check(c.ctx, c.record.UDID, mobilesync.Options{MaxDamage: maxOdd + mobilesync.DefaultMaxDamage, Visit: c.visit})
	if err != nil {
		return r, err
	}
	c.rest()
	r.Files, r.Bytes = report.Files, report.Bytes
	r.Damage = c.damage(report)
	c.name(folder, r.Damage)
	r.OK = len(r.Damage) == 0
	return r, c.ctx.Err()
}

// visit compares one file on disk with the seal. Both are in the same order.
func (c *verifier) visit(f mobilesync.File) error {
	path := c.prefix + f.Path
	c.missingBefore(path)
	if c.sums == nil || c.sums.err != nil {
		return c.ctx.Err()
	}
	if !c.current || c.sums.path != path {
		c.add(path, mobilesync.Stray)
		return nil
	}
	c.current = false
	if c.level != Full {
		return nil
	}
	return c.compare(f, path)
}

// missingBefore reports the lines of the seal that the walk has passed.
func (c *verifier) missingBefore(path string) {
	if c.sums == nil {
		return
	}
	for {
		if !c.current {
			if c.current = c.sums.next(); !c.current {
				return
			}
		}
		if path != "" && c.sums.path >= path {
			return
		}
		c.add(c.sums.path, mobilesync.Missing)
		c.current = false
	}
}

// compare reads a file and compares it with the line that sums stands on.
func (c *verifier) compare(f mobilesync.File, path string) error {
	if c.buf == nil {
		c.buf = make([]byte, 256<<10)
	}
	got, n, err := hashFile(c.ctx, c.home, f.Path, c.buf)
	switch {
	case c.ctx.Err() != nil:
		return context.Cause(c.ctx)
	case err != nil:
		c.add(path, kindOf(err))
	case got != c.sums.sum:
		c.add(path, mobilesync.Changed)
	}
	c.done += n
	if now := time.Now(); c.progress != nil && now.Sub(c.told) > 200*time.Millisecond {
		c.told = now
		c.progress(c.done, max(c.done, c.record.Bytes))
	}
	return nil
}

func (c *verifier) add(path string, k mobilesync.Kind) {
	if len(c.sealed) < mobilesync.DefaultMaxDamage {
		c.sealed = append(c.sealed, mobilesync.Damage{Path: path, Kind: k})
	}
}

// rest reads the seal to its end and checks the seal itself.
func (c *verifier) rest() {
	if c.sums == nil {
		return
	}
	c.missingBefore("")
	seal, err := c.sums.finish()
	switch {
	case err != nil:
		c.add(sumsName, mobilesync.Unreadable)
	case seal != c.record.Seal:
		c.add(sumsName, mobilesync.Changed)
	}
	if c.progress != nil && c.level == Full {
		c.progress(c.done, c.done)
	}
}

// damage puts together what the walk and the seal say, without what was odd from
// the beginning and without saying anything twice.
func (c *verifier) damage(report mobilesync.Report) []mobilesync.Damage {
	known := map[mobilesync.Damage]bool{}
	for _, d := range c.record.Odd {
		known[d] = true
	}
	// A list that was cut short at the time can only be compared by its counts.
	cut := 0
	for _, n := range c.record.OddCounts {
		cut += n
	}
	cut -= len(c.record.Odd)
	list := []mobilesync.Damage{}
	named := map[string]bool{}
	for _, d := range report.Damage {
		if known[d] || cut > 0 && report.Counts[d.Kind] <= c.record.OddCounts[d.Kind] {
			continue
		}
		// A row's damage has the path of the database, which may be damaged itself.
		named[d.Path] = named[d.Path] || d.Path != c.prefix+mobilesync.DatabaseFile || d.Domain == ""
		list = append(list, d)
	}
	for _, d := range c.sealed {
		if !named[d.Path] {
			list = append(list, d)
		}
	}
	if len(list) == 0 && (report.Files != c.record.Files || report.Bytes != c.record.Bytes) {
		list = append(list, mobilesync.Damage{Path: c.record.UDID, Kind: mobilesync.WrongSize})
	}
	return list
}

// name looks up which of the phone's files the bodies are.
func (c *verifier) name(folder *mobilesync.Folder, damage []mobilesync.Damage) {
	var ids []mobilesync.FileID
	at := map[mobilesync.FileID][]int{}
	for i, d := range damage {
		if d.Domain != "" || len(d.Path) <= len(c.prefix) {
			continue
		}
		if id, ok := bodyID(d.Path[len(c.prefix):]); ok {
			ids = append(ids, id)
			at[id] = append(at[id], i)
		}
	}
	if len(ids) == 0 || c.record.Encrypted {
		return
	}
	names, _ := folder.Lookup(c.ctx, ids) // without names the paths still tell
	for id, n := range names {
		for _, i := range at[id] {
			damage[i].Domain, damage[i].RelativePath = n.Domain, n.RelativePath
		}
	}
}
