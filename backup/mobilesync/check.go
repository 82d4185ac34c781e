package mobilesync

import (
	"context"
	"errors"
	"io/fs"
)

// DefaultMaxDamage is how many damages a report lists when the options do not
// say: enough for a person, and bounded when every file is gone.
const DefaultMaxDamage = 1000

// Options of a check.
type Options struct {
	// MaxDamage bounds the list in the report; 0 means DefaultMaxDamage.
	MaxDamage int
	// Visit, when set, is called for each regular file below the phone's folder,
	// in the byte order of their slash paths, from one goroutine. Its error ends
	// the check.
	Visit func(File) error
	// List, when set, lists a folder at a slash path below the phone's, "." for that
	// itself, in any order and from several goroutines: for a folder of which a part
	// lies elsewhere. The lists and
	// property lists are in the folder itself all the same.
	List func(dir string) ([]fs.DirEntry, error)
}

// File is a regular file below the phone's folder, as lstat sees it.
type File struct {
	Path string // slash path inside the phone's folder
	Info fs.FileInfo
}

// Check compares the folder with what it says about itself, without reading a
// body: the property lists, the phone's state and identity, each row's id, a body
// of the right length for each file, and nothing besides. Of an encrypted folder
// that was not unlocked it checks the names and that lengths are whole blocks.
//
// What is wrong with the backup stands in the report. An error means that the
// check itself did not come to its end: ctx, Visit, or a folder that cannot be
// listed. Memory is 32 bytes for each row, whatever the rows hold, and 20 MB.
func (f *Folder) Check(ctx context.Context, udid string, o Options) (Report, error) {
	if o.MaxDamage == 0 {
		o.MaxDamage = DefaultMaxDamage
	}
	c := &checker{folder: f, options: o}
	top, err := c.list(".")
	if err != nil {
		return c.report, err
	}
	c.ahead = listAhead(c.list, top, readAhead)
	defer c.ahead.stop()
	c.checkPlists(udid)
	if err := c.readRows(ctx); err != nil {
		return c.report, err
	}
	if err := c.walk(ctx, top); err != nil {
		return c.report, err
	}
	if err := c.nameDamage(ctx); err != nil {
		return c.report, err
	}
	return c.report, nil
}

// checker is one check under way.
type checker struct {
	folder  *Folder
	options Options
	report  Report
	// rows says that the table of bodies is complete, so that a body which is
	// not in it is a stray.
	rows   bool
	bodies bodyTable
	ahead  *ahead
	// named holds the places in report.Damage whose domain and path have still
	// to be looked up.
	named map[int]FileID
}

// damage notes that something is wrong with the file at the slash path rel.
func (c *checker) damage(rel string, k Kind) {
	if c.report.count(k, c.options.MaxDamage) {
		c.report.Damage = append(c.report.Damage, Damage{Path: c.folder.udid + "/" + rel, Kind: k})
	}
}

// bodyDamage notes that something is wrong with the body of id; its domain and
// path are looked up at the end.
func (c *checker) bodyDamage(id FileID, k Kind) {
	if c.report.count(k, c.options.MaxDamage) {
		if c.named == nil {
			c.named = map[int]FileID{}
		}
		c.named[len(c.report.Damage)] = id
		c.report.Damage = append(c.report.Damage, Damage{Path: c.folder.udid + "/" + id.Body(), Kind: k})
	}
}

// rowDamage notes that something is wrong with a row itself.
func (c *checker) rowDamage(r *rawRow, k Kind) {
	if c.report.count(k, c.options.MaxDamage) {
		c.report.Damage = append(c.report.Damage, Damage{
			Path: c.folder.udid + "/" + DatabaseFile, Domain: r.domain, RelativePath: r.path, Kind: k,
		})
	}
}

// fileDamage notes what a *FileError says.
func (c *checker) fileDamage(err error) {
	if fe, ok := errors.AsType[*FileError](err); ok {
		c.damage(fe.Name, fe.Kind)
	}
}

func (c *checker) checkPlists(udid string) {
	if c.folder.tooOld() {
		c.damage(legacyDatabase, TooOld)
	}
	status, err := c.folder.Status()
	switch {
	case err != nil:
		c.fileDamage(err)
	case !status.Finished():
		c.damage(StatusFile, NotFinished)
	case status.BackupState != BackupNew:
		c.damage(StatusFile, StatusOld)
	}
	info, err := c.folder.Info()
	if err != nil {
		c.fileDamage(err)
	} else {
		c.checkUDID(InfoFile, udid, info.TargetIdentifier, info.UniqueIdentifier)
	}
	manifest, err := c.folder.Manifest()
	if err != nil {
		c.fileDamage(err)
		return
	}
	c.checkUDID(ManifestFile, udid, manifest.Lockdown.UniqueDeviceID)
	c.report.Encrypted = manifest.IsEncrypted
}

// checkUDID compares the identifiers that a file holds with the phone's. A key
// that is not there says nothing.
func (c *checker) checkUDID(name, want string, got ...string) {
	for _, g := range got {
		if g != "" && !sameUDID(g, want) {
			c.damage(name, WrongUDID)
			return
		}
	}
}

// readRows fills the table of bodies from Manifest.db.
func (c *checker) readRows(ctx context.Context) error {
	encrypted, err := c.folder.EncryptedDatabase()
	if err != nil {
		c.fileDamage(err)
		return nil
	}
	if c.report.Encrypted != encrypted && !c.folder.Unlocked() {
		// Manifest.plist and the database contradict each other, so neither says
		// how long bodies have to be.
		c.report.Encrypted = false
		c.damage(DatabaseFile, Unreadable)
		return nil
	}
	if encrypted {
		if fi, err := c.folder.lstat(DatabaseFile); err == nil && fi.Size()%16 != 0 {
			c.damage(DatabaseFile, WrongSize)
			return nil
		}
	}
	if encrypted && !c.folder.Unlocked() {
		return nil
	}
	err = c.folder.rawRows(ctx, func(r *rawRow) error {
		c.row(r)
		return nil
	})
	if _, ok := errors.AsType[*FileError](err); ok {
		c.fileDamage(err)
		return nil
	}
	c.rows = err == nil
	c.bodies.sort()
	return err
}

func (c *checker) row(r *rawRow) {
	c.report.Rows++
	id, ok := ParseFileID(r.id)
	if !ok || id != NewFileID(r.domain, r.path) {
		c.rowDamage(r, WrongID)
		if !ok {
			return
		}
	}
	if r.flags&7 != FlagFile {
		return
	}
	b := body{id: id, size: unknownSize}
	if r.blob != nil {
		m, err := DecodeMBFile(r.blob)
		if err != nil {
			c.rowDamage(r, BadRow)
		} else {
			b.size, b.padded = m.Size, m.EncryptionKey != nil
		}
	}
	c.bodies.add(b)
}

// nameDamage looks up which of the phone's files the damaged bodies are.
func (c *checker) nameDamage(ctx context.Context) error {
	if len(c.named) == 0 || !c.rows {
		return nil
	}
	d, err := c.folder.openDatabase(ctx)
	if err != nil {
		return ctx.Err()
	}
	defer d.close()
	for i, id := range c.named {
		c.report.Damage[i].Domain, c.report.Damage[i].RelativePath = d.find(ctx, id)
	}
	return ctx.Err()
}
