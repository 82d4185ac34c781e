package agent

import (
	"context"
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

// sign returns how to see that what a failure waits for has happened: an unlock,
// or a drive or usbmuxd that is back. It is nil when there is nothing to see.
func (v *visit) sign(why cause.ID, cfg configs.Config) func(context.Context) bool {
	if why == "" {
		return nil
	}
	row, _ := cause.Lookup(why)
	switch {
	case why == cause.PasscodePromptUnanswered, row.Retry.On == cause.OnUnlock:
		return v.unlockSign()
	case muxWasGone(why):
		return func(ctx context.Context) bool {
			links, _, err := v.agent.opts.Mux.Devices(ctx)
			if err != nil || !slices.ContainsFunc(links, func(l usbmux.Link) bool { return l.DeviceID == v.link.DeviceID }) {
				return false
			}
			v.phone.sawMux()
			return true
		}
	case why == cause.DestinationMissing, why == cause.DestinationOffline:
		dest := cfg.For(v.phone.udid).Destination
		return func(context.Context) bool {
			if _, err := os.Stat(dest); err != nil {
				return false
			}
			v.phone.sawReturn()
			return true
		}
	}
	return nil
}

// unlockSign sees the moment when a locked phone was unlocked. It asks often at
// first and seldom later, each time without a session.
func (v *visit) unlockSign() func(context.Context) bool {
	begun, asked, locked := time.Now(), time.Time{}, false
	return func(ctx context.Context) bool {
		if time.Since(begun) > unlockPatience && time.Since(asked) < unlockLookLate {
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
}
