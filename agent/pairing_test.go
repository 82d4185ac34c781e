package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/usbmux/lockdown"
)

// scripted is a phone that is asked for trust and does what a test says.
type scripted func(ctx context.Context, report func(lockdown.PairState)) error

func (s scripted) Pair(ctx context.Context, report func(lockdown.PairState)) error {
	return s(ctx, report)
}

// shows has a phone in a state until its wait ends.
func shows(states ...lockdown.PairState) scripted {
	return func(ctx context.Context, report func(lockdown.PairState)) error {
		for _, s := range states {
			report(s)
		}
		<-ctx.Done()
		return context.Cause(ctx)
	}
}

// leaves has a phone in a state, and its cable pulled after a while.
func leaves(after time.Duration, states ...lockdown.PairState) scripted {
	return func(_ context.Context, report func(lockdown.PairState)) error {
		for _, s := range states {
			report(s)
		}
		time.Sleep(after) // the bubble's clock
		return cause.New(cause.DeviceDisconnected, nil, errors.New("pair: EOF"))
	}
}

// trusts answers after a while.
func trusts(after time.Duration) scripted {
	return func(_ context.Context, report func(lockdown.PairState)) error {
		report(lockdown.PairDialog)
		time.Sleep(after) // the bubble's clock
		report(lockdown.PairAccepted)
		return nil
	}
}

// returns has the phone come back after a while, as another.
func returns(after time.Duration, next Pairer) func(context.Context) (Pairer, error) {
	var began time.Time
	return func(ctx context.Context) (Pairer, error) {
		if began.IsZero() {
			began = time.Now()
		}
		if err := sleep(ctx, after-time.Since(began)); err != nil {
			return nil, err
		}
		return next, nil
	}
}

// TestAskTrust holds what a person is told while a phone is asked for trust, when,
// and how it ends.
func TestAskTrust(t *testing.T) {
	t.Parallel()
	const dialog = "tap Trust on the iPhone and enter its passcode"
	tests := []struct {
		name  string
		phone Pairer
		back  func(context.Context) (Pairer, error)
		words []string
		id    cause.ID
		exit  int
	}{
		{name: "answered", phone: trusts(10 * time.Second), words: []string{"0s " + dialog, "10s the iPhone trusts this computer now"}},
		{name: "nobody answers", phone: shows(lockdown.PairAsking, lockdown.PairDialog), id: cause.NotTrusted, exit: cause.ExitWaitedInVain, words: []string{
			"0s asking the iPhone to trust this computer", "0s " + dialog,
			"30s if no question appears, unplug the iPhone and plug it in again",
			"1m0s tapping Trust is not enough; the iPhone then asks for its passcode",
			"2m0s if it still does not ask, restart the iPhone, or use another cable or port",
			"4m0s one minute is left; after that, start again",
		}},
		{name: "nobody unlocks", phone: shows(lockdown.PairLocked), id: cause.DeviceLocked, exit: cause.ExitWaitedInVain, words: []string{
			"0s unlock the iPhone, then tap Trust and enter its passcode",
			"30s the question comes only when the iPhone is unlocked: wake it and enter its passcode",
			"2m0s if it is unlocked already, unplug it and plug it in again",
			"4m0s one minute is left; after that, start again",
		}},
		{name: "it locks itself", phone: scripted(func(_ context.Context, report func(lockdown.PairState)) error {
			for _, s := range []lockdown.PairState{lockdown.PairStale, lockdown.PairDialog, lockdown.PairLocked, lockdown.PairDialog, lockdown.PairLocked, lockdown.PairAccepted} {
				report(s)
			}
			return nil
		}), words: []string{
			"0s the iPhone has forgotten this computer; it is asked again", "0s " + dialog,
			"0s the iPhone locked itself before the answer; unlock it, tap Trust and enter its passcode", "0s the iPhone trusts this computer now",
		}},
		{name: "refused", phone: scripted(func(context.Context, func(lockdown.PairState)) error {
			return cause.New(cause.TrustDenied, nil, errors.New("pair"))
		}), id: cause.TrustDenied, exit: cause.ExitRefused},
		{name: "unplugged, and nobody looks for it", phone: leaves(5*time.Second, lockdown.PairDialog), id: cause.DeviceDisconnected, exit: cause.ExitFailed,
			words: []string{"0s " + dialog}},
		{name: "plugged in again", phone: leaves(40*time.Second, lockdown.PairDialog), back: returns(20*time.Second, trusts(5*time.Second)), words: []string{
			"0s " + dialog, "30s if no question appears, unplug the iPhone and plug it in again",
			"42s the iPhone was unplugged; plug it in again to go on", "1m1s " + dialog, "1m6s the iPhone trusts this computer now",
		}},
		{name: "it lets go for a moment", phone: leaves(40*time.Second, lockdown.PairDialog), back: returns(0, trusts(5*time.Second)), words: []string{
			"0s " + dialog, "30s if no question appears, unplug the iPhone and plug it in again", "46s the iPhone trusts this computer now",
		}},
		{name: "unplugged for good", phone: leaves(40*time.Second, lockdown.PairDialog), back: returns(time.Hour, nil), id: cause.NotTrusted, exit: cause.ExitWaitedInVain,
			words: []string{"0s " + dialog, "30s if no question appears, unplug the iPhone and plug it in again", "42s the iPhone was unplugged; plug it in again to go on"}},
		{name: "it is there and never answers", phone: leaves(0), back: func(context.Context) (Pairer, error) { return leaves(0), nil }, id: cause.DeviceDisconnected, exit: cause.ExitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				var words []string
				err := AskTrust(t.Context(), tt.phone, tt.back, func(w TrustWord) {
					words = append(words, fmt.Sprintf("%v %s", time.Since(begun), w.Text))
					if w.Until.Sub(begun) != 5*time.Minute {
						t.Errorf("%s: until %v", w.Text, w.Until.Sub(begun))
					}
				})
				if got, want := strings.Join(words, "\n"), strings.Join(tt.words, "\n"); got != want {
					t.Errorf("told\n%s\nwant\n%s", got, want)
				}
				if causeOf(err) != tt.id || err != nil && cause.From(err).ExitCode() != tt.exit {
					t.Errorf("ended after %v with %v", time.Since(begun), err)
				}
				if tt.id == cause.NotTrusted && tt.back != nil && !strings.Contains(cause.From(err).Sentence(), "unplugged") {
					t.Errorf("%q", cause.From(err).Sentence())
				}
				if time.Since(begun) > 5*time.Minute {
					t.Errorf("it took %v", time.Since(begun))
				}
			})
		})
	}
}

// TestAskTrustIsCancelled holds that the caller's own reason is what is told.
func TestAskTrustIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause.New(cause.HostShutdown, nil, nil))
	back := func(context.Context) (Pairer, error) { t.Error("it was looked for"); return nil, errors.New("gone") }
	err := AskTrust(ctx, scripted(func(ctx context.Context, _ func(lockdown.PairState)) error { return context.Cause(ctx) }), back, func(TrustWord) {})
	if causeOf(err) != cause.HostShutdown {
		t.Errorf("%v", err)
	}
}
