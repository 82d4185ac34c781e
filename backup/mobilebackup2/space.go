package mobilebackup2

import (
	"context"
	"fmt"
	"time"

	"homeport/cause"
)

// budget keeps the run within the space that the job grants, so that the disk
// keeps its reserve. It asks again when a good deal was written, the less the nearer
// the end is, or a moment went by, since others write too; and before it says no.
type budget struct {
	free  func(context.Context) (int64, error)
	left  int64 // by the last answer, less what was written since
	since int64 // written since the last answer
	every int64 // how much may be written before the next
	asked time.Time
	total int64 // written in all
	limit int64 // more than this no honest phone can send
	files int
}

const (
	askOften  = 1 << 20 // written between two answers, at least
	askRarely = 256 << 20
	askAfter  = 100 * time.Millisecond
	blockSize = 4096    // what the smallest body takes on the disk
	maxFiles  = 5000000 // bodies and folders in one run; the largest phones seen had 1.3 million
)

// ask renews the answer.
func (b *budget) ask(ctx context.Context) error {
	left, err := b.free(ctx)
	if err != nil {
		return fmt.Errorf("ask for free space: %w", err)
	}
	b.left, b.since, b.asked = max(left, 0), 0, time.Now()
	b.every = min(max(b.left/64, askOften), askRarely)
	return nil
}

// file claims one more name.
func (b *budget) file(ctx context.Context) error {
	if b.files++; b.files > maxFiles {
		return cause.New(cause.DeviceHostile, nil, fmt.Errorf("more than %d files in one backup", maxFiles))
	}
	return b.bytes(ctx, blockSize)
}

// bytes claims n bytes of the disk, or says errBudget.
func (b *budget) bytes(ctx context.Context, n int64) error {
	if b.total += n; b.limit > 0 && b.total > b.limit {
		return cause.New(cause.DeviceHostile, nil, fmt.Errorf("more bytes than the phone can hold (%d)", b.limit))
	}
	if n > b.left || b.since > b.every || time.Since(b.asked) > askAfter {
		if err := b.ask(ctx); err != nil {
			return err
		}
		if n > b.left {
			return errBudget
		}
	}
	b.left -= n
	b.since += n
	return nil
}
