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
	err = c.place(ctx, dir, name, t)
	fe, damaged := errors.AsType[*FileError](err)
	if !damaged {
		return err
	}
	c.x.step(t.row.File.Size, func(e *ExtractReport) { c.x.damage(e, t.row, fe) })
	if !c.x.options.Damaged {
		return nil
	}
	t.salvage = true
	err = c.place(ctx, dir, suffixed(name, " (damaged)"), t)
	if _, nothing := errors.AsType[*FileError](err); nothing {
		return nil
	}
	return err
}

// place brings a file to its name, or to one beside it when another file has that.
func (c *copier) place(ctx context.Context, dir tree.Dir, name string, t task) error {
	try := name
	for n := 1; n <= mostTagged; n++ {
		if done, err := c.try(ctx, dir, try, t); err != nil || done {
			return err
		}
		try = c.tagged(name, n)
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
		c.step(t, func(e *ExtractReport) { e.Already++ })
		return true, nil
	case c.x.options.Overwrite:
		return c.write(ctx, dir, name, t, true)
	}
	return false, nil
}

// same says whether the file on the host is the one that would be written: of the
// same length, and of the same date or the same contents. What is saved of a damaged
// file has to have the same contents.
func (c *copier) same(ctx context.Context, dir tree.Dir, name string, info tree.Info, t task) (bool, error) {
	if !t.salvage {
		if info.Size != t.row.File.Size {
			return false, nil
		}
		if m := t.row.File.Modified; m > 0 && info.ModTime.Sub(time.Unix(m, 0)).Abs() <= dateGap {
			return true, nil
		}
	}
	have, err := dir.Open(name)
	if err != nil {
		return false, nil // not ours to judge: it stays, and the new one gets another name
	}
	defer have.Close()
	body, err := c.open(t)
	if err != nil {
		return false, err
	}
	defer body.Close()
	return c.equal(ctx, body, have)
}

// equal compares what the backup holds with a file on the host, up to the end of
// both.
func (c *copier) equal(ctx context.Context, body, have io.Reader) (bool, error) {
	if c.old == nil {
		c.old = make([]byte, len(c.buf))
	}
	for {
		n, err := body.Read(c.buf)
		if _, herr := io.ReadFull(have, c.old[:n]); herr != nil || !bytes.Equal(c.buf[:n], c.old[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			more, _ := have.Read(c.old[:1])
			return more == 0, nil
		}
		if err != nil {
			return false, err
		}
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
	}
}

// open opens what the backup holds of a file.
func (c *copier) open(t task) (io.ReadCloser, error) {
	if t.salvage {
		return c.x.folder.Salvage(t.row)
	}
	return c.x.folder.Contents(t.row)
}

// write makes the file under a name of its own, and gives it its name when it is
// whole. It answers false when somebody has taken the name meanwhile.
func (c *copier) write(ctx context.Context, dir tree.Dir, name string, t task, replace bool) (bool, error) {
	body, err := c.open(t)
	if err != nil {
		return false, err
	}
	defer body.Close()
	temp, out, err := c.x.create(dir)
	if err != nil {
		return false, &WriteError{err}
	}
	n, err := c.fill(ctx, out, body)
	if err == nil {
		err = finish(out, n, t.row.File.Modified)
	}
	if cerr := out.Close(); err == nil && cerr != nil {
		err = &WriteError{cerr}
	}
	if err == nil {
		rename := dir.RenameNew
		if replace {
			rename = dir.Rename
		}
		if err = rename(temp, dir, name); err == nil {
			c.wrote(t, name, n)
			return true, nil
		}
		err = &WriteError{err}
	}
	_ = dir.Remove(temp)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return false, err
}

// finish gives a file its date, and proves that the disk has all of it.
func finish(out tree.File, n, modified int64) error {
	if modified > 0 {
		_ = out.SetModTime(time.Unix(modified, 0)) // where dates cannot be set, contents are still right
	}
	size, err := out.Size()
	if err == nil && size != n {
		err = fmt.Errorf("write file: the disk has %d bytes of %d: %w", size, n, io.ErrShortWrite)
	}
	if err != nil {
		return &WriteError{err}
	}
	return nil
}

// fill copies a body and answers how long it was.
func (c *copier) fill(ctx context.Context, out io.Writer, body io.Reader) (int64, error) {
	var total int64
	for {
		n, err := body.Read(c.buf)
		if n > 0 {
			if _, werr := out.Write(c.buf[:n]); werr != nil {
				return total, &WriteError{werr}
			}
			total += int64(n)
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		if ctx.Err() != nil {
			return total, context.Cause(ctx)
		}
	}
}

// wrote notes a file of n bytes that is there now.
func (c *copier) wrote(t task, name string, n int64) {
	r := t.row
	c.step(t, func(e *ExtractReport) {
		e.Files++
		e.Bytes += n
		got := path.Join(path.Dir(t.host), name)
		if got == r.Domain+"/"+r.RelativePath {
			return
		}
		if e.RenamedCount++; len(e.Renamed) < maxTold {
			e.Renamed = append(e.Renamed, ExtractName{r.Domain, r.RelativePath, got})
		}
	})
}

// step tells that a file is dealt with; of a damaged one that was told already.
func (c *copier) step(t task, change func(*ExtractReport)) {
	if t.salvage {
		c.x.count(change)
		return
	}
	c.x.step(t.row.File.Size, change)
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
