package treetest

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"homeport/backup/tree"
)

// Disk is a file system over a folder of the host that remembers what was made
// durable. Everything that changes the folder must go through it. It is safe for
// concurrent use; operations happen one at a time.
type Disk struct {
	path string

	mu    sync.Mutex
	root  *node
	begun map[*node]content // what was durable at the beginning
	log   []op
}

// node is a file, a folder or a link, under whatever names.
type node struct {
	kind   byte // 'f', 'd' or 'l'
	target string
	names  map[string]*node // of a folder, now
	data   []byte           // of a file, now
	mtime  time.Time
}

// content is what a node holds at one moment; it is not changed afterwards.
type content struct {
	names map[string]*node
	data  []byte
	mtime time.Time
}

// op is one operation that changed something or made something durable.
type op struct {
	verb string // "name", "unname", "move", "write", "date", "sync", "sync all"
	what string // for people

	dir, to     *node // folders
	name, after string
	node        *node
	off         int
	data        []byte
	mtime       time.Time
}

// NewDisk takes what is in the folder at path as durable.
func NewDisk(path string) (*Disk, error) {
	d := &Disk{path: path, begun: map[*node]content{}}
	known := map[string]*node{}
	root, err := d.load(path, known)
	d.root = root
	return d, err
}

// load reads a folder. Two names of one file become one node.
func (d *Disk) load(path string, known map[string]*node) (*node, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	n := &node{kind: 'f', mtime: info.ModTime()}
	if id := inode(info); id != "" && !info.IsDir() {
		if known[id] != nil {
			return known[id], nil
		}
		known[id] = n
	}
	switch {
	case info.IsDir():
		n.kind, n.names = 'd', map[string]*node{}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if n.names[e.Name()], err = d.load(filepath.Join(path, e.Name()), known); err != nil {
				return nil, err
			}
		}
	case info.Mode()&os.ModeSymlink != 0:
		n.kind = 'l'
		if n.target, err = os.Readlink(path); err != nil {
			return nil, err
		}
	default:
		if n.data, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	d.begun[n] = content{maps.Clone(n.names), n.data, n.mtime}
	return n, nil
}

// Points is how many operations have changed the disk or made it durable. Crash
// takes a point from 0, before the first of them, to Points.
func (d *Disk) Points() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.log)
}

// Point names the operation before a point, as "3: write versions/x".
func (d *Disk) Point(n int) string {
	if n == 0 {
		return "0: nothing"
	}
	return fmt.Sprintf("%d: %s", n, d.log[n-1].what)
}

// OpenDir opens the folder of the disk, or one below it.
func (d *Disk) OpenDir(path string) (tree.Dir, error) {
	rel, err := filepath.Rel(d.path, path)
	if err != nil || strings.HasPrefix(rel, "..") {
		return nil, fmt.Errorf("open folder %s: not on this disk", path)
	}
	dir, err := tree.OS{}.OpenDir(path)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.root
	for _, name := range strings.Split(filepath.ToSlash(rel), "/") {
		if name != "." && n != nil {
			n = n.names[name]
		}
	}
	if n == nil {
		_ = dir.Close()
		return nil, fmt.Errorf("open folder %s: it was not made through the disk", path)
	}
	return &diskDir{d, dir, n, filepath.ToSlash(rel)}, nil
}

// do makes one operation and, if it went well, writes it down.
func (d *Disk) do(real func() error, note func() op) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := real(); err != nil {
		return err
	}
	o := note()
	d.apply(o)
	d.log = append(d.log, o)
	return nil
}

// apply does to the nodes what was done to the folder.
func (d *Disk) apply(o op) {
	switch o.verb {
	case "name":
		o.dir.names[o.name] = o.node
	case "unname":
		delete(o.dir.names, o.name)
	case "move":
		delete(o.dir.names, o.name)
		o.to.names[o.after] = o.node
	case "write":
		o.node.data = put(o.node.data, o.off, o.data)
		o.node.mtime = o.mtime
	case "date":
		o.node.mtime = o.mtime
	}
}

// put writes into a copy: what a log or an image holds stays as it was.
func put(old []byte, off int, data []byte) []byte {
	fresh := make([]byte, max(len(old), off+len(data)))
	copy(fresh, old)
	copy(fresh[off:], data)
	return fresh
}

type diskDir struct {
	d    *Disk
	dir  tree.Dir
	node *node
	path string
}

func (x *diskDir) at(name string) string { return x.path + "/" + name }

func (x *diskDir) OpenDir(name string) (tree.Dir, error) {
	x.d.mu.Lock()
	defer x.d.mu.Unlock()
	sub, err := x.dir.OpenDir(name)
	if err != nil {
		return nil, err
	}
	n := x.node.names[name]
	if n == nil {
		_ = sub.Close()
		return nil, fmt.Errorf("open folder %s: it was not made through the disk", x.at(name))
	}
	return &diskDir{x.d, sub, n, x.at(name)}, nil
}

// made is a new name for a node.
func (x *diskDir) made(verb, name string, n *node) op {
	return op{verb: "name", what: verb + " " + x.at(name), dir: x.node, name: name, node: n}
}

func (x *diskDir) Mkdir(name string) error {
	return x.d.do(func() error { return x.dir.Mkdir(name) },
		func() op { return x.made("mkdir", name, &node{kind: 'd', names: map[string]*node{}}) })
}

func (x *diskDir) Create(name string) (tree.File, error) {
	f := &diskFile{dir: x, name: name, node: &node{kind: 'f'}}
	err := x.d.do(func() (err error) {
		if f.file, err = x.dir.Create(name); err == nil {
			f.node.mtime = x.date(name)
		}
		return err
	}, func() op { return x.made("create", name, f.node) })
	if err != nil {
		return nil, err
	}
	return f, nil
}

// date is the time of change that the host gave to a file.
func (x *diskDir) date(name string) time.Time {
	info, err := x.dir.Lstat(name)
	if err != nil {
		return time.Now() // it has another name or none
	}
	return info.ModTime
}

func (x *diskDir) Rename(name string, to tree.Dir, newName string) error {
	return x.move(name, to, newName, x.dir.Rename)
}

func (x *diskDir) RenameNew(name string, to tree.Dir, newName string) error {
	return x.move(name, to, newName, x.dir.RenameNew)
}

func (x *diskDir) move(name string, to tree.Dir, newName string, do func(string, tree.Dir, string) error) error {
	t := to.(*diskDir)
	return x.d.do(func() error { return do(name, t.dir, newName) }, func() op {
		return op{
			verb: "move", what: "rename " + x.at(name) + " to " + t.at(newName),
			dir: x.node, name: name, to: t.node, after: newName, node: x.node.names[name],
		}
	})
}

func (x *diskDir) Link(name string, to tree.Dir, newName string) error {
	t := to.(*diskDir)
	return x.d.do(func() error { return x.dir.Link(name, t.dir, newName) },
		func() op { return t.made("link", newName, x.node.names[name]) })
}

// Clone is not written down as what a crash may take apart: the bytes of the copy
// are as durable as its name.
func (x *diskDir) Clone(name string, to tree.Dir, newName string) error {
	t := to.(*diskDir)
	return x.d.do(func() error { return x.dir.Clone(name, t.dir, newName) }, func() op {
		n := &node{kind: 'f', data: x.node.names[name].data, mtime: t.date(newName)}
		x.d.begun[n] = content{data: n.data, mtime: n.mtime}
		return t.made("clone", newName, n)
	})
}

func (x *diskDir) Symlink(target, name string) error {
	return x.d.do(func() error { return x.dir.Symlink(target, name) },
		func() op { return x.made("symlink", name, &node{kind: 'l', target: target}) })
}

func (x *diskDir) Remove(name string) error {
	return x.d.do(func() error { return x.dir.Remove(name) },
		func() op { return op{verb: "unname", what: "remove " + x.at(name), dir: x.node, name: name} })
}

func (x *diskDir) Sync() error {
	return x.d.do(x.dir.Sync, func() op { return op{verb: "sync", what: "sync " + x.path, node: x.node} })
}

func (x *diskDir) SyncVolume() error {
	return x.d.do(x.dir.SyncVolume, func() op { return op{verb: "sync all", what: "sync volume"} })
}

func (x *diskDir) Open(name string) (tree.File, error)  { return x.dir.Open(name) }
func (x *diskDir) Lstat(name string) (tree.Info, error) { return x.dir.Lstat(name) }
func (x *diskDir) Names() ([]string, error)             { return x.dir.Names() }
func (x *diskDir) Readlink(name string) (string, error) { return x.dir.Readlink(name) }
func (x *diskDir) Free() (int64, error)                 { return x.dir.Free() }
func (x *diskDir) Close() error                         { return x.dir.Close() }

// diskFile is a file that is being written.
type diskFile struct {
	dir  *diskDir
	file tree.File
	name string
	node *node
	off  int
}

func (f *diskFile) Read(p []byte) (int, error) { return f.file.Read(p) }

func (f *diskFile) Write(p []byte) (n int, err error) {
	f.dir.d.mu.Lock()
	defer f.dir.d.mu.Unlock()
	n, err = f.file.Write(p)
	o := op{verb: "write", what: "write " + f.dir.at(f.name), node: f.node, off: f.off, data: append([]byte(nil), p[:n]...), mtime: f.dir.date(f.name)}
	f.off += n
	f.dir.d.apply(o)
	f.dir.d.log = append(f.dir.d.log, o)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

func (f *diskFile) SetModTime(t time.Time) error {
	return f.dir.d.do(func() error { return f.file.SetModTime(t) },
		func() op {
			return op{verb: "date", what: "date " + f.dir.at(f.name), node: f.node, mtime: f.dir.date(f.name)}
		})
}

func (f *diskFile) Sync() error {
	return f.dir.d.do(f.file.Sync, func() op { return op{verb: "sync", what: "sync " + f.dir.at(f.name), node: f.node} })
}

func (f *diskFile) Size() (int64, error) { return f.file.Size() }
func (f *diskFile) Close() error         { return f.file.Close() }
