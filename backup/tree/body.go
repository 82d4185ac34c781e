package tree

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"
	"time"
)

// Body is a file on its way to its final name. It ends with Commit or Abort;
// until then nothing has the final name that had it not before. It is for one
// goroutine.
type Body struct {
	t     *Tree
	in    *handle
	rel   Rel
	temp  string
	file  File
	n     int64
	sum   hash.Hash
	err   error // the first one; it ends the body
	ended bool
}

// errEnded is a mistake of the caller.
var errEnded = errors.New("body has ended")

// hashes are kept for reuse, one per body would be garbage.
var hashes = sync.Pool{New: func() any { return sha256.New() }}

// Create begins a body that will be rel once it is whole: a new file, with a
// temporary name in the same folder, which must exist. A *PathError tells of a
// twin, everything else is the file system's own error.
func (t *Tree) Create(rel Rel) (*Body, error) {
	if err := t.twins.claim(rel); err != nil {
		return nil, err
	}
	if rel.IsRoot() {
		return nil, errors.New("create of the root of the tree")
	}
	in, err := t.open.get(rel.Parent().s)
	if err != nil {
		return nil, err
	}
	b := &Body{t: t, in: in, rel: rel, temp: t.tempName()}
	if b.file, err = in.dir.Create(b.temp); err != nil {
		t.open.put(in)
		return nil, err
	}
	b.sum = hashes.Get().(hash.Hash)
	b.sum.Reset()
	return b, nil
}

// Write appends p. After an error the body can only be aborted.
func (b *Body) Write(p []byte) (int, error) {
	if b.err == nil && b.ended {
		b.err = errEnded
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.file.Write(p)
	b.sum.Write(p[:n])
	b.n += int64(n)
	b.err = err
	return n, err
}

// Len is how many bytes were written so far.
func (b *Body) Len() int64 { return b.n }

// Sync makes the bytes durable before Commit gives them their name. It is for
// the few files that a crash must not tear; bodies wait for the barrier.
func (b *Body) Sync() error {
	if b.err == nil {
		b.err = b.file.Sync()
	}
	return b.err
}

// SetModTime gives the file a date, after the last Write. That a file system
// keeps no such date is an error here and does not end the body.
func (b *Body) SetModTime(t time.Time) error {
	if b.err != nil || b.ended {
		return errEnded
	}
	return b.file.SetModTime(t)
}

// Sum is the SHA-256 of what was written so far.
func (b *Body) Sum() (sum [32]byte) {
	if !b.ended { // otherwise the hash is somebody else's by now
		b.sum.Sum(sum[:0])
	}
	return sum
}

// Commit proves that the file has the length that was written, closes it, and
// renames it over its final name. It gives the length and the SHA-256. After an
// error the temporary file is gone and the final name is as it was.
func (b *Body) Commit() (n int64, sum [32]byte, err error) { return b.commit(Dir.Rename) }

// CommitNew is Commit that replaces nothing: fs.ErrExist if the final name is
// taken. It is for folders that are not ours alone.
func (b *Body) CommitNew() (n int64, sum [32]byte, err error) { return b.commit(Dir.RenameNew) }

func (b *Body) commit(rename func(Dir, string, Dir, string) error) (n int64, sum [32]byte, err error) {
	if b.ended {
		return 0, sum, errEnded
	}
	if b.err == nil {
		b.err = b.finish(rename)
	}
	if b.err != nil {
		b.Abort()
		return 0, sum, b.err
	}
	b.sum.Sum(sum[:0])
	b.end()
	return b.n, sum, nil
}

func (b *Body) finish(rename func(Dir, string, Dir, string) error) error {
	// A file system that lost a write without a word is caught here.
	size, err := b.file.Size()
	if err == nil && size != b.n {
		err = fmt.Errorf("write %s: has %d bytes of %d", b.rel, size, b.n)
	}
	cerr := b.file.Close()
	b.file = nil
	if err = errors.Join(err, cerr); err != nil {
		return err
	}
	return rename(b.in.dir, b.temp, b.in.dir, b.rel.Base())
}

// Abort removes the unfinished file. It does nothing after Commit or Abort.
func (b *Body) Abort() {
	if b.ended {
		return
	}
	if b.file != nil {
		_ = b.file.Close() // it is going away
	}
	_ = b.in.dir.Remove(b.temp) // the next run clears it, if this fails
	b.end()
}

func (b *Body) end() {
	b.ended = true
	hashes.Put(b.sum)
	b.t.open.put(b.in)
}
