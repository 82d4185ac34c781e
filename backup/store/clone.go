package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"sync/atomic"

	"homeport/cause"

	"golang.org/x/sync/errgroup"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
)

// shardForm is the name of a folder of bodies.
var shardForm = regexp.MustCompile(`^[0-9a-f]{2}$`)

// cloner makes a second folder with the bodies of the first.
type cloner struct {
	way   tree.Strategy
	files atomic.Int64
	tell  *teller // of copies; nil: nobody listens
}

// probeClone finds out how files of this volume can be had twice, by trying it
// in the stage that is being made.
func probeClone(d tree.Dir) (tree.Strategy, error) {
	const a, b = "probe-a", "probe-b"
	defer func() { _, _ = removeAll(d, a), removeAll(d, b) }()
	f, err := d.Create(a)
	if err != nil {
		return 0, err
	}
	if _, err := f.Write([]byte("probe")); err != nil {
		_ = f.Close()
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	if err := d.Clone(a, d, b); err == nil {
		return tree.Reflink, nil
	}
	_ = removeAll(d, b)
	if err := d.Link(a, d, b); err == nil {
		return tree.HardLink, nil
	}
	return tree.FullCopy, nil
}

// clone fills the empty folder to with what from holds of a backup: bodies under
// their 256 folders, by the cloner's way, and the four files beside them, copied.
// What else lies in from is left behind.
func (c *cloner) clone(ctx context.Context, from, to tree.Dir) error {
	names, err := from.Names()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	// Each folder is one piece of work: there is no lock to share between them.
	g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	// The longest piece first: Manifest.db of a million files has a gigabyte.
	for _, name := range []string{mobilesync.DatabaseFile, mobilesync.ManifestFile, mobilesync.StatusFile, mobilesync.InfoFile} {
		g.Go(cause.Guarded(func() error { return copyFile(ctx, from, to, name) }))
	}
	for _, shard := range names {
		if !shardForm.MatchString(shard) {
			continue
		}
		g.Go(cause.Guarded(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return c.shard(ctx, from, to, shard)
		}))
	}
	return g.Wait()
}

func (c *cloner) shard(ctx context.Context, from, to tree.Dir, name string) error {
	src, err := from.OpenDir(name)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := ensureDir(to, name)
	if err != nil {
		return err
	}
	defer dst.Close()
	names, err := src.Names()
	if err != nil {
		return err
	}
	for i, n := range names {
		if i%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, ok := mobilesync.ParseFileID(n); !ok {
			continue
		}
		if err := c.file(ctx, src, dst, n); err != nil {
			return err
		}
		c.files.Add(1)
	}
	return nil
}

// file clones one body. A way that does not work for this one file, as a hard
// link beyond the file system's limit, gives way to a copy; a full disk does not.
func (c *cloner) file(ctx context.Context, src, dst tree.Dir, name string) error {
	var err error
	switch c.way {
	case tree.Reflink:
		err = src.Clone(name, dst, name)
	case tree.HardLink:
		err = src.Link(name, dst, name)
	default:
		return c.copy(ctx, src, dst, name)
	}
	switch {
	case err == nil:
		return nil
	case !canCopyInstead(err):
		return err
	}
	return c.copy(ctx, src, dst, name)
}

func (c *cloner) copy(ctx context.Context, src, dst tree.Dir, name string) error {
	err := copyFile(ctx, src, dst, name)
	if err == nil && c.tell != nil {
		if i, err := dst.Lstat(name); err == nil {
			c.tell.add(i.Size)
		}
	}
	return err
}

// copyFile copies a regular file under the same name.
func copyFile(ctx context.Context, src, dst tree.Dir, name string) error {
	_, err := copyAs(ctx, src, name, dst, name, io.Discard)
	return err
}

// copyAs copies a regular file under another name, and its bytes to also; it gives its
// length.
func copyAs(ctx context.Context, src tree.Dir, name string, dst tree.Dir, newName string, also io.Writer) (int64, error) {
	in, err := src.Open(name)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := dst.Create(newName)
	if err != nil {
		return 0, err
	}
	n, err := copyBytes(ctx, io.MultiWriter(out, also), in)
	if err == nil {
		var size int64
		if size, err = out.Size(); err == nil && size != n {
			err = fmt.Errorf("copy %s: %d bytes of %d arrived", name, size, n)
		}
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return n, err
}

// copyBytes is io.Copy that ends when ctx does: a Manifest.db can have a gigabyte.
func copyBytes(ctx context.Context, out io.Writer, in io.Reader) (n int64, err error) {
	buf := make([]byte, 256<<10)
	for {
		if ctx.Err() != nil {
			return n, context.Cause(ctx)
		}
		k, err := in.Read(buf)
		if k > 0 {
			if _, werr := out.Write(buf[:k]); werr != nil {
				return n, werr
			}
		}
		n += int64(k)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
