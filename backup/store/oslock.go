package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"homeport/backup/tree"
	"homeport/cause"
)

// errNoLocks says that the file system, or a test, has no OS locks.
var errNoLocks = errors.New("the file system has no locks")

// tryLock tries the OS lock of a file in the phone's folder, once. It answers nil
// when another process has it, and errNoLocks where there are none. The kernel lets
// a lock go when the process dies; the file stays for ever, since two processes
// would otherwise lock two files of one name.
func (p *phone) tryLock(name string) (*flock.Flock, error) {
	if info, err := p.dir.Lstat(name); err == nil && !info.Regular() {
		return nil, p.planted(name, fmt.Errorf("take lock: %s is not a file", name))
	}
	if p.store.options.noLocks {
		return nil, errNoLocks
	}
	l := flock.New(filepath.Join(p.path(), name), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if ok {
		return l, nil
	}
	_ = l.Close()
	switch {
	case err == nil:
		return nil, nil
	case hasNoLocks(err):
		return nil, errNoLocks
	}
	return nil, fmt.Errorf("take lock: %w", err)
}

// marksLockName is the lock of whoever changes marks.json.
const marksLockName = "marks.lock"

// marksPatience is how long a writer of marks waits for another. It takes some
// milliseconds; one that was stopped in the middle must not stop all others.
const marksPatience = 10 * time.Second

// lockMarks keeps every other writer of this computer from the marks until unlock is
// called.
func (p *phone) lockMarks() (unlock func(), err error) {
	p.store.marks.Lock()
	held := false
	defer func() {
		if !held { // also after a panic: the next one would wait for ever
			p.store.marks.Unlock()
		}
	}()
	for begun := time.Now(); ; time.Sleep(lockPoll) {
		l, err := p.tryLock(marksLockName)
		switch {
		case err != nil && !errors.Is(err, errNoLocks):
			return nil, err
		case l == nil && err == nil && time.Since(begun) < marksPatience:
			continue
		}
		held = true
		return func() {
			if l != nil {
				_ = l.Close()
			}
			p.store.marks.Unlock()
		}, nil
	}
}

// lockPoll is how often a lock that is taken is tried again.
const lockPoll = 20 * time.Millisecond

// pause waits, or answers why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// noRoom tells whether err is that of a disk that is full.
func noRoom(err error) bool {
	id, _ := tree.Cause(err)
	return id == cause.HostDiskFullDuring
}
