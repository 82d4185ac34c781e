package afc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/cause"
)

// SyncLockPath is the file whose lock says who syncs with the phone. Finder,
// iTunes and idevicebackup2 hold it while they work.
const SyncLockPath = "/com.apple.itunes.lock_sync"

// How often and how long the sync lock is tried: 10 s in all, as others do.
const (
	lockTries = 50
	lockPause = 200 * time.Millisecond
	// releaseTimeout bounds giving it back: closing the connection does it too.
	releaseTimeout = 2 * time.Second
)

// The lock operations: exclusive or unlock, both without blocking.
const (
	lockExclusive = 2 | 4
	lockRelease   = 8 | 4
)

// Lock takes the file's lock for this connection alone. While somebody else has
// it, the error is a *StatusError with StatusWouldBlock.
func (f *File) Lock(ctx context.Context) error { return f.lock(ctx, lockExclusive, "lock") }

// Unlock gives the lock back.
func (f *File) Unlock(ctx context.Context) error { return f.lock(ctx, lockRelease, "unlock") }

func (f *File) lock(ctx context.Context, how uint64, verb string) error {
	r, err := f.do(ctx, opLock, how, maxReply, nil)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, f.path, err)
	}
	return r.expect(opStatus, verb, f.path)
}

// SyncLock takes the phone's sync lock, trying for 10 s. When another program
// keeps it, the error has the cause sync-lock-held. release gives it back and is
// safe to call twice; closing the client does the same.
func SyncLock(ctx context.Context, c *Client) (release func() error, err error) {
	return syncLock(ctx, c, lockTries)
}

// TrySyncLock is SyncLock with a single try.
func TrySyncLock(ctx context.Context, c *Client) (release func() error, err error) {
	return syncLock(ctx, c, 1)
}

func syncLock(ctx context.Context, c *Client, tries int) (func() error, error) {
	f, err := c.Open(ctx, SyncLockPath, ReadWrite)
	if err != nil {
		return nil, fmt.Errorf("take sync lock: %w", err)
	}
	if err := lockWithin(ctx, f, tries); err != nil {
		return nil, fmt.Errorf("take sync lock: %w", errors.Join(err, closeQuietly(f)))
	}
	released := false
	return func() error {
		if released {
			return nil
		}
		released = true
		// Whoever releases may have been cancelled; a silent phone gets 2 s.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer cancel()
		if err := errors.Join(f.Unlock(ctx), f.close(ctx)); err != nil {
			return fmt.Errorf("release sync lock: %w", err)
		}
		return nil
	}, nil
}

// lockWithin tries until it has the lock or the tries run out.
func lockWithin(ctx context.Context, f *File, tries int) error {
	pause := time.NewTicker(lockPause)
	defer pause.Stop()
	for i := 1; ; i++ {
		err := f.Lock(ctx)
		refused, ok := errors.AsType[*StatusError](err)
		if !ok || refused.Code != StatusWouldBlock {
			return err
		}
		if i == tries {
			return cause.New(cause.SyncLockHeld, nil, err)
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ended(ctx)
		}
	}
}

// closeQuietly closes a file after another failure, and tells of it only when the
// connection still worked.
func closeQuietly(f *File) error {
	f.client.mu.Lock()
	broken := f.client.broken != nil
	f.client.mu.Unlock()
	if broken {
		return nil
	}
	return f.Close()
}
