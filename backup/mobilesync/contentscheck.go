package mobilesync

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"homeport/cause"
)

// CheckContents reads every body to its end, decrypting it when the backup is
// encrypted, and reports those that are not what their row says. The folder has to
// be plain or unlocked. Bodies that are missing are left to Check.
//
// progress, if not nil, is told from time to time how many bytes of contents were
// read; the reading uses as many processors as there are. An error means that the
// check did not come to its end.
func (f *Folder) CheckContents(ctx context.Context, limit int, progress func(done int64)) (Report, error) {
	if limit == 0 {
		limit = DefaultMaxDamage
	}
	c := &contentsCheck{folder: f, limit: limit, progress: progress, report: Report{Encrypted: f.Unlocked()}}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	rows := make(chan Row, 64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			if err := cause.Guard(func() error { c.work(ctx, rows); return nil }); err != nil {
				stop(err)
			}
		})
	}
	err := f.Rows(ctx, func(r Row) error {
		c.report.Rows++ // only this goroutine counts rows
		if !r.HasBody() || r.File == nil {
			return nil // a row that cannot be read is Check's to report
		}
		select {
		case rows <- r:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(rows)
	workers.Wait()
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return c.report, err
}

// contentsCheck is one CheckContents under way.
type contentsCheck struct {
	folder   *Folder
	limit    int
	progress func(done int64)

	mu     sync.Mutex
	report Report // Rows excepted
}

func (c *contentsCheck) work(ctx context.Context, rows <-chan Row) {
	buf := make([]byte, cipherBuffer)
	for r := range rows {
		n, err := c.folder.drain(ctx, r, buf)
		if ctx.Err() != nil {
			continue // the channel has to be emptied
		}
		c.count(r, n, err)
	}
}

// drain reads the contents of a row to their end and counts them.
func (f *Folder) drain(ctx context.Context, r Row, buf []byte) (int64, error) {
	body, err := f.Contents(r)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	var total int64
	for {
		n, err := body.Read(buf)
		total += int64(n)
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

func (c *contentsCheck) count(r Row, n int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Bytes += n
	if c.progress != nil {
		c.progress(c.report.Bytes)
	}
	if err == nil {
		c.report.Files++
		return
	}
	kind, path := Unreadable, r.FileID
	if fe, ok := errors.AsType[*FileError](err); ok {
		kind, path = fe.Kind, fe.Name
	}
	if kind == Missing {
		return
	}
	if c.report.count(kind, c.limit) {
		c.report.Damage = append(c.report.Damage, Damage{
			Path: c.folder.udid + "/" + path, Domain: r.Domain, RelativePath: r.RelativePath, Kind: kind,
		})
	}
}
