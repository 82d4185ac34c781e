package mobilesync

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// unknownSize stands for a row without a readable size.
const unknownSize int64 = -1

// body is what the manifest says about one body: 32 bytes, because there can be
// a million.
type body struct {
	id     FileID
	seen   bool
	padded bool  // encrypted: the body on disk is longer than size
	size   int64 // of the contents
}

// fits says whether a body on disk may have n bytes.
func (b *body) fits(n int64) bool {
	switch {
	case b.size == unknownSize:
		return true
	case b.padded && b.size == 0 && n == 0:
		return true // an empty file has a block of padding, or nothing
	case b.padded:
		return n == PaddedSize(b.size)
	}
	return n == b.size
}

// bodyTable holds the bodies by the first byte of their id, which is also their
// directory.
type bodyTable [256][]body

func (t *bodyTable) add(b body) { t[b.id[0]] = append(t[b.id[0]], b) }

func (t *bodyTable) sort() {
	for i := range t {
		slices.SortFunc(t[i], func(a, b body) int { return bytes.Compare(a.id[:], b.id[:]) })
	}
}

// find returns the body with this id, or nil. The table has to be sorted.
func (t *bodyTable) find(id FileID) *body {
	shard := t[id[0]]
	i, ok := slices.BinarySearchFunc(shard, id, func(b body, id FileID) int { return bytes.Compare(b.id[:], id[:]) })
	if !ok {
		return nil
	}
	return &shard[i]
}

// maxDepth bounds how deep a stray tree is followed.
const maxDepth = 32

// walk goes through the whole folder in the byte order of the paths, compares
// what it finds with the table, and then reports the bodies that were not found.
func (c *checker) walk(ctx context.Context, top []fs.DirEntry) error {
	for _, e := range top {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := c.top(ctx, e); err != nil {
			return err
		}
	}
	if c.rows {
		c.missing()
	}
	return nil
}

// top handles one entry of the phone's folder.
func (c *checker) top(ctx context.Context, e fs.DirEntry) error {
	name := e.Name()
	if shard, ok := parseShard(name); ok {
		if !e.IsDir() {
			c.damage(name, NotRegular)
			return nil
		}
		return c.shard(name, shard)
	}
	switch name {
	case InfoFile, StatusFile, ManifestFile, DatabaseFile:
		if e.Type().IsRegular() {
			return c.visit(name, e)
		}
		return nil // reported when it was read
	case SnapshotDir:
		c.damage(name, SnapshotLeft)
		if e.IsDir() {
			return c.strays(ctx, name, 1, false)
		}
		return nil
	case legacyDatabase:
		return c.visit(name, e)
	}
	if e.IsDir() {
		return c.strays(ctx, name, 1, true)
	}
	return c.stray(name, e, true)
}

// parseShard reads a name of two lower-case hex digits.
func parseShard(name string) (byte, bool) {
	if len(name) != 2 {
		return 0, false
	}
	hi, lo := unhex(name[0]), unhex(name[1])
	return hi<<4 | lo, hi < 16 && lo < 16
}

// shard compares one directory of bodies with the table.
func (c *checker) shard(name string, first byte) error {
	entries, err := c.ahead.collect(name)
	if err != nil {
		c.damage(name, Unreadable)
		return nil
	}
	for _, e := range entries {
		rel := name + "/" + e.Name()
		id, ok := ParseFileID(e.Name())
		if !ok || id[0] != first {
			if err := c.stray(rel, e, true); err != nil {
				return err
			}
			continue
		}
		if err := c.body(id, rel, e); err != nil {
			return err
		}
	}
	return nil
}

// body compares one body on disk with its row.
func (c *checker) body(id FileID, rel string, e fs.DirEntry) error {
	want := c.bodies.find(id)
	if want != nil {
		want.seen = true
	}
	fi, err := e.Info()
	switch {
	case err != nil:
		c.bodyDamage(id, Unreadable)
		return nil
	case !fi.Mode().IsRegular():
		c.bodyDamage(id, NotRegular)
		return nil
	case want == nil && c.rows:
		c.damage(rel, Stray)
		return c.visitInfo(rel, fi)
	}
	c.report.Files++
	c.report.Bytes += fi.Size()
	switch {
	case want == nil:
		if c.report.Encrypted && fi.Size()%16 != 0 {
			c.bodyDamage(id, WrongSize)
		}
	case want.size > 0 && fi.Size() == 0:
		c.bodyDamage(id, Empty)
	case !want.fits(fi.Size()):
		c.bodyDamage(id, WrongSize)
	}
	return c.visitInfo(rel, fi)
}

// missing reports the rows whose body was not found, and rows that are there
// twice.
func (c *checker) missing() {
	for i := range c.bodies {
		shard := c.bodies[i]
		for j, b := range shard {
			twin := j > 0 && shard[j-1].id == b.id
			switch {
			case twin:
				c.bodyDamage(b.id, DuplicateRow)
			case b.seen || j+1 < len(shard) && shard[j+1].id == b.id && shard[j+1].seen:
			case b.size > 0:
				c.bodyDamage(b.id, Missing)
			default:
				c.bodyDamage(b.id, MissingEmpty)
			}
		}
	}
}

// strays visits a directory that is not part of a backup. Each file in it is
// reported when report is set.
func (c *checker) strays(ctx context.Context, dir string, depth int, report bool) error {
	if depth > maxDepth {
		c.damage(dir, Unreadable)
		return nil
	}
	entries, err := c.list(dir)
	if err != nil {
		c.damage(dir, Unreadable)
		return nil
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rel := dir + "/" + e.Name()
		if e.IsDir() {
			err = c.strays(ctx, rel, depth+1, report)
		} else {
			err = c.stray(rel, e, report)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) stray(rel string, e fs.DirEntry, report bool) error {
	if !e.Type().IsRegular() {
		c.damage(rel, NotRegular)
		return nil
	}
	if report {
		c.damage(rel, Stray)
	}
	return c.visit(rel, e)
}

func (c *checker) visit(rel string, e fs.DirEntry) error {
	if c.options.Visit == nil {
		return nil
	}
	fi, err := e.Info()
	if err != nil {
		c.damage(rel, Unreadable)
		return nil
	}
	return c.visitInfo(rel, fi)
}

func (c *checker) visitInfo(rel string, fi fs.FileInfo) error {
	if c.options.Visit == nil || !fi.Mode().IsRegular() {
		return nil
	}
	return c.options.Visit(File{Path: rel, Info: fi})
}

// list lists a directory in the byte order that its paths have.
func (c *checker) list(dir string) ([]fs.DirEntry, error) {
	if c.options.List == nil {
		return c.folder.list(dir)
	}
	entries, err := c.options.List(dir)
	sortEntries(entries)
	return entries, err
}

// list reads a directory below the folder in the byte order that its paths have:
// a directory sorts as its name with a slash. Links are not followed: the walk
// only descends where the listing said "directory", and what has been exchanged
// for a link since is refused here.
func (f *Folder) list(dir string) ([]fs.DirEntry, error) {
	fi, err := f.root.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	if !fi.IsDir() {
		return nil, fmt.Errorf("list %s: not a directory", dir)
	}
	d, err := f.root.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	sortEntries(entries)
	return entries, nil
}

func sortEntries(entries []fs.DirEntry) {
	key := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(key(a), key(b)) })
}
