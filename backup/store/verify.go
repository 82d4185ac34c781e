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
	Quick  Level = "quick"  // structure, rows against bodies, sizes, strays, the seal itself; reads no body
	Full   Level = "full"   // as quick, and every byte against SHA256SUMS
	Unlock Level = "unlock" // as full, and every body decrypted to what its row says
)

// weight orders the levels: a check can only clear what one of no more weight saw.
func (l Level) weight() int { return slices.Index([]Level{Quick, Full, Unlock}, l) }

// Report is what a check of a version found.
type Report struct {
	ID     VersionID           `json:"id"`
	Level  Level               `json:"level"`
	OK     bool                `json:"ok"`
	Files  int                 `json:"files"`
	Bytes  int64               `json:"bytes"`
	Damage []mobilesync.Damage `json:"damage"`
	// Odd lists what the password shows to have been odd already when the version
	// was made: rows without a body, bodies without a row. It is no damage.
	Odd []mobilesync.Damage `json:"odd,omitempty"`
	// Others are the versions that the same files are damaged in. They were noted as
	// damaged too.
	Others []VersionID `json:"others,omitempty"`
}

// Verify checks a version against its manifest and its seal. Damage stands in
// the report, each with the file's path, and its domain and name on the phone
// where the manifest can be read; what was odd already when the version was made
// is no damage. The result is noted in the marks: a damaged version is no base
// for the next backup. An error means that the check did not come to its end.
//
// progress, if not nil, is told how many bytes of how many were read, some times
// a second at most; a quick check reads none.
//
// The level Unlock reads an encrypted version with the keys that VerifyUnlocked is
// given; here, without any, it is an error that wraps mobilesync.ErrEncrypted.
func (s *Store) Verify(ctx context.Context, v Version, level Level, progress func(done, total int64)) (Report, error) {
	return s.verify(ctx, v, level, nil, progress)
}

// VerifyUnlocked is Verify at the level Unlock with the keys of the version's key
// bag, nil for a version that is not encrypted, which is then checked as at the
// level Full. Encrypted bodies are read twice: against the seal, and decrypted; both
// are in the progress.
func (s *Store) VerifyUnlocked(ctx context.Context, v Version, k *mobilesync.Keys, progress func(done, total int64)) (Report, error) {
	return s.verify(ctx, v, Unlock, k, progress)
}

func (s *Store) verify(ctx context.Context, v Version, level Level, k *mobilesync.Keys, progress func(done, total int64)) (Report, error) {
	p, err := s.openPhone(v.UDID)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = cause.New(cause.NoSuchVersion, cause.Evidence{"name": string(v.ID)}, err)
		}
		return Report{}, caused(err, s.path)
	}
	defer p.close()
	r, err := p.verify(ctx, v, &verifier{level: level, keys: k, progress: progress})
	if merr := p.settled(v.ID); merr != nil && (err != nil || !r.OK) {
		err = merr // whatever was seen was seen in between
	}
	if err != nil {
		return r, caused(fmt.Errorf("verify %s: %w", v.ID, err), s.path)
	}
	if !r.OK {
		// A drive that was pulled in the middle is no damage.
		if err := s.gone(); err != nil {
			return Report{}, fmt.Errorf("verify %s: %w", v.ID, err)
		}
	}
	// A store that cannot be written to can still be checked.
	_ = p.markChecked(v, r)
	r.Others, err = p.spread(ctx, v, r)
	return r, err
}

// settled says that a version is not on its way into another one, nor was: the error
// carries already-running.
func (p *phone) settled(id VersionID) error {
	all, err := p.merges()
	if err != nil {
		return err
	}
	for _, m := range all {
		if id == m.Base || id == m.Version {
			return cause.New(cause.AlreadyRunning, cause.Evidence{"udid": p.name, "path": p.store.path, "version": string(id)},
				errors.New(merging))
		}
	}
	return nil
}

// lasting says whether the damage is more than that something could not be read.
func lasting(r Report) bool {
	return slices.ContainsFunc(r.Damage, func(d mobilesync.Damage) bool { return d.Kind != mobilesync.Unreadable })
}

// markChecked notes what a check found.
func (p *phone) markChecked(v Version, r Report) error {
	now := p.store.options.Now().UTC()
	return p.changeMark(v.ID, func(m *mark) {
		if r.Level == Unlock && v.Encrypted {
			m.Opened = &now
		}
		if r.Level != Quick {
			m.Read = &now
		}
		if !r.OK {
			m.Damage, m.Damaged, m.DamageLevel = summary(r), &now, r.Level
			return
		}
		m.Verified = &now
		switch {
		case r.Level == Unlock && v.Encrypted:
			m.Proof = backup.ProofUnlocked
		case r.Level != Quick && m.Proof != backup.ProofUnlocked:
			m.Proof = backup.ProofFull
		}
		// A quick check cannot clear what a full one saw.
		if r.Level.weight() >= m.DamageLevel.weight() {
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
	keys     *mobilesync.Keys
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
	// odd is what was so from the beginning and only the password shows.
	odd []mobilesync.Damage
	few bool // so few bodies are missing that the version would have been published
	// current is set when sums stands on a line that the walk has not reached.
	current bool
}

func (p *phone) verify(ctx context.Context, v Version, c *verifier) (Report, error) {
	r := Report{ID: v.ID, Level: c.level}
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
	c.ctx, c.version, c.record, c.prefix = ctx, v, rec, rec.UDID+"/"
	if rec.spoiled {
		c.add(recordName, mobilesync.Changed)
	}
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
	if err := c.unlock(folder); err != nil {
		return r, err
	}
	report, err := folder.Check(c.ctx, c.record.UDID, mobilesync.Options{MaxDamage: maxOdd + mobilesync.DefaultMaxDamage, Visit: c.visit})
	if err != nil {
		return r, err
	}
	c.rest()
	r.Files, r.Bytes = report.Files, report.Bytes
	r.Damage = c.damage(report)
	if c.shown() {
		if r.Damage, err = c.contents(folder, r.Damage); err != nil {
			return r, err
		}
	}
	r.Odd = c.odd
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
	if c.level == Quick {
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
	c.tell(c.done)
	return nil
}

// tell tells the progress, now and then.
func (c *verifier) tell(done int64) {
	if now := time.Now(); c.progress != nil && now.Sub(c.told) > 200*time.Millisecond {
		c.told = now
		c.progress(done, max(done, c.total()))
	}
}

// total is about how many bytes will be read.
func (c *verifier) total() int64 {
	if c.shown() {
		return 2 * c.record.Bytes
	}
	return c.record.Bytes
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
	if c.progress != nil && c.level != Quick && !c.shown() {
		c.progress(c.done, c.done)
	}
}
