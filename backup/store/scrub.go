package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
)

// Scrubbed is what a scrub of one phone's versions did before it ended.
type Scrubbed struct {
	Files int   // read by this call, each inode once
	Bytes int64 // of them
	// Reports are the versions that were read to their end, at the level Full. They
	// are there only when the scrub came to its end.
	Reports []Report
	// Fresh are the reports of versions that nothing was known against before.
	Fresh []Report
}

// ScrubDue says when the versions of a phone should be read again: every so long
// after the one that was read through longest ago, or, when a scrub was
// interrupted, at once. It answers false for a phone without versions. A date in the
// future is a clock that jumped, and counts as due.
func (s *Store) ScrubDue(ctx context.Context, udid string, every time.Duration) (time.Time, bool, error) {
	p, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, caused(err, s.path)
	}
	defer p.close()
	vs, err := p.versions(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	known, err := p.readMarks()
	if err != nil {
		known.Versions = nil // what was read is not known: it is read again
	}
	now := s.options.Now()
	var due time.Time
	found := false
	for _, v := range vs {
		if !v.ours() {
			continue
		}
		last := v.Finished
		if read := known.Versions[v.ID].Read; read != nil {
			last = *read
		}
		next := last.Add(every)
		if last.After(now) {
			next = now
		}
		if !found || next.Before(due) {
			due, found = next, true
		}
	}
	if _, err := p.dir.Lstat(scrubName); err == nil && found {
		due = now
	}
	return due, found, nil
}

// Scrub reads every byte of all versions of a phone and compares it with their
// seals, as Verify at the level Full does, with these differences: it goes through
// all versions at once, so that a file which several share is read once; it reads at
// most rate bytes a second (0: as fast as it can); and when ctx ends it notes how far
// it came, and the next call goes on there. A version that appears in the meantime is
// left to the next scrub. Scrub takes no lock: a run may begin at any time.
//
// What it found is noted in the marks once it has come to the end. The error of a
// scrub that was interrupted is that of ctx.
func (s *Store) Scrub(ctx context.Context, udid string, rate int64) (Scrubbed, error) {
	p, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		return Scrubbed{}, nil
	}
	if err != nil {
		return Scrubbed{}, caused(err, s.path)
	}
	defer p.close()
	c := &scrubber{ctx: ctx, phone: p, pace: newPace(rate), buf: make([]byte, 256<<10)}
	defer c.close()
	err = c.run()
	if err != nil {
		err = caused(fmt.Errorf("scrub %s: %w", p.name, err), s.path)
	}
	return c.result, err
}

// scrubber is one scrub under way.
type scrubber struct {
	ctx    context.Context
	phone  *phone
	pace   *pace
	buf    []byte
	state  scrubState
	saved  time.Time
	parts  []*scrubbed
	result Scrubbed
}

// scrubbed is a version that is being read.
type scrubbed struct {
	version Version
	home    tree.Dir // <UDID>/
	file    tree.File
	sums    *sumsReader
	prefix  string
	more    bool // sums stands on a line
}

// at is the path of the line that sums stands on, below <UDID>/.
func (s *scrubbed) at() string { return strings.TrimPrefix(s.sums.path, s.prefix) }

func (s *scrubbed) next() { s.more = s.sums.next() }

func (c *scrubber) run() error {
	vs, err := c.phone.versions(c.ctx)
	if err != nil {
		return err
	}
	c.state = c.phone.scrubState(vs)
	for _, v := range vs {
		if slices.Contains(c.state.Versions, v.ID) {
			c.open(v)
		}
	}
	for {
		path, ok := c.nextPath()
		if !ok {
			break
		}
		if err := c.path(path); err != nil {
			return errors.Join(err, c.save())
		}
		if err := c.saveNow(); err != nil {
			return err
		}
	}
	return c.finish()
}

// open prepares a version. Of one whose seal cannot be read nothing can be compared;
// what is wrong with it is found at the end.
func (c *scrubber) open(v Version) {
	part := &scrubbed{version: v}
	c.parts = append(c.parts, part)
	d, err := openPath(c.phone.dir, versionsName, string(v.ID))
	if err != nil {
		return
	}
	defer d.Close()
	r, err := readRecord(d, v.ID)
	if err != nil {
		return
	}
	part.prefix = r.UDID + "/"
	if part.home, err = d.OpenDir(r.UDID); err != nil {
		part.home = nil
		return
	}
	if part.file, err = d.Open(sumsName); err != nil {
		part.file = nil
		return
	}
	part.sums = newSumsReader(part.file)
	for part.next(); part.more && c.state.covers(v.ID, part.at()); part.next() {
	}
}

// nextPath is the first path that any version has still to be read at.
func (c *scrubber) nextPath() (string, bool) {
	first, ok := "", false
	for _, part := range c.parts {
		if part.more && (!ok || part.at() < first) {
			first, ok = part.at(), true
		}
	}
	return first, ok
}

// verdict is what was read under one inode.
type verdict struct {
	sum sum
	err error
}

// path reads one path in every version that has it, each inode once.
func (c *scrubber) path(path string) error {
	read := map[tree.Inode]verdict{}
	for _, part := range c.parts {
		if !part.more || part.at() != path {
			continue
		}
		got, err := c.read(part, path, read)
		if err != nil {
			return err
		}
		if got.err != nil {
			// A drive that was pulled is no damage.
			if err := c.phone.store.gone(); err != nil {
				return err
			}
		}
		switch {
		case got.err != nil:
			c.state.add(part.version.ID, part.sums.path, kindOf(got.err))
		case got.sum != part.sums.sum:
			c.state.add(part.version.ID, part.sums.path, mobilesync.Changed)
		}
		c.state.cover(part.version.ID, path)
		part.next()
	}
	return nil
}

// read reads a file, unless its inode was read under another name. An error is the
// end of ctx; what is wrong with the file is in the verdict.
func (c *scrubber) read(part *scrubbed, path string, read map[tree.Inode]verdict) (verdict, error) {
	info, err := lstatPath(part.home, path)
	if err == nil && info.ID != (tree.Inode{}) {
		if v, ok := read[info.ID]; ok {
			return v, nil
		}
	}
	var v verdict
	var n int64
	v.sum, n, v.err = hashWith(c.ctx, part.home, path, c.buf, c.pace)
	if c.ctx.Err() != nil {
		return v, context.Cause(c.ctx)
	}
	c.result.Files++
	c.result.Bytes += n
	if err == nil && info.ID != (tree.Inode{}) {
		read[info.ID] = v
	}
	return v, nil
}

// lstatPath describes what is at the slash path below d.
func lstatPath(d tree.Dir, path string) (tree.Info, error) {
	at, name := d, path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		name = path[i+1:]
		sub, err := openPath(d, strings.Split(path[:i], "/")...)
		if err != nil {
			return tree.Info{}, err
		}
		defer sub.Close()
		at = sub
	}
	return at.Lstat(name)
}

// finish judges each version by what was read and by a quick check, and notes it.
func (c *scrubber) finish() error {
	for _, part := range c.parts {
		r, ok, err := c.judge(part.version)
		if err != nil {
			return errors.Join(err, c.save())
		}
		if !ok {
			continue // pruned in the meantime
		}
		if !r.OK {
			if err := c.phone.store.gone(); err != nil {
				return err
			}
		}
		_ = c.phone.markChecked(part.version, r)
		c.result.Reports = append(c.result.Reports, r)
		if !r.OK && part.version.Sound() {
			c.result.Fresh = append(c.result.Fresh, r)
		}
	}
	return removeAll(c.phone.dir, scrubName)
}

// judge answers false for a version that is not there any more.
func (c *scrubber) judge(v Version) (Report, bool, error) {
	r, err := c.phone.verify(c.ctx, v, &verifier{level: Quick, sealed: c.state.Damage[v.ID]})
	if err != nil {
		return r, false, err
	}
	there, err := c.phone.versionNames()
	if err != nil {
		return r, false, err
	}
	r.Level = Full
	return r, there[string(v.ID)], nil
}

func (c *scrubber) close() {
	for _, part := range c.parts {
		if part.home != nil {
			_ = part.home.Close()
		}
		if part.file != nil {
			_ = part.file.Close()
		}
	}
}
