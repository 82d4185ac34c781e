package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
)

// formatNumber is the format that this package writes; it reads all lower ones.
const formatNumber = 1

// Options of a store. The zero value is good for production.
type Options struct {
	// ID is the id that FORMAT must have; "" takes any. It tells another disk at
	// the same path.
	ID string
	// Reserve is how many bytes of the volume must stay free.
	Reserve int64
	// AllowUnsafe opens a destination that other users could change.
	AllowUnsafe bool
	// ReadOnly makes nothing: a destination without a store is one without
	// versions. What is made of a version's folder by the methods that change it
	// is not affected.
	ReadOnly bool
	// Mirror asks for one version only where files cannot be shared: the next one
	// replaces the one before, body by body. Elsewhere it changes nothing.
	Mirror bool
	// Replace has a mirror's new version take the place of the one before also when it
	// is in doubt: a person said so. A pinned one stays all the same.
	Replace bool
	// Copying, if not nil, is told how much of how much of an earlier version was
	// copied, some times a second, where that has to be.
	Copying func(done, total int64)
	// FS is the seam for tests; nil is the host's file system.
	FS tree.FS
	// Now is the clock for ids and ages; nil is time.Now.
	Now func() time.Time
	// Host is this computer, for others that write to the same store.
	Host Host
	// Waiting is told, when another computer may still write to a phone's folder, who
	// that is and for how long it is looked at; nil for nobody. It is called by what
	// waits: Begin, Prune, Repair and Hold.
	Waiting func(h Holder, long time.Duration)

	// boot plays another start of the system in tests; "" is the real one.
	boot string
	// leaseEvery and leaseStale are other times than the constants of these names, and
	// noLocks is a file system without OS locks, in tests.
	leaseEvery, leaseStale time.Duration
	noLocks                bool
}

// Store is an open destination. Its methods may be used by several goroutines.
type Store struct {
	options Options
	path    string // DEST, absolute
	id      string
	system  string // this start of the system, without the mount; "" where it does not tell
	dest    tree.Dir
	home    tree.Dir // DEST/.homeport; nil in a destination that is only read and has none

	// marks guards the reading and writing of marks.json in this process.
	marks sync.Mutex

	leftMu sync.Mutex
	left   []Left
}

// Open opens the store in dir, and makes .homeport and FORMAT in a destination
// that has none. It never makes dir itself: a drive that is not mounted must stay
// missing. It recovers nothing; see Recover.
//
// The causes of its errors are destination-missing (also when Options.ID does not
// fit), destination-not-writable, destination-unsafe (others could change it, a
// .homeport that is not ours, a folder inside another backup) and store-too-new.
func Open(dir string, o Options) (*Store, error) {
	if o.FS == nil {
		o.FS = tree.OS{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open destination: %w", err)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, cause.New(cause.DestinationMissing, cause.Evidence{"path": path}, err)
	case err != nil:
		return nil, caused(err, path)
	case !info.IsDir():
		return nil, cause.New(cause.DestinationNotWritable, cause.Evidence{"path": path}, errors.New("open destination: not a folder"))
	}
	if why := whyNested(path); why != "" {
		return nil, unsafe(path, why, errors.New("open destination: "+why))
	}
	if why := whyUnsafe(path); why != "" && !o.AllowUnsafe {
		return nil, unsafe(path, why, errors.New("open destination: "+why))
	}
	system := o.boot
	if o.boot == "" {
		o.boot, system = bootID(path), systemBoot()
	}
	o.Host = o.Host.filled()
	if o.leaseEvery == 0 {
		o.leaseEvery, o.leaseStale = leaseEvery, leaseStale
	}
	s := &Store{options: o, path: path, system: system}
	if err := s.open(); err != nil {
		_ = s.Close()
		return nil, caused(err, path)
	}
	return s, nil
}

// Create is Open for a destination that a person just named: it makes dir, its
// last component only, when it is missing. What it made and may not use goes away
// again.
func Create(dir string, o Options) (*Store, error) {
	if why := whyNested(filepath.Dir(dir)); why != "" {
		return nil, unsafe(dir, why, errors.New("create destination: "+why))
	}
	err := os.Mkdir(dir, 0o700)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, cause.New(cause.DestinationMissing, cause.Evidence{"path": dir}, err)
	case err != nil && !errors.Is(err, fs.ErrExist):
		return nil, caused(err, dir)
	}
	s, oerr := Open(dir, o)
	if oerr != nil && err == nil {
		_ = os.Remove(dir) // empty, or not ours any more
	}
	return s, oerr
}

// Close lets go of the destination. Stages that are open must be ended first.
func (s *Store) Close() error {
	for _, d := range []tree.Dir{s.home, s.dest} {
		if d != nil {
			_ = d.Close()
		}
	}
	return nil
}

// Path returns the absolute path of the destination.
func (s *Store) Path() string { return s.path }

// ID returns the id in FORMAT.
func (s *Store) ID() string { return s.id }

// Free returns how many bytes a run may use: what the volume gives this user,
// less the reserve; never below 0. It is an error, destination-missing, when the path
// does not lead to this store any more: the drive was pulled, or another was put in
// its place, and what is still written goes where nobody will find it.
func (s *Store) Free(context.Context) (int64, error) {
	if err := s.gone(); err != nil {
		return 0, err
	}
	n, err := s.dest.Free()
	if err != nil {
		return 0, caused(err, s.path)
	}
	return max(0, n-s.options.Reserve), nil
}

// CheckWritable proves that files can be made in the store, by making one. Its
// errors carry the cause.
func (s *Store) CheckWritable() error {
	if err := s.here(); err != nil {
		return err
	}
	name := "probe-" + newUUID()
	f, err := s.home.Create(name)
	if err != nil {
		return caused(err, s.path)
	}
	_, err = f.Write([]byte("probe"))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if rerr := s.home.Remove(name); err == nil {
		err = rerr
	}
	return caused(err, s.path)
}

// here proves that the path still leads to this store: a drive may have been
// pulled, and another put in its place, since Open.
func (s *Store) here() error {
	d, err := s.options.FS.OpenDir(s.path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return cause.New(cause.DestinationMissing, cause.Evidence{"path": s.path}, err)
		}
		return caused(err, s.path)
	}
	defer d.Close()
	home, err := d.OpenDir(homeName)
	if err == nil {
		defer home.Close()
		var id string
		if id, err = readFormat(home); err == nil && id == s.id {
			return nil
		}
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return cause.New(cause.DestinationMissing, cause.Evidence{"path": s.path},
			errors.New("open destination: the store is no longer at this path"))
	}
	return caused(err, s.path)
}

// gone is here for a store that may have been opened without knowing its id, of
// which nothing can be told.
func (s *Store) gone() error {
	if s.id == "" {
		return nil
	}
	return s.here()
}
