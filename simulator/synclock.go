package simulator

import "time"

// The two lock operations that hosts use: exclusive without waiting, and unlock.
const (
	lockExclusive = 2 | 4
	lockRelease   = 8 | 4
)

// syncLock is who holds which file locked through AFC.
type syncLock struct {
	owners map[string]*afcConn
	other  bool      // another program (Finder, Photos) holds every lock
	until  time.Time // until then, when not zero
}

// HoldSyncLock makes another program hold the sync lock: locking answers status 19 (would block) for d, or until ReleaseSyncLock when
// d is 0.
func (p *Phone) HoldSyncLock(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sync.other, p.sync.until = true, time.Time{}
	if d > 0 {
		p.sync.until = time.Now().Add(d)
	}
}

// ReleaseSyncLock ends HoldSyncLock.
func (p *Phone) ReleaseSyncLock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sync.other = false
}

// SyncLocked tells whether a host holds any AFC lock on the phone.
func (p *Phone) SyncLocked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sync.owners) > 0
}

// lockPath does one lock operation on an open file.
func (p *Phone) lockPath(file *afcFile, by *afcConn, operation uint64, now time.Time) int {
	if operation == lockRelease {
		p.unlockPath(file, by)
		return afcOK
	}
	if operation != lockExclusive && operation != 1|4 {
		return afcInvalid
	}
	if p.meter.takeLock() {
		return afcWouldBlock
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.sync.other && (p.sync.until.IsZero() || now.Before(p.sync.until))
	if owner := p.sync.owners[file.path]; held || owner != nil && owner != by {
		return afcWouldBlock
	}
	if p.sync.owners == nil {
		p.sync.owners = map[string]*afcConn{}
	}
	p.sync.owners[file.path], file.locked = by, true
	return afcOK
}

// unlockPath gives up what a file holds, if it holds anything.
func (p *Phone) unlockPath(file *afcFile, by *afcConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if file.locked && p.sync.owners[file.path] == by {
		delete(p.sync.owners, file.path)
	}
	file.locked = false
}
