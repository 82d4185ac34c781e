package tree

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Faults wraps a file system, numbers its operations from 1, and makes chosen
// ones fail. A test runs a story once to learn how many operations it has, then
// again with each of them failing. A write that fails has written half.
//
// A Faults is safe for concurrent use, but the numbers mean something only when
// one goroutine works.
type Faults struct {
	under FS

	mu    sync.Mutex
	n     int
	plans []plan
	fired int
	log   []string
	acts  map[int]func()
}

type plan struct {
	from, to int // operations that fail, both included
	err      error
	late     bool     // fails after it was done
	verbs    []string // only these; nil is all
}

// NewFaults wraps under; nothing fails until FailAt or FailFrom.
func NewFaults(under FS) *Faults { return &Faults{under: under} }

// FailAt makes operation n fail with err, once.
func (f *Faults) FailAt(n int, err error) { f.add(plan{from: n, to: n, err: err}) }

// FailAfter makes operation n happen and fail with err all the same, as it does
// when the answer of a file server is lost. What opens something is not done.
func (f *Faults) FailAfter(n int, err error) { f.add(plan{from: n, to: n, err: err, late: true}) }

// FailFrom makes operation n and all after it fail with err, as a disk does that
// is full or gone, or a machine that lost its power.
func (f *Faults) FailFrom(n int, err error) { f.add(plan{from: n, to: forever, err: err}) }

// forever is beyond every operation.
const forever = int(^uint(0) >> 1)

// NeedRoom are the operations that a full disk refuses, as Log names them, and
// Change those that one refuses which can only be read.
var (
	NeedRoom = []string{"mkdir", "create", "write", "link", "clone", "symlink"}
	Change   = append([]string{"rename", "rename new", "remove", "date"}, NeedRoom...)
)

// FailFromOnly is FailFrom for the operations of these names; the others go on.
func (f *Faults) FailFromOnly(n int, err error, verbs []string) {
	f.add(plan{from: n, to: forever, err: err, verbs: verbs})
}

// At calls act before operation n is done: for what another process does meanwhile.
func (f *Faults) At(n int, act func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.acts == nil {
		f.acts = map[int]func(){}
	}
	f.acts[n] = act
}

func (f *Faults) add(p plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans = append(f.plans, p)
}

// Ops is how many operations there were.
func (f *Faults) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// Fired is how many of them failed by plan. A test whose plan never fired proved
// nothing.
func (f *Faults) Fired() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fired
}

// Log names the operations in order, as "create ab/cdef".
func (f *Faults) Log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.log...)
}

// op counts one operation and gives its planned error, and whether that comes
// after the operation was done.
func (f *Faults) op(verb, name string) (late bool, err error) {
	act, late, err := f.count(verb, name)
	if act != nil {
		act()
	}
	return late, err
}

func (f *Faults) count(verb, name string) (act func(), late bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	f.log = append(f.log, verb+" "+name)
	act = f.acts[f.n]
	for _, p := range f.plans {
		if f.n >= p.from && f.n <= p.to && (p.verbs == nil || slices.Contains(p.verbs, verb)) {
			f.fired++
			return act, p.late, fmt.Errorf("%s %s: %w", verb, name, p.err)
		}
	}
	return act, false, nil
}

// may counts an operation that a planned error always keeps from being done.
func (f *Faults) may(verb, name string) error {
	_, err := f.op(verb, name)
	return err
}

// do counts an operation and does it, if nothing is planned against that.
func (f *Faults) do(verb, name string, act func() error) error {
	late, planned := f.op(verb, name)
	if planned != nil && !late {
		return planned
	}
	if err := act(); err != nil {
		return err
	}
	return planned
}

// OpenDir opens a folder of the file system underneath.
func (f *Faults) OpenDir(path string) (Dir, error) {
	if err := f.may("open folder", path); err != nil {
		return nil, err
	}
	d, err := f.under.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &faultDir{f, d, ""}, nil
}

type faultDir struct {
	f   *Faults
	d   Dir
	rel string
}

func (d *faultDir) path(name string) string { return d.rel + name }

func (d *faultDir) OpenDir(name string) (Dir, error) {
	if err := d.f.may("open folder", d.path(name)); err != nil {
		return nil, err
	}
	sub, err := d.d.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &faultDir{d.f, sub, d.path(name) + "/"}, nil
}

func (d *faultDir) Mkdir(name string) error {
	return d.f.do("mkdir", d.path(name), func() error { return d.d.Mkdir(name) })
}

func (d *faultDir) Create(name string) (File, error) {
	return d.file("create", name, d.d.Create)
}

func (d *faultDir) Open(name string) (File, error) {
	return d.file("open", name, d.d.Open)
}

func (d *faultDir) file(verb, name string, open func(string) (File, error)) (File, error) {
	if err := d.f.may(verb, d.path(name)); err != nil {
		return nil, err
	}
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	return &faultFile{d.f, file, d.path(name)}, nil
}

func (d *faultDir) Lstat(name string) (Info, error) {
	if err := d.f.may("lstat", d.path(name)); err != nil {
		return Info{}, err
	}
	return d.d.Lstat(name)
}

func (d *faultDir) Names() ([]string, error) {
	if err := d.f.may("list", d.rel); err != nil {
		return nil, err
	}
	return d.d.Names()
}

func (d *faultDir) Rename(name string, to Dir, newName string) error {
	return d.pair("rename", name, to, newName, d.d.Rename)
}

func (d *faultDir) RenameNew(name string, to Dir, newName string) error {
	return d.pair("rename new", name, to, newName, d.d.RenameNew)
}

func (d *faultDir) Link(name string, to Dir, newName string) error {
	return d.pair("link", name, to, newName, d.d.Link)
}

func (d *faultDir) Clone(name string, to Dir, newName string) error {
	return d.pair("clone", name, to, newName, d.d.Clone)
}

func (d *faultDir) pair(verb, name string, to Dir, newName string, do func(string, Dir, string) error) error {
	t, ok := to.(*faultDir)
	if !ok {
		return errors.New(verb + ": folders of two file systems")
	}
	return d.f.do(verb, d.path(name)+" "+t.path(newName), func() error { return do(name, t.d, newName) })
}

func (d *faultDir) Symlink(target, name string) error {
	return d.f.do("symlink", d.path(name), func() error { return d.d.Symlink(target, name) })
}

func (d *faultDir) Readlink(name string) (string, error) {
	if err := d.f.may("readlink", d.path(name)); err != nil {
		return "", err
	}
	return d.d.Readlink(name)
}

func (d *faultDir) Remove(name string) error {
	return d.f.do("remove", d.path(name), func() error { return d.d.Remove(name) })
}

func (d *faultDir) Sync() error {
	return d.f.do("sync", d.rel, d.d.Sync)
}

func (d *faultDir) SyncVolume() error {
	return d.f.do("sync volume", d.rel, d.d.SyncVolume)
}

func (d *faultDir) Free() (int64, error) {
	if err := d.f.may("free", d.rel); err != nil {
		return 0, err
	}
	return d.d.Free()
}

// Close is not an operation: it always closes, or tests would leak.
func (d *faultDir) Close() error { return d.d.Close() }

type faultFile struct {
	f    *Faults
	file File
	path string
}

func (f *faultFile) Read(p []byte) (int, error) {
	if err := f.f.may("read", f.path); err != nil {
		return 0, err
	}
	return f.file.Read(p)
}

func (f *faultFile) Write(p []byte) (int, error) {
	if err := f.f.may("write", f.path); err != nil {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, err
	}
	return f.file.Write(p)
}

func (f *faultFile) Size() (int64, error) {
	if err := f.f.may("size", f.path); err != nil {
		return 0, err
	}
	return f.file.Size()
}

func (f *faultFile) SetModTime(t time.Time) error {
	return f.f.do("date", f.path, func() error { return f.file.SetModTime(t) })
}

func (f *faultFile) Sync() error {
	return f.f.do("sync", f.path, f.file.Sync)
}

// Close closes in any case, and may fail as well.
func (f *faultFile) Close() error {
	planned := f.f.may("close", f.path)
	if err := f.file.Close(); planned == nil {
		return err
	}
	return planned
}
