package treetest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// How says what a crash does to what was not synced.
type How string

// The ways. All but Killed need the power to fail: the kernel of a machine that
// goes on has everything that was written.
const (
	Killed   How = "killed"       // everything is there
	Synced   How = "only synced"  // nothing is there that was not synced
	Empty    How = "names only"   // names are there, bytes are not: files are short
	Zeros    How = "zeros"        // names and lengths are there, bytes are zeros
	Nameless How = "bytes only"   // bytes are there, names are as they were synced
	LastLost How = "last lost"    // the last change of names is not there
	Ordered  How = "ordered"      // names up to some change, bytes torn at 512
	Torn512  How = "torn at 512"  // any names, bytes torn at 512
	Torn4096 How = "torn at 4096" // any names, bytes torn at 4,096
)

// Hows are all ways, the one without a power cut first.
var Hows = []How{Killed, Synced, Empty, Zeros, Nameless, LastLost, Ordered, Torn512, Torn4096}

// Image is a disk as a crash left it.
type Image struct {
	root *node
	now  map[*node]content
	own  map[*node]bool // folders whose names are this image's to change
}

// Crash gives the disk that a crash at a point leaves. seed decides where how
// leaves a choice.
func (d *Disk) Crash(point int, how How, seed uint64) *Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	log := d.log[:point]
	fate := newFate(how, seed, log)
	img := &Image{root: d.root, now: maps.Clone(d.begun), own: map[*node]bool{}}
	durable := durable(log)
	for i, o := range log {
		if durable[i] || o.changesNames() && fate.names(i) {
			img.apply(o)
		} else if o.verb == "write" {
			fate.write(img, o)
		} else if o.verb == "date" && how == Killed {
			img.apply(o)
		}
	}
	return img
}

func (o op) changesNames() bool { return o.verb == "name" || o.verb == "unname" || o.verb == "move" }

// durable tells for each operation whether a later one has synced it.
func durable(log []op) []bool {
	out := make([]bool, len(log))
	all, synced := false, map[*node]bool{}
	for i := len(log) - 1; i >= 0; i-- {
		switch o := log[i]; {
		case o.verb == "sync all":
			all = true
		case o.verb == "sync":
			synced[o.node] = true
		case o.changesNames():
			// A rename is one step: whichever of its folders is synced brings it in.
			out[i] = all || synced[o.dir] || o.to != nil && synced[o.to]
		default:
			out[i] = all || synced[o.node]
		}
	}
	return out
}

// fate decides what becomes of operations that were not synced.
type fate struct {
	how  How
	rng  *rand.Rand
	last int // of the changes of names that happened
}

func newFate(how How, seed uint64, log []op) *fate {
	f := &fate{how: how, rng: rand.New(rand.NewPCG(seed, uint64(len(log)))), last: len(log)}
	switch how {
	case LastLost:
		for f.last--; f.last >= 0 && !log[f.last].changesNames(); f.last-- {
		}
	case Ordered:
		f.last = f.rng.IntN(len(log) + 1)
	}
	return f
}

func (f *fate) names(i int) bool {
	switch f.how {
	case Killed, Empty, Zeros:
		return true
	case LastLost, Ordered:
		return i < f.last
	case Torn512, Torn4096:
		return f.rng.IntN(2) == 0
	}
	return false
}

// write brings in a write that was not synced, or a part of it.
func (f *fate) write(img *Image, o op) {
	sector := 512
	switch f.how {
	case Killed, Nameless, LastLost:
		img.apply(o)
		return
	case Synced, Empty:
		return
	case Zeros:
		o.data = make([]byte, len(o.data))
		img.apply(o)
		return
	case Torn4096:
		sector = 4096
	}
	data := slices.Clone(o.data)
	switch f.rng.IntN(4) {
	case 0:
		return
	case 1: // the end is missing
		data = data[:min(len(data), f.rng.IntN(len(data)/sector+1)*sector)]
	case 2: // some sectors are zeros
		for at := 0; at < len(data); at += sector {
			if f.rng.IntN(2) == 0 {
				clear(data[at:min(at+sector, len(data))])
			}
		}
	}
	o.data = data
	img.apply(o)
}

// apply brings an operation into the image.
func (img *Image) apply(o op) {
	switch o.verb {
	case "name":
		img.names(o.dir)[o.name] = o.node
	case "unname":
		delete(img.names(o.dir), o.name)
	case "move":
		delete(img.names(o.dir), o.name)
		img.names(o.to)[o.after] = o.node
	case "write":
		c := img.now[o.node]
		c.data, c.mtime = put(c.data, o.off, o.data), o.mtime
		img.now[o.node] = c
	case "date":
		c := img.now[o.node]
		c.mtime = o.mtime
		img.now[o.node] = c
	}
}

// names gives the names of a folder, for changing.
func (img *Image) names(dir *node) map[string]*node {
	c := img.now[dir]
	if !img.own[dir] {
		fresh := map[string]*node{}
		maps.Copy(fresh, c.names)
		c.names, img.own[dir] = fresh, true
		img.now[dir] = c
	}
	return c.names
}

// Sum tells images apart by their names and bytes.
func (img *Image) Sum() [32]byte {
	h := sha256.New()
	img.sum(h, img.root, map[*node]int{})
	return [32]byte(h.Sum(nil))
}

func (img *Image) sum(w io.Writer, n *node, seen map[*node]int) {
	if i, ok := seen[n]; ok {
		fmt.Fprintf(w, "again %d\n", i)
		return
	}
	seen[n] = len(seen)
	c := img.now[n]
	switch n.kind {
	case 'd':
		fmt.Fprintf(w, "folder %d\n", len(c.names))
		for _, name := range slices.Sorted(maps.Keys(c.names)) {
			fmt.Fprintf(w, "%q\n", name)
			img.sum(w, c.names[name], seen)
		}
	case 'l':
		fmt.Fprintf(w, "link %q\n", n.target)
	default:
		_ = binary.Write(w, binary.BigEndian, int64(len(c.data))) // a hash takes everything
		_, _ = w.Write(c.data)
	}
}

// Write makes the folder dir from the image. dir must exist and be empty.
func (img *Image) Write(dir string) error { return img.write(dir, img.root, map[*node]string{}) }

func (img *Image) write(path string, n *node, seen map[*node]string) error {
	c := img.now[n]
	switch n.kind {
	case 'l':
		return os.Symlink(n.target, path)
	case 'f':
		if was, ok := seen[n]; ok {
			return os.Link(was, path)
		}
		seen[n] = path
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			return err
		}
		if c.mtime.IsZero() {
			return nil
		}
		return os.Chtimes(path, c.mtime, c.mtime)
	}
	if n != img.root {
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
	}
	for name, sub := range c.names {
		if err := img.write(filepath.Join(path, name), sub, seen); err != nil {
			return err
		}
	}
	return nil
}
