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

// askTrust pairs, and tells what the phone shows meanwhile.
func (v *visit) askTrust(ctx context.Context) error {
	begun := time.Now()
	var told lockdown.PairState
	err := v.handset.Pair(ctx, func(s lockdown.PairState) {
		if s == told || s == lockdown.PairAsking {
			return
		}
		told = s
		v.tell(Event{Kind: Waiting, Cause: cause.NotTrusted, Message: PairWords(s)})
	})
	if err != nil {
		return waited(err, begun)
	}
	return nil
}

// PairWords says what the person should do in a state of pairing.
func PairWords(s lockdown.PairState) string {
	switch s {
	case lockdown.PairLocked:
		return "unlock the iPhone, then tap Trust and enter its passcode"
	case lockdown.PairDialog:
		return "tap Trust on the iPhone and enter its passcode"
	case lockdown.PairAccepted:
		return "the iPhone trusts this computer now"
	}
	return "asking the iPhone to trust this computer"
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
	v.tell(Event{Kind: Waiting, Cause: failure.ID, Message: failure.Sentence()})
	begun := time.Now()
	for time.Since(begun) < lockPatience {
		if err := sleep(ctx, lockLook); err != nil {
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
