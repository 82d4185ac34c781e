package main

import (
	"context"
	"errors"
	"time"

	"homeport/agent"
	"homeport/cause"
	"homeport/usbmux/lockdown"
)

// How long a foreground verb waits for an unlock, and how often it looks: the
// deadline table of the design.
const (
	unlockLook     = 10 * time.Second
	unlockPatience = 10 * time.Minute
)

// ready makes sure that the phone trusts this computer and is unlocked.
func (r *photoRun) ready(ctx context.Context) error {
	err := r.handset.Trust(ctx)
	switch id, _ := cause.Of(err); {
	case r.o.noWait:
	case id == cause.NotTrusted, id == cause.PairRecordMissing, id == cause.PairRecordStale, id == cause.PairRecordUnreadable:
		err = r.pair(ctx)
	case id == cause.DeviceLocked, id == cause.DeviceNotUnlockedSinceBoot:
		err = r.waitUnlock(ctx, err)
	}
	if err != nil {
		return err
	}
	locked, err := r.locked(ctx)
	if err != nil || !locked {
		return err
	}
	err = cause.New(cause.DeviceLocked, nil, errors.New("copy photos: the phone is locked"))
	if r.o.noWait {
		return err
	}
	return r.waitUnlock(ctx, err)
}

// pair asks for trust, and tells what has to be done meanwhile.
func (r *photoRun) pair(ctx context.Context) error {
	return agent.AskTrust(ctx, r.handset, nil, func(w agent.TrustWord) {
		if w.Text != agent.PairWords(lockdown.PairAsking) {
			r.tell.say(w.Text)
		}
	})
}

// locked asks the phone whether it is locked.
func (r *photoRun) locked(ctx context.Context) (bool, error) {
	facts, err := r.handset.Facts(ctx)
	if err != nil {
		return false, err
	}
	return facts.PasswordProtected != nil && *facts.PasswordProtected, nil
}

// waitUnlock waits until the phone is unlocked.
func (r *photoRun) waitUnlock(ctx context.Context, why error) error {
	r.tell.still()
	r.tell.say("unlock the iPhone to go on")
	return untilUnlocked(ctx, why, r.locked)
}

// untilUnlocked looks now and then. An error of one look is that of a phone which
// just now is busy with its person.
func untilUnlocked(ctx context.Context, why error, locked func(context.Context) (bool, error)) error {
	begun := time.Now()
	look := time.NewTicker(unlockLook)
	defer look.Stop()
	for time.Since(begun) < unlockPatience {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
		if is, err := locked(ctx); err == nil && !is {
			return nil
		}
	}
	return inVain(cause.New(cause.DeviceLocked, nil, why), begun)
}

// inVain notes how long the person was waited for, which makes an error exit as a
// wait that ran out.
func inVain(err error, begun time.Time) error {
	e := *cause.From(err)
	ev := cause.Evidence{"waited": cause.Seconds(time.Since(begun).Seconds())}
	for k, x := range e.Evidence {
		ev[k] = x
	}
	return cause.New(e.ID, ev, err)
}
