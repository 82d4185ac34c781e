package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"homeport/cause"
)

// keeper renews the lease that a phone was taken with until it is closed, or lost.
type keeper struct {
	phone *phone

	mu      sync.Mutex
	mine    lease
	written bool  // false while the disk has had no room for it
	lost    error // once another one has taken over

	ctx    context.Context // ends with the loss
	lose   context.CancelCauseFunc
	ending chan struct{}
	ended  sync.WaitGroup
}

func newKeeper(p *phone, mine lease, written bool) *keeper {
	k := &keeper{phone: p, mine: mine, written: written, ending: make(chan struct{})}
	k.ctx, k.lose = context.WithCancelCause(context.Background())
	k.ended.Go(k.run)
	return k
}

// run renews until the end. A disk that is away just now may come back: what counts is
// that the lease is still there when something is done with it.
func (k *keeper) run() {
	t := time.NewTicker(k.phone.store.options.leaseEvery)
	defer t.Stop()
	for {
		select {
		case <-k.ending:
			return
		case <-k.ctx.Done():
			return
		case <-t.C:
			err := cause.Guard(k.renew)
			if _, broke := errors.AsType[*cause.Panic](err); broke {
				k.lose(err) // who cannot renew it any more must not write
			}
		}
	}
}

// renew writes the lease anew, and so proves that it is still this holder's. The error
// is lease-lost, for ever, or the disk's.
func (k *keeper) renew() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lost != nil {
		return k.lost
	}
	p, next := k.phone, k.mine
	next.Counter++
	// It is written before the old one is read: whoever takes over removes it after
	// having taken the old one, so that the rename below cannot come too late.
	werr := p.writeLease(&next)
	if werr != nil && !noRoom(werr) {
		return werr
	}
	if err := k.still(); err != nil {
		_ = removeAll(p.dir, next.fresh())
		return err
	}
	if werr != nil {
		_ = removeAll(p.dir, next.fresh())
		return nil // known to be there, and that is what can be had
	}
	rename := p.dir.Rename
	if !k.written {
		rename = p.dir.RenameNew
	}
	switch err := rename(next.fresh(), p.dir, leaseName); {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist):
		return k.still()
	case err != nil:
		return err
	}
	k.mine, k.written = next, true
	return nil
}

// absence is how long a lease may be missing: somebody took it by mistake and gives it
// back.
const absence = time.Second

// still reads the lease, and notes the loss when it is not ours any more.
func (k *keeper) still() error {
	p := k.phone
	for begun := time.Now(); ; time.Sleep(lockPoll) {
		seen, err := p.readLease(leaseName)
		switch {
		case err != nil:
			return err
		case seen.sameAs(&k.mine), seen == nil && !k.written:
			return nil
		case seen == nil && time.Since(begun) < absence:
			continue
		}
		k.lost = p.lostTo(seen)
		k.lose(k.lost)
		return k.lost
	}
}

// close ends the renewing, and gives the lease back if it is still ours.
func (k *keeper) close() {
	close(k.ending)
	k.ended.Wait()
	k.lose(nil)
	if k.lost == nil && k.written {
		_, _ = k.phone.consume(&k.mine) // else it is found to be of a dead process
	}
}

// above is a generation that an earlier holder could have used.
func (k *keeper) above() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mine.Above
}

// check proves that the phone's lease is still ours, before something is done that
// counts. A phone that is held without one, on a disk that can only be read, has
// nothing to prove.
func (p *phone) check() error {
	if p.keeper == nil {
		return nil
	}
	return p.keeper.renew()
}

// lost is the error of a lease that another computer has taken over; nil when it is
// still ours, or nobody knows.
func (p *phone) lost() error {
	if err := p.check(); errors.Is(err, errLost) {
		return err
	}
	return nil
}

// blame makes lease-lost of an error of one who has lost the lease: what is missing, a
// taker took away.
func (p *phone) blame(err error) error {
	if err == nil || errors.Is(err, errLost) {
		return err
	}
	if lost := p.lost(); lost != nil {
		return errors.Join(lost, err)
	}
	return err
}

// writeLease writes a lease beside the one it will replace. It is durable before it
// gets its name: one that a power cut has torn says of nobody that he is dead.
func (p *phone) writeLease(l *lease) error {
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return fmt.Errorf("write lease: %w", err)
	}
	data = append(data, '\n')
	if err := removeAll(p.dir, l.fresh()); err != nil {
		return err
	}
	f, err := p.dir.Create(l.fresh())
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return err
	}
	return finishFile(f, int64(len(data)))
}
