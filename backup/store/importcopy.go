package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// How often room is looked after, and progress is told.
const (
	roomStep = 256 << 20 // bytes copied
	tellStep = 200 * time.Millisecond
)

// importer copies a folder of another program into a stage.
type importer struct {
	src      *Source
	stage    *Stage
	way      tree.Strategy // Reflink or FullCopy
	progress func(done, total int64)

	done    atomic.Int64
	checked atomic.Int64 // of done, when room was last looked after
	mu      sync.Mutex
	told    time.Time
	buffers sync.Pool
}

// probeImport finds out whether a file of the folder can be cloned into the stage.
func probeImport(src *Source, stage tree.Dir) tree.Strategy {
	const probe = "probe-a"
	defer func() { _ = removeAll(stage, probe) }()
	if src.dir.Clone(mobilesync.StatusFile, stage, probe) == nil {
		return tree.Reflink
	}
	return tree.FullCopy
}

// run copies all that belongs to a backup.
func (c *importer) run(ctx context.Context) error {
	to, err := ensureDir(c.stage.dir, c.stage.state.UDID)
	if err != nil {
		return err
	}
	defer to.Close()
	names, err := c.src.dir.Names()
	if err != nil {
		return c.src.reading(err)
	}
	g, together := errgroup.WithContext(ctx)
	g.SetLimit(max(2, min(4, runtime.GOMAXPROCS(0)))) // a disk that turns gains nothing by more
	for _, n := range names {
		if shardForm.MatchString(n) {
			g.Go(cause.Guarded(func() error { return c.shard(together, to, n) }))
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, n := range besides {
		if _, err := c.file(ctx, c.src.dir, to, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *importer) shard(ctx context.Context, to tree.Dir, name string) error {
	src, err := c.src.dir.OpenDir(name)
	if err != nil {
		return c.src.reading(err)
	}
	defer src.Close()
	dst, err := ensureDir(to, name)
	if err != nil {
		return err
	}
	defer dst.Close()
	names, err := src.Names()
	if err != nil {
		return c.src.reading(err)
	}
	for _, n := range names {
		if !isBody(name, n) {
			continue
		}
		got, err := c.file(ctx, src, dst, n)
		if err != nil {
			return err
		}
		if id, ok := mobilesync.ParseFileID(n); ok && got.copied {
			c.stage.fresh.add(receipt{id: id, sum: got.sum, n: got.n})
		}
	}
	return nil
}

// taken is what is known of a file that was taken over; a clone has no sum yet.
type taken struct {
	sum    sum
	n      int64
	copied bool
}

// file clones or copies one file, and wants it to be the same before and after.
func (c *importer) file(ctx context.Context, src, dst tree.Dir, name string) (taken, error) {
	if ctx.Err() != nil {
		return taken{}, context.Cause(ctx)
	}
	before, err := src.Lstat(name)
	if err != nil {
		return taken{}, c.vanished(name, err)
	}
	if !before.Regular() {
		return taken{}, c.src.changing(name)
	}
	got := taken{n: before.Size}
	if c.way == tree.Reflink {
		err = src.Clone(name, dst, name)
		if err == nil {
			err = c.count(ctx, before.Size)
		}
	}
	if c.way != tree.Reflink || err != nil && canCopyInstead(err) {
		got, err = c.copy(ctx, src, dst, name)
	}
	if err != nil {
		return got, err
	}
	after, err := src.Lstat(name)
	if err != nil {
		return got, c.vanished(name, err)
	}
	if after != before || got.n != before.Size {
		return got, c.src.changing(name)
	}
	return got, nil
}

// vanished tells a file that went away under the copy from one that cannot be read.
func (c *importer) vanished(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, tree.ErrNotRegular) {
		return c.src.changing(name)
	}
	return c.src.reading(err)
}

// copy copies a file byte by byte, and sums what it has read: a later check then
// compares what is on the drive with what was in the folder.
func (c *importer) copy(ctx context.Context, src, dst tree.Dir, name string) (taken, error) {
	in, err := src.Open(name)
	if err != nil {
		return taken{}, c.vanished(name, err)
	}
	defer in.Close()
	out, err := dst.Create(name)
	if err != nil {
		return taken{}, err
	}
	got, err := c.pour(ctx, in, out)
	if err == nil {
		var size int64
		if size, err = out.Size(); err == nil && size != got.n {
			err = fmt.Errorf("copy %s: %d bytes of %d arrived", name, size, got.n)
		}
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return got, err
}

func (c *importer) pour(ctx context.Context, in, out tree.File) (taken, error) {
	buf, _ := c.buffers.Get().(*[]byte)
	if buf == nil {
		b := make([]byte, 1<<20)
		buf = &b
	}
	defer c.buffers.Put(buf)
	h := sha256.New()
	got := taken{copied: true}
	for {
		k, err := in.Read(*buf)
		if k > 0 {
			h.Write((*buf)[:k])
			if _, werr := out.Write((*buf)[:k]); werr != nil {
				return got, werr
			}
			got.n += int64(k)
			if err := c.count(ctx, int64(k)); err != nil {
				return got, err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			got.sum = sum(h.Sum(nil))
			return got, nil
		case err != nil:
			return got, c.src.reading(err)
		case ctx.Err() != nil:
			return got, context.Cause(ctx)
		}
	}
}

// count tells the progress, and looks after the reserve.
func (c *importer) count(ctx context.Context, n int64) error {
	done := c.done.Add(n)
	if was := c.checked.Load(); c.way != tree.Reflink && done-was >= roomStep && c.checked.CompareAndSwap(was, done) {
		free, err := c.stage.phone.store.Free(ctx)
		if err != nil {
			return err
		}
		if free == 0 {
			return cause.New(cause.HostDiskFullDuring, cause.Evidence{"path": c.stage.phone.store.path, "received": cause.Bytes(done)},
				errors.New("import: only the reserve is left on the disk"))
		}
	}
	c.tell(done)
	return nil
}

func (c *importer) tell(done int64) {
	if c.progress == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.told) >= tellStep {
		c.told = now
		c.progress(done, max(done, c.src.Bytes))
	}
}
