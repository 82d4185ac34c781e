package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// fileLimit is where FAT32 cuts a file: what an engine that looks at no answer of a
// write leaves there is not the whole of it.
const fileLimit = 1<<32 - 1

// sealer finds the sum of each file of a stage, in the order of the walk.
type sealer struct {
	ctx   context.Context
	stage *Stage
	home  tree.Dir // <UDID>/ of the stage
	out   *sumsWriter

	base     tree.Dir    // <UDID>/ of the base; nil without one
	baseFile tree.File   // its SHA256SUMS
	baseSums *sumsReader // nil without one
	prefix   string      // of the base's paths: its UDID and a slash
	copied   bool        // the base was not hard-linked: times differ

	// unproven is set when the engine cannot say that what it received arrived whole.
	unproven bool

	// strict is set when the phone left its own staging behind: then what was
	// reported for an id may be the sum of the body that was never moved.
	strict bool

	bodies *baseBodies // of base; nil without one

	upper tree.Dir // of a mirror: <UDID>/ without what shows through

	buf      []byte
	newBytes int64
	shows    int64 // bytes of what shows through
}

func (st *Stage) sealer(ctx context.Context, by backup.Proof) (*sealer, error) {
	s := &sealer{
		ctx: ctx, stage: st, unproven: by == "",
		copied: st.state.Strategy != tree.HardLink.String() && !st.mirrors(),
	}
	var err error
	if s.home, err = st.openHome(); err != nil {
		return nil, err
	}
	if st.mirrors() {
		if s.upper, err = st.dir.OpenDir(st.state.UDID); err != nil {
			s.close()
			return nil, err
		}
	}
	if _, err := s.home.Lstat(mobilesync.SnapshotDir); err == nil {
		s.strict = true
	}
	if err := s.openBase(); err != nil {
		s.close()
		return nil, err
	}
	if s.out, err = createSums(st.dir); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// openBase opens the seal of the base. A base that has gone since the stage
// began, as can happen to a partial, only means that more files are read.
func (s *sealer) openBase() error {
	id := s.stage.state.Base
	if id == "" {
		return nil
	}
	d, err := openPath(s.stage.phone.dir, versionsName, string(id))
	if err != nil {
		return nil
	}
	defer d.Close()
	r, err := readRecord(d, id)
	if err != nil {
		return nil
	}
	if s.base, err = d.OpenDir(r.UDID); err != nil {
		return nil
	}
	if s.baseFile, err = d.Open(sumsName); err != nil {
		return nil
	}
	s.prefix = r.UDID + "/"
	s.baseSums = newSumsReader(s.baseFile)
	s.bodies = describeBase(s.ctx, s.base)
	return nil
}

func (s *sealer) close() {
	if s.bodies != nil {
		s.bodies.close()
	}
	for _, c := range []io.Closer{s.home, s.upper, s.base, s.baseFile} {
		if c != nil {
			_ = c.Close()
		}
	}
}

// visit seals one file.
func (s *sealer) visit(f mobilesync.File) error {
	sum, err := s.sumOf(f)
	if err != nil {
		return err
	}
	return s.out.add(s.stage.state.UDID+"/"+f.Path, sum)
}

func (s *sealer) sumOf(f mobilesync.File) (sum, error) {
	if shows, err := s.showsThrough(f); err != nil || shows {
		if err != nil {
			return sum{}, err
		}
		return s.sumBelow(f)
	}
	id, isBody := bodyID(f.Path)
	if !isBody {
		return s.read(f.Path)
	}
	based := s.isBases(f)
	if based && f.Info.ModTime().Before(s.stage.state.Mark) {
		return s.baseSums.sum, nil
	}
	s.newBytes += f.Info.Size()
	if s.unproven && f.Info.Size() == fileLimit {
		return sum{}, cause.New(cause.DestinationFileLimit, cause.Evidence{"file": f.Path},
			fmt.Errorf("%s: ends at the %d bytes that are the most a file can have on a FAT32 drive", f.Path, int64(fileLimit)))
	}
	if e, ok := s.stage.fresh.find(id); ok && e.n == f.Info.Size() && !s.strict {
		return e.sum, nil
	}
	got, err := s.read(f.Path)
	if err != nil {
		return got, err
	}
	// The base's own file, under a second name, and not what it was.
	if based && !s.copied && got != s.baseSums.sum {
		return got, s.stage.baseDamaged(f.Path)
	}
	// What an earlier run received is read again: the disk had it in the meantime.
	if e, ok := s.stage.carried.find(id); ok && e.n == f.Info.Size() && e.sum != got && !s.strict {
		return got, cause.New(cause.HostIOError, cause.Evidence{"file": f.Path}, fmt.Errorf("%s: %w", f.Path, errReread))
	}
	return got, nil
}

// showsThrough says whether a file of a mirror is the base's own.
func (s *sealer) showsThrough(f mobilesync.File) (bool, error) {
	if s.upper == nil {
		return false, nil
	}
	_, err := lstatPath(s.upper, f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}

// sumBelow takes the base's word for a file that is older than the stage, and holds
// any other against it.
func (s *sealer) sumBelow(f mobilesync.File) (sum, error) {
	s.shows += f.Info.Size()
	based := s.isBases(f)
	if based && f.Info.ModTime().Before(s.stage.state.Mark) {
		return s.baseSums.sum, nil
	}
	sealed := s.baseSums != nil && s.baseSums.path == s.prefix+f.Path
	got, err := s.read(f.Path)
	if err == nil && sealed && got != s.baseSums.sum {
		err = s.stage.baseDamaged(f.Path)
	}
	return got, err
}

// bodyID recognises xx/<id>.
func bodyID(path string) (mobilesync.FileID, bool) {
	if len(path) != 43 || path[2] != '/' || path[:2] != path[3:5] {
		return mobilesync.FileID{}, false
	}
	return mobilesync.ParseFileID(path[3:])
}

// isBases says whether a body is the base's, by all that can be seen without reading
// it: the base's seal has it, and it has the length, and if it is hard-linked the
// time, of the base's own file. When it is also older than the end of the clone,
// nothing has changed it since.
func (s *sealer) isBases(f mobilesync.File) bool {
	if s.baseSums == nil || !s.baseSums.seek(s.prefix+f.Path) {
		return false
	}
	shard, name, _ := strings.Cut(f.Path, "/")
	was, ok := s.bodies.find(shard, name)
	return ok && was.size == f.Info.Size() && (s.copied || was.time.Equal(f.Info.ModTime()))
}

// baseDamaged notes that a file of the base was changed while the stage shared it.
// Such a stage is not published, and the next one has another base.
func (st *Stage) baseDamaged(path string) error {
	base := st.state.Base
	now := st.phone.store.options.Now().UTC()
	err := fmt.Errorf("%s: changed on the disk since version %s was checked", path, base)
	merr := st.phone.changeMark(base, func(m *mark) {
		m.Damage, m.Damaged, m.DamageLevel = path+": "+string(mobilesync.Changed), &now, Full
	})
	return cause.New(cause.HostIOError, cause.Evidence{"file": path}, errors.Join(err, merr))
}

// read hashes a file of the stage.
func (s *sealer) read(path string) (sum, error) {
	if s.buf == nil {
		s.buf = make([]byte, 256<<10)
	}
	got, _, err := hashFile(s.ctx, s.home, path, s.buf)
	return got, err
}

// hashFile reads the regular file at the slash path below d and returns its
// SHA-256 and its length.
func hashFile(ctx context.Context, d tree.Dir, path string, buf []byte) (sum, int64, error) {
	return hashWith(ctx, d, path, buf, nil)
}

// hashWith is hashFile within a pace, and from the drive itself, when there is a
// pace.
func hashWith(ctx context.Context, d tree.Dir, path string, buf []byte, p *pace) (got sum, n int64, err error) {
	at, name := d, path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		name = path[i+1:]
		if at, err = openPath(d, strings.Split(path[:i], "/")...); err != nil {
			return got, 0, err
		}
		defer at.Close()
	}
	f, err := at.Open(name)
	if err != nil {
		return got, 0, err
	}
	defer f.Close()
	if p != nil {
		tree.ReadFromDrive(f)
		defer tree.ReadFromDrive(f)
	}
	h := sha256.New()
	for {
		if ctx.Err() != nil {
			return got, n, context.Cause(ctx)
		}
		k, err := f.Read(buf)
		h.Write(buf[:k])
		n += int64(k)
		if err := p.wait(ctx, k); err != nil {
			return got, n, err
		}
		if errors.Is(err, io.EOF) {
			return sum(h.Sum(nil)), n, nil
		}
		if err != nil {
			return got, n, fmt.Errorf("read %s: %w", path, err)
		}
	}
}
