package mobilesync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"homeport/backup/tree"
)

// mostTagged is how many files of one name are kept beside each other.
const mostTagged = 100

// dateGap is how much two dates of the same file may differ: FAT counts in steps
// of two seconds.
const dateGap = 2 * time.Second

// copier is one worker of an extraction.
type copier struct {
	x        *extraction
	buf, old []byte
}

// copy brings one file to the host. Its error ends the extraction.
func (c *copier) copy(ctx context.Context, t task) error {
	dir, err := c.x.open(path.Dir(t.host))
	if err != nil {
		return &WriteError{err}
	}
	defer dir.Close()
	name := path.Base(t.host)
	for n := 1; n <= mostTagged; n++ {
		done, err := c.try(ctx, dir, name, t)
		if fe, ok := errors.AsType[*FileError](err); ok {
			c.x.step(t.row.File.Size, func(e *ExtractReport) { c.x.damage(e, t.row, fe) })
			return nil
		}
		if err != nil || done {
			return err
		}
		name = c.tagged(path.Base(t.host), n)
	}
	c.x.leave(t.row, "too many other files have its name")
	return nil
}

// tagged is the name for a file whose own is taken by another.
func (c *copier) tagged(name string, n int) string {
	tag := c.x.options.Tag
	if tag == "" {
		tag = "from backup"
	}
	if n > 1 {
		tag = fmt.Sprintf("%s %d", tag, n)
	}
	return suffixed(name, " ("+tag+")")
}

// try brings the file to one name. It answers false when another file has it.
func (c *copier) try(ctx context.Context, dir tree.Dir, name string, t task) (bool, error) {
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.write(ctx, dir, name, t, false)
	case err != nil:
		return false, &WriteError{err}
	case !info.Regular():
		return false, nil
	}
	same, err := c.same(ctx, dir, name, info, t)
	switch {
	case err != nil:
		return false, err
	case same:
		c.x.step(t.row.File.Size, func(e *ExtractReport) { e.Already++ })
		return true, nil
	case c.x.options.Overwrite:
		return c.write(ctx, dir, name, t, true)
	}
	return false, nil
}

// same says whether the file on the host is the one that would be written: of the
// same length, and of the same date or the same contents.
func (c *copier) same(ctx context.Context, dir tree.Dir, name string, info tree.Info, t task) (bool, error) {
	if info.Size != t.row.File.Size {
		return false, nil
	}
	if m := t.row.File.Modified; m > 0 && info.ModTime.Sub(time.Unix(m, 0)).Abs() <= dateGap {
		return true, nil
	}
	have, err := dir.Open(name)
	if err != nil {
		return false, nil // not ours to judge: it stays, and the new one gets another name
	}
	defer have.Close()
	body, err := c.x.folder.Contents(t.row)
	if err != nil {
		return false, err
	}
	defer body.Close()
	if c.old == nil {
		c.old = make([]byte, len(c.buf))
	}
	for {
		n, err := body.Read(c.buf)
		if _, herr := io.ReadFull(have, c.old[:n]); herr != nil || !bytes.Equal(c.buf[:n], c.old[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
	}
}

// write makes the file under a name of its own, and gives it its name when it is
// whole. It answers false when somebody has taken the name meanwhile.
func (c *copier) write(ctx context.Context, dir tree.Dir, name string, t task, replace bool) (bool, error) {
	body, err := c.x.folder.Contents(t.row)
	if err != nil {
		return false, err
	}
	defer body.Close()
	temp, out, err := c.x.create(dir)
	if err != nil {
		return false, &WriteError{err}
	}
	err = c.fill(ctx, out, body)
	if err == nil {
		if m := t.row.File.Modified; m > 0 {
			_ = out.SetModTime(time.Unix(m, 0)) // where dates cannot be set, contents are still right
		}
		size, serr := out.Size()
		switch {
		case serr != nil:
			err = &WriteError{serr}
		case size != t.row.File.Size:
			err = &WriteError{fmt.Errorf("write %s: the disk has %d bytes of %d: %w", name, size, t.row.File.Size, io.ErrShortWrite)}
		}
	}
	if cerr := out.Close(); err == nil && cerr != nil {
		err = &WriteError{cerr}
	}
	if err != nil {
		_ = dir.Remove(temp)
		return false, err
	}
	rename := dir.RenameNew
	if replace {
		rename = dir.Rename
	}
	if err := rename(temp, dir, name); err != nil {
		_ = dir.Remove(temp)
		if errors.Is(err, fs.ErrExist) {
			return false, nil
		}
		return false, &WriteError{err}
	}
	c.wrote(t, name)
	return true, nil
}

func (c *copier) fill(ctx context.Context, out io.Writer, body io.Reader) error {
	for {
		n, err := body.Read(c.buf)
		if n > 0 {
			if _, werr := out.Write(c.buf[:n]); werr != nil {
				return &WriteError{werr}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// wrote notes a file that is there now.
func (c *copier) wrote(t task, name string) {
	r := t.row
	c.x.step(r.File.Size, func(e *ExtractReport) {
		e.Files++
		e.Bytes += r.File.Size
		got := path.Join(path.Dir(t.host), name)
		if got == r.Domain+"/"+r.RelativePath {
			return
		}
		if e.RenamedCount++; len(e.Renamed) < maxTold {
			e.Renamed = append(e.Renamed, ExtractName{r.Domain, r.RelativePath, got})
		}
	})
}

// tempPrefix begins the name of a file that is not whole yet, as tree.IsTemp knows
// it.
const tempPrefix = ".hp-part-"

// create makes a new file under a name that no phone's file can have.
func (x *extraction) create(dir tree.Dir) (string, tree.File, error) {
	for {
		x.mu.Lock()
		x.temps++
		temp := fmt.Sprintf("%s%s-%x", tempPrefix, x.tag, x.temps)
		x.mu.Unlock()
		f, err := dir.Create(temp)
		if !errors.Is(err, fs.ErrExist) {
			return temp, f, err
		}
	}
}

// openBelow opens a folder by its slash path. The caller closes it.
func openBelow(root tree.Dir, host string) (tree.Dir, error) {
	if host == "." || host == "" {
		return root.OpenDir(".")
	}
	d, close := root, func() {}
	for c := range strings.SplitSeq(host, "/") {
		next, err := d.OpenDir(c)
		close()
		if err != nil {
			return nil, err
		}
		d, close = next, func() { _ = next.Close() }
	}
	return d, nil
}
