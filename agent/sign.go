package agent

import (
	"context"
	"io/fs"
	"os"
	"slices"
	"time"

	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

// signLook is how often the agent looks whether a failure has resolved itself
// while the phone stays plugged in.
const signLook = 10 * time.Second

// Who sees the passcode question vanish unlocks the phone within seconds.
const (
	signSoon = 2 * time.Second // between two looks
	soonFor  = time.Minute     // after a failure
)

// sign returns how to see that what a failure waits for has happened: an unlock, room
// that was made, or a drive or usbmuxd that is back. It is nil when there is nothing to
// see.
func (v *visit) sign(ctx context.Context, why cause.ID, cfg configs.Config) func(context.Context) bool {
	if why == "" {
		return nil
	}
	row, _ := cause.Lookup(why)
	switch {
	case why == cause.PasscodePromptUnanswered, row.Retry.On == cause.OnUnlock:
		return v.unlockSign(ctx)
	case muxWasGone(why):
		return seldom(func(ctx context.Context) bool {
			links, _, err := v.agent.opts.Mux.Devices(ctx)
			if err != nil || !slices.ContainsFunc(links, func(l usbmux.Link) bool { return l.DeviceID == v.link.DeviceID }) {
				return false
			}
			v.phone.sawMux()
			return true
		})
	case why == cause.DestinationMissing, why == cause.DestinationOffline:
		dest := cfg.For(v.phone.udid).Destination
		return seldom(func(ctx context.Context) bool {
			_, err := inTime(ctx, v.agent.stores.at(dest), dest, func() (fs.FileInfo, error) { return os.Stat(dest) }, nil)
			if err != nil {
				return false
			}
			v.phone.sawReturn()
			return true
		})
	case tooFull(why):
		return v.roomSign(ctx, cfg.For(v.phone.udid).Destination)
	}
	return nil
}

// unlockSign sees the moment when a locked phone was unlocked. It asks at once, often at
// first and seldom later, each time without a session.
func (v *visit) unlockSign(ctx context.Context) func(context.Context) bool {
	begun, asked, locked := time.Now(), time.Time{}, false
	look := func(ctx context.Context) bool {
		pause := signSoon
		switch since := time.Since(begun); {
		case since > unlockPatience:
			pause = unlockLookLate
		case since > soonFor:
			pause = signLook
		}
		if time.Since(asked) < pause {
			return false
		}
		asked = time.Now()
		facts, err := v.handset.Facts(ctx)
		if err != nil || facts.PasswordProtected == nil {
			return false
		}
		if *facts.PasswordProtected {
			locked = true
			return false
		}
		if !locked {
			return false
		}
		v.phone.sawUnlock()
		return true
	}
	look(ctx)
	return look
}

// seldom has a sign looked for every signLook.
func seldom(seen func(context.Context) bool) func(context.Context) bool {
	last := time.Now()
	return func(ctx context.Context) bool {
		if time.Since(last) < signLook {
			return false
		}
		last = time.Now()
		return seen(ctx)
	}
}
