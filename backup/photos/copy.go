package photos

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
	"homeport/usbmux/afc"
)

// roomToSpare is what a copy leaves free on the disk, for the record and for what
// else goes on there.
const roomToSpare = 64 << 20

// pass is one look at the phone and what comes of it.
type pass struct {
	*Copier
	files  *afc.Client
	report func(Progress)
	plan   *planner
	at     Progress
	base   int64 // at.Bytes without the file under way
}

func (c *Copier) copyAll(ctx context.Context, files *afc.Client, report func(Progress)) error {
	p := &pass{Copier: c, files: files, report: report, at: Progress{Step: Looking}}
	report(p.at)
	s := &scan{files: files, most: maxFolders, refused: c.refused, found: func(n int) {
		p.at.Files = n
		report(p.at)
	}}
	err := s.run(ctx)
	c.left = s.left
	if err != nil {
		return err
	}
	d, err := readDisk(c.job.FS, c.job.Dir, c.rec)
	if err != nil {
		return err
	}
	p.plan = newPlanner(c.rec, d, c.job.Zone)
	todo := p.plan.plan(s.items)
	c.seen = pathsOf(s.items)
	s.items = nil // what else is needed of it is in the plan
	c.result.Here = max(0, todo.here-c.result.Copied())
	if err := c.room(todo.bytes); err != nil {
		return err
	}
	p.at = Progress{Step: Copying, OfFiles: todo.files, OfBytes: todo.bytes}
	report(p.at)
	for i := range todo.batches {
		if err := p.copyBatch(ctx, &todo.batches[i]); err != nil {
			return err
		}
		if err := c.settleSometimes(); err != nil {
			return err
		}
	}
	return nil
}

// pathsOf keeps the paths of items, in their order.
func pathsOf(items []item) []string {
	paths := make([]string, len(items))
	for i := range items {
		paths[i] = items[i].path
	}
	return paths
}

// room makes sure that all that is planned has room.
func (c *Copier) room(need int64) error {
	if need == 0 {
		return nil
	}
	free, err := c.tree.Free()
	if err != nil {
		return err
	}
	if short := sum(need, roomToSpare) - free; short > 0 {
		return cause.New(cause.HostDiskFull, cause.Evidence{
			"need": cause.Bytes(sum(need, roomToSpare)), "free": cause.Bytes(free), "short": cause.Bytes(short), "volume": c.job.Dir,
		}, fmt.Errorf("copy photos into %s: no room for %d bytes", c.job.Dir, need))
	}
	return nil
}

// copyBatch copies the files of one group. When a file that was taken for one of
// them is another one after all, the whole batch gets another stem.
func (p *pass) copyBatch(ctx context.Context, b *batch) error {
	rel, err := tree.Parse(b.dir)
	if err != nil {
		return err
	}
	if err := p.tree.MkdirAll(rel); err != nil {
		return err
	}
	for begin := p.at; ; p.at = begin {
		err := p.copyJobs(ctx, b)
		if !errors.Is(err, errAnother) {
			return err
		}
		b.from++
		p.plan.place(b)
	}
}

// errAnother says that a name is taken by a file with another content.
var errAnother = errors.New("another file has the name")

// copyJobs copies a batch; what may be there already comes first, so that nothing
// of it was copied when that turns out to be something else.
func (p *pass) copyJobs(ctx context.Context, b *batch) error {
	for _, compare := range []bool{true, false} {
		for i := range b.jobs {
			if b.jobs[i].compare != compare {
				continue
			}
			if err := p.copyOne(ctx, &b.jobs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyOne copies a file, once more when it changed while it was read. Of what
// goes wrong only this file is left out, unless it concerns all.
func (p *pass) copyOne(ctx context.Context, j *job) error {
	p.base = p.at.Bytes
	announced := j.size
	err := p.try(ctx, j)
	if errors.Is(err, errLength) {
		var info afc.Info
		if info, err = p.files.Stat(ctx, j.path); err == nil {
			j.item = newItem(j.path, info)
			p.at.OfBytes = sum(p.at.OfBytes, j.size-announced)
			if err = p.room(j.size); err == nil {
				err = p.try(ctx, j)
			}
		}
	}
	p.at.Files++
	p.at.Bytes = sum(p.base, j.size)
	p.report(p.at)
	refused := isRefusal(err)
	id, _ := folderCause(err)
	switch {
	case id == cause.DestinationFileLimit: // as FAT32 has one; smaller files still fit
		p.left.add(j.path, TooLarge, cause.New(id, cause.Evidence{"path": p.job.Dir}, err))
		return nil
	case errors.Is(err, errLength):
		p.left.add(j.path, LengthLie, err)
		return nil
	case refused && errors.Is(err, fs.ErrNotExist):
		return nil // deleted on the phone meanwhile
	case refused:
		if err := p.refused(ctx, err); err != nil {
			return err
		}
		p.left.add(j.path, Refused, err)
		return nil
	}
	return err
}

// isRefusal tells an answer of the phone from a connection that broke.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*afc.StatusError](err)
	return ok
}

// errLength says that a file was longer or shorter than the phone announced.
var errLength = errors.New("another length than announced")

// try copies a file to a new inode and gives it its name when it is whole.
func (p *pass) try(ctx context.Context, j *job) (err error) {
	rel, err := tree.Parse(j.name)
	if err != nil {
		return err
	}
	in, err := p.files.Open(ctx, j.path, afc.ReadOnly)
	if err != nil {
		return err
	}
	b, err := p.tree.Create(rel)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	defer b.Abort()
	if err := p.stream(ctx, j, in, b); err != nil {
		return err
	}
	return p.keep(j, rel, b)
}

// stream reads the whole file, and closes it unless the connection broke.
func (p *pass) stream(ctx context.Context, j *job, in *afc.File, b *tree.Body) error {
	for {
		n, err := in.Read(ctx, p.buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			if isRefusal(err) {
				_ = in.Close() // the refusal is what is told
			}
			return err
		}
		if int64(n) > j.size-b.Len() {
			return errors.Join(errLength, in.Close())
		}
		if _, err := b.Write(p.buf[:n]); err != nil {
			return errors.Join(err, in.Close())
		}
		p.at.Bytes = p.base + b.Len()
		p.report(p.at)
	}
	// That the phone refuses to close it does not make the bytes worse.
	if err := in.Close(); err != nil && !isRefusal(err) {
		return err
	}
	if b.Len() != j.size {
		return errLength
	}
	return nil
}

// keep gives a whole file its name, or finds that it is there already.
func (p *pass) keep(j *job, rel tree.Rel, b *tree.Body) error {
	got := b.Sum()
	if j.kind == isChanged && got == j.old.sum && p.plan.has(j.old) {
		// Only its date is another one.
		p.note(entry{j.item, got, j.old.name})
		p.result.Here++
		return nil
	}
	if j.compare {
		return p.adopt(j, rel, got)
	}
	if j.mod != 0 {
		// A file system that keeps no dates still keeps pictures.
		_ = b.SetModTime(time.Unix(0, j.mod))
	}
	n, _, err := b.CommitNew()
	if errors.Is(err, fs.ErrExist) { // it came while we copied
		return p.adopt(j, rel, got)
	}
	if err != nil {
		return err
	}
	p.note(entry{j.item, got, j.name})
	p.result.Bytes += n
	switch j.kind {
	case isChanged:
		p.result.Changed++
	case isMissing:
		p.result.Again++
	default:
		p.result.New++
	}
	return nil
}

// adopt writes a file into the record that is in the folder without it, when its
// content is the one that the phone has.
func (p *pass) adopt(j *job, rel tree.Rel, want [32]byte) error {
	if i, err := p.tree.Lstat(rel); err == nil && !i.Regular() {
		return errAnother
	}
	f, size, err := p.tree.OpenRead(rel)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.CopyBuffer(h, io.LimitReader(f, j.size+1), p.buf)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if size != j.size || [32]byte(h.Sum(nil)) != want {
		return errAnother
	}
	p.note(entry{j.item, want, j.name})
	p.result.Here++
	return nil
}
