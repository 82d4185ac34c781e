package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
)

// Repaired is what Repair did.
type Repaired struct {
	ID       VersionID           `json:"id"`
	OK       bool                `json:"ok"` // a full check at the end found nothing
	Repaired []Replaced          `json:"repaired"`
	Left     []mobilesync.Damage `json:"left"` // what could not be repaired
}

// Replaced is a file that has its sealed bytes again.
type Replaced struct {
	Path         string    `json:"path"`
	Domain       string    `json:"domain,omitempty"`
	RelativePath string    `json:"relativePath,omitempty"`
	From         VersionID `json:"from"` // whose bytes they are
}

// Repair checks a version fully, and gives each damaged or missing file that its
// seal names the bytes that any version of the phone still has under the same
// SHA-256. A list of sums that is damaged itself is written anew when the files
// still give the seal. What nobody has any more stays as it is, marked and named,
// and so does what does not belong to the version.
//
// A file is replaced in one step by a new one that was read back from the disk
// first, so that a crash leaves the old or the new one. The version's other files,
// and those of other versions that share its damage, are not touched. It takes the
// phone's lock. The causes of its errors are those of Prune, and no-such-version.
func (s *Store) Repair(ctx context.Context, v Version, progress func(done, total int64)) (Repaired, error) {
	if err := s.here(); err != nil {
		return Repaired{}, err
	}
	p, err := s.preparePhone(ctx, v.UDID, TaskRepair, patient)
	if err != nil {
		return Repaired{}, err
	}
	defer p.close()
	there, err := p.versionNames()
	if err == nil && !there[string(v.ID)] {
		return Repaired{}, noVersion(v.ID, fs.ErrNotExist)
	}
	r := &repairer{phone: p, version: v, progress: progress, result: Repaired{ID: v.ID, Repaired: []Replaced{}, Left: []mobilesync.Damage{}}}
	if err == nil {
		err = r.run(ctx)
	}
	if err != nil {
		err = caused(fmt.Errorf("repair %s: %w", v.ID, p.blame(err)), s.path)
	}
	return r.result, err
}

// repairer is one repair under way.
type repairer struct {
	phone    *phone
	version  Version
	progress func(done, total int64)
	dir      tree.Dir // of the version
	bin      tree.Dir // trash/, where new files are made: recovery empties it
	result   Repaired
}

// repairName is what a new file is called before it has its place.
const repairName = "repair"

func (r *repairer) run(ctx context.Context) error {
	partial, err := r.phone.recover(ctx)
	if err != nil {
		return err
	}
	if r.dir, err = openPath(r.phone.dir, versionsName, string(r.version.ID)); err != nil {
		return err
	}
	defer r.dir.Close()
	if r.bin, err = r.phone.dir.OpenDir(trashName); err != nil {
		return err
	}
	defer r.bin.Close()
	report, err := r.check(ctx)
	if err != nil {
		return err
	}
	if !report.OK {
		err := r.mend(ctx, report, partial)
		// A disk that was too full for the whole of it gets the half back at once. What
		// cannot be removed, or is another computer's by now, is left to recovery.
		if err == nil || r.phone.check() == nil {
			_ = emptyDir(r.phone.dir, trashName)
		}
		if err != nil {
			return err
		}
		if report, err = r.check(ctx); err != nil {
			return err
		}
	}
	r.result.OK, r.result.Left = report.OK, report.Damage
	if !report.OK {
		if err := r.phone.store.gone(); err != nil {
			return err
		}
	}
	return r.phone.markChecked(r.version, report)
}

func (r *repairer) check(ctx context.Context) (Report, error) {
	return r.phone.verify(ctx, r.version, &verifier{level: Full, progress: r.progress})
}

// mend replaces what can be replaced.
func (r *repairer) mend(ctx context.Context, report Report, partial *state) error {
	rec, err := readRecord(r.dir, r.version.ID)
	if err != nil {
		return nil // without it nobody knows what the version was
	}
	if named(report, sumsName) {
		if err := r.resum(ctx, rec); err != nil {
			return err
		}
		if report, err = r.check(ctx); err != nil || named(report, sumsName) {
			return err // what the files should be is not known
		}
	}
	wanted, err := r.wanted(rec, report)
	if err != nil || len(wanted) == 0 {
		return err
	}
	donors, err := r.donors(ctx, wanted)
	if err != nil {
		return err
	}
	for _, w := range wanted {
		if err := r.replace(ctx, w, donors[w.sum]); err != nil {
			return err
		}
	}
	// What was being made on top of the damaged files still has them.
	if len(r.result.Repaired) > 0 && partial != nil && partial.Base == r.version.ID {
		return r.phone.trash(stagingName, string(partial.Version))
	}
	return nil
}

// named says whether a report names the file at path.
func named(r Report, path string) bool {
	return slices.ContainsFunc(r.Damage, func(d mobilesync.Damage) bool { return d.Path == path })
}

// wantedFile is a damaged file, and the bytes that it should have.
type wantedFile struct {
	mobilesync.Damage
	sum sum
}

// wanted looks up the sums of the damaged files.
func (r *repairer) wanted(rec record, report Report) ([]wantedFile, error) {
	damage := slices.Clone(report.Damage)
	slices.SortStableFunc(damage, func(a, b mobilesync.Damage) int { return strings.Compare(a.Path, b.Path) })
	damage = slices.CompactFunc(damage, func(a, b mobilesync.Damage) bool { return a.Path == b.Path })
	f, err := r.dir.Open(sumsName)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sums := newSumsReader(f)
	var list []wantedFile
	for _, d := range damage {
		if sums.seek(d.Path) {
			list = append(list, wantedFile{d, sums.sum})
		}
	}
	if seal, err := sums.finish(); err != nil || seal != rec.Seal {
		return nil, err // the check has named it
	}
	return list, nil
}

// donor is a file that was sealed with the wanted sum.
type donor struct {
	version VersionID
	path    string // begins with the version's <UDID>
}

// donors finds, in the seals of all versions, the files that should have the wanted
// bytes; the version's own may have them under another name.
func (r *repairer) donors(ctx context.Context, wanted []wantedFile) (map[sum][]donor, error) {
	found := map[sum][]donor{}
	for _, w := range wanted {
		found[w.sum] = nil
	}
	vs, err := r.phone.versions(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range vs {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if v.ours() {
			r.donorsIn(v, found)
		}
	}
	return found, nil
}

// donorsIn reads one seal. Whether it is to be trusted does not matter: what is taken
// is compared with the sum that is wanted.
func (r *repairer) donorsIn(v Version, found map[sum][]donor) {
	d, err := openPath(r.phone.dir, versionsName, string(v.ID))
	if err != nil {
		return
	}
	defer d.Close()
	f, err := d.Open(sumsName)
	if err != nil {
		return
	}
	defer f.Close()
	for sums := newSumsReader(f); sums.next(); {
		if list, ok := found[sums.sum]; ok && len(list) < maxDonors {
			found[sums.sum] = append(list, donor{v.ID, sums.path})
		}
	}
}

// maxDonors bounds the places that one sum is looked for at: empty files and icons
// are there thousands of times.
const maxDonors = 64

// replace gives one file its bytes again, from the first donor that has them. That
// none has is no error.
func (r *repairer) replace(ctx context.Context, w wantedFile, donors []donor) error {
	for _, d := range donors {
		if d.version == r.version.ID && d.path == w.Path {
			continue
		}
		ok, err := r.fetch(ctx, w, d)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := r.phone.check(); err != nil {
			return err
		}
		if err := r.place(w.Path); err != nil {
			return err
		}
		r.result.Repaired = append(r.result.Repaired, Replaced{w.Path, w.Domain, w.RelativePath, d.version})
		return nil
	}
	return nil
}

// fetch makes a new file of a donor's bytes, durable and read back. It answers false
// when the donor does not have them.
func (r *repairer) fetch(ctx context.Context, w wantedFile, d donor) (bool, error) {
	from, name, err := openParent(r.phone.dir, versionsName+"/"+string(d.version)+"/"+d.path)
	if err != nil {
		return false, nil
	}
	defer from.Close()
	in, err := from.Open(name)
	if err != nil {
		return false, nil
	}
	defer in.Close()
	if err := removeAll(r.bin, repairName); err != nil {
		return false, err
	}
	out, err := r.bin.Create(repairName)
	if err != nil {
		return false, err
	}
	src := &source{ctx: ctx, file: in}
	n, err := io.CopyBuffer(struct{ io.Writer }{out}, src, make([]byte, 256<<10))
	if err != nil {
		_ = out.Close()
		if src.err != nil && ctx.Err() == nil {
			return false, nil // the donor cannot be read
		}
		return false, err
	}
	if err := finishFile(out, n); err != nil {
		return false, err
	}
	got, _, err := hashFile(ctx, r.bin, repairName, make([]byte, 256<<10))
	return err == nil && got == w.sum, err
}

// source reads a file until ctx ends, and keeps its error apart from the writer's.
type source struct {
	ctx  context.Context
	file tree.File
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	n, err := s.file.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// openParent opens the folder that the slash path leads to, and gives the last name.
func openParent(d tree.Dir, path string) (tree.Dir, string, error) {
	i := strings.LastIndexByte(path, '/')
	at, err := openPath(d, strings.Split(path[:i], "/")...)
	return at, path[i+1:], err
}

// place puts the new file where it belongs, in one step. A folder in its place, and
// only that, has to be moved away before.
func (r *repairer) place(path string) error {
	names := strings.Split(path, "/")
	at, err := r.dir.OpenDir(names[0])
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	for _, n := range names[1 : len(names)-1] {
		next, err := ensureDir(at, n)
		if err == nil {
			err = at.Sync()
		}
		if err != nil {
			return err
		}
		_ = at.Close()
		at = next
	}
	name := names[len(names)-1]
	info, err := at.Lstat(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // what the disk says, and not what becomes of a rename over a folder
	}
	if err == nil && info.Dir() {
		if err := removeAll(r.bin, repairName+"-old"); err != nil {
			return err
		}
		if err := at.Rename(name, r.bin, repairName+"-old"); err != nil {
			return err
		}
	}
	if err := r.bin.Rename(repairName, at, name); err != nil {
		return err
	}
	if err := at.Sync(); err != nil {
		return err
	}
	return r.bin.Sync()
}

// resum writes the list of sums anew from the files, if that gives the seal.
func (r *repairer) resum(ctx context.Context, rec record) error {
	home, err := r.dir.OpenDir(rec.UDID)
	if err != nil {
		return nil
	}
	defer home.Close()
	if err := removeAll(r.bin, sumsName+freshSuffix); err != nil {
		return err
	}
	out, err := createSums(r.bin)
	if err != nil {
		return err
	}
	buf := make([]byte, 256<<10)
	folder, err := mobilesync.Open(r.phone.versionPath(r.version.ID), rec.UDID)
	if err == nil {
		defer folder.Close()
		_, err = folder.Check(ctx, rec.UDID, mobilesync.Options{Visit: func(f mobilesync.File) error {
			got, _, err := hashFile(ctx, home, f.Path, buf)
			if err != nil {
				return err
			}
			return out.add(rec.UDID+"/"+f.Path, got)
		}})
	}
	if err != nil {
		out.abort()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil // a file that cannot be read: the list is not known
	}
	seal, err := out.finish()
	if err != nil || seal != rec.Seal {
		return err
	}
	if info, err := r.dir.Lstat(sumsName); err == nil && info.Dir() {
		return nil // nobody puts a folder there but on purpose
	}
	if err := r.phone.check(); err != nil {
		return err
	}
	if err := r.bin.Rename(sumsName+freshSuffix, r.dir, sumsName); err != nil {
		return err
	}
	r.result.Repaired = append(r.result.Repaired, Replaced{Path: sumsName, From: r.version.ID})
	return r.dir.Sync()
}
