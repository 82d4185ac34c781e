package agent

import (
	"context"
	"errors"
	"time"

	"homeport/cause"
	"homeport/usbmux/lockdown"
)

// How long the agent waits for a person, and how often it looks: the deadline
// table of the design.
const (
	unlockLook     = 10 * time.Second
	unlockPatience = 10 * time.Minute
	unlockLookLate = 5 * time.Minute
	lockPatience   = 5 * time.Minute // another program's sync
	lockLook       = 10 * time.Second
)

// waitFor lets the person do what the failing check asks for: unlock, trust, or
// close another program. It answers an error when that was refused or the wait
// ran out, and cause's own error when there is nothing to wait for.
func (v *visit) waitFor(ctx context.Context, failure *cause.Error) error {
	if needsTrust(failure.ID) {
		return v.askTrust(ctx)
	}
	switch failure.ID {
	case cause.DeviceLocked, cause.DeviceNotUnlockedSinceBoot:
		return v.waitUnlock(ctx, failure)
	case cause.SyncLockHeld:
		return v.waitSyncLock(ctx, failure)
	}
	return failure
}

// waitable reports whether waitFor has something to wait for.
func waitable(id cause.ID) bool {
	switch id {
	case cause.DeviceLocked, cause.DeviceNotUnlockedSinceBoot, cause.SyncLockHeld:
		return true
	}
	return needsTrust(id)
}

// needsTrust reports whether pairing is what helps.
func needsTrust(id cause.ID) bool {
	switch id {
	case cause.NotTrusted, cause.PairRecordMissing, cause.PairRecordStale, cause.PairRecordUnreadable:
		return true
	}
	return false
}

// askOnce asks the phone for trust without waiting for a person: a phone that
// shows its question, or is locked, does not trust this computer yet.
func (v *visit) askOnce(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	return v.handset.Pair(ctx, func(s lockdown.PairState) {
		switch s {
		case lockdown.PairDialog:
			stop(cause.New(cause.NotTrusted, nil, errors.New("pair: the question is up")))
		case lockdown.PairLocked:
			stop(cause.New(cause.DeviceLocked, nil, errors.New("pair: the phone is locked")))
		}
	})
}

// askTrust pairs, and tells what the person has to do meanwhile. A verb outlives
// that the phone is plugged in again for it; the agent begins another visit.
func (v *visit) askTrust(ctx context.Context) error {
	var back func(context.Context) (Pairer, error)
	if v.tie != nil {
		v.tie.loosen()
		defer func() { v.tie.fasten(v.link) }()
		back = v.comesBack
	}
	return AskTrust(ctx, v.handset, back, func(w TrustWord) {
		switch w.Text {
		case PairWords(lockdown.PairAsking):
		case PairWords(lockdown.PairAccepted): // nothing is left to do
			v.tell(Event{Kind: Waiting, Message: w.Text})
		default:
			v.tell(Event{Kind: Waiting, Cause: cause.NotTrusted, Message: w.Text})
		}
	})
}

// comesBack finds the phone over its new link, and goes on with it there.
func (v *visit) comesBack(ctx context.Context) (Pairer, error) {
	l, err := FindAgain(ctx, v.agent.opts.Mux, v.link.UDID)
	if err != nil {
		return nil, err
	}
	again := v.agent.opts.Dial(l)
	if before, ok := v.handset.(*lockdown.Phone); ok {
		if now, ok := again.(*lockdown.Phone); ok {
			now.GoOn(before)
		}
	}
	_ = v.handset.Close()
	v.link, v.handset = l, again
	return again, nil
}

// waitUnlock looks now and then whether the phone was unlocked. It holds no
// session meanwhile, and asks less often after a while.
func (v *visit) waitUnlock(ctx context.Context, failure *cause.Error) error {
	v.tell(Event{Kind: Waiting, Cause: failure.ID, Message: "unlock the iPhone"})
	begun := time.Now()
	for {
		look := unlockLook
		if time.Since(begun) >= unlockPatience {
			if v.patience {
				return waited(failure, begun)
			}
			look = unlockLookLate
		}
		if err := sleep(ctx, look); err != nil {
			return err
		}
		facts, err := v.handset.Facts(ctx)
		if err == nil && facts.PasswordProtected != nil && !*facts.PasswordProtected {
			v.phone.sawUnlock()
			return nil
		}
		if failure.ID == cause.DeviceNotUnlockedSinceBoot && v.handset.Trust(ctx) == nil {
			v.phone.sawUnlock()
			return nil
		}
	}
}

// waitSyncLock waits for another program to finish its sync.
func (v *visit) waitSyncLock(ctx context.Context, failure *cause.Error) error {
	if err := v.taken(ctx); err != nil {
		return err
	}
	v.tell(Event{Kind: Waiting, Cause: failure.ID, Message: failure.Sentence()})
	begun := time.Now()
	for time.Since(begun) < lockPatience {
		if err := sleep(ctx, lockLook); err != nil {
			return err
		}
		if err := v.taken(ctx); err != nil {
			return err
		}
		release, err := v.handset.TrySyncLock(ctx)
		if err == nil {
			return release()
		}
		if id, _ := cause.Of(err); id != cause.SyncLockHeld {
			return err
		}
	}
	return waited(failure, begun)
}

// waited notes in an error how long the person was waited for, which makes it
// exit as a wait that ran out. An error that ends the wait by itself is no such.
func waited(err error, begun time.Time) error {
	e := *cause.From(err)
	if e.ID == cause.PairRecordStale || e.ID == cause.PairRecordUnreadable {
		return err
	}
	ev := cause.Evidence{"waited": cause.Seconds(time.Since(begun).Seconds())}
	for k, x := range e.Evidence {
		ev[k] = x
	}
	return cause.New(e.ID, ev, err)
}
