package agent

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux/lockdown"
)

// glimpse is one look of a story: what is seen so long after its beginning, and
// what is told then.
type glimpse struct {
	at   time.Duration
	seen Sight
	want string // "step cause +reached... ! lost, READY: begin of the text"
}

// summary writes an advice as a glimpse wants it.
func (a Advice) summary() string {
	s := a.Step.String()
	if a.Cause != "" {
		s += " " + string(a.Cause)
	}
	for _, r := range a.Reached {
		s += " +" + r.String()
	}
	if a.Lost {
		s += " LOST"
	}
	if a.Ready {
		s += " READY"
	}
	return s + ": " + a.Text
}

// TestGuide plays stories of people whose phone does not appear, in time that
// passes by itself.
func TestGuide(t *testing.T) {
	t.Parallel()
	nothing := Sight{Absent: preflight.Finding{Status: preflight.Fail, Cause: cause.CableNoData, Group: cause.Cable}, Settled: true}
	absent := func(id cause.ID, g cause.Layer, settled bool) Sight {
		return Sight{Absent: preflight.Finding{Status: preflight.Fail, Cause: id, Group: g, Evidence: cause.Evidence{"port": "1-2"}}, Settled: settled}
	}
	there := func(change func(*Sight)) Sight {
		s := Sight{Phone: &Phone{UDID: udidAnna}}
		change(&s)
		return s
	}
	locked := there(func(s *Sight) { s.Locked = true })
	asked := there(func(s *Sight) { s.Pairing = lockdown.PairDialog })
	ready := there(func(s *Sight) { s.Trusted = true })
	refused := func(id cause.ID) Sight { return there(func(s *Sight) { s.Trust = cause.New(id, nil, nil) }) }
	for name, story := range map[string][]glimpse{
		"a cable for power only": {
			{0, nothing, "cable no-phone: nothing yet: plug the iPhone into this computer"},
			{14 * time.Second, nothing, "cable no-phone: nothing yet"},
			{15 * time.Second, nothing, "cable cable-no-data: still nothing: this cable may carry power only"},
			{40 * time.Second, nothing, "cable cable-no-data: still nothing: use another port"},
			{70 * time.Second, nothing, "cable cable-no-data: still nothing: look into the iPhone's socket"},
			{100 * time.Second, nothing, "cable cable-no-data: still nothing: restart the iPhone"},
			{9 * time.Minute, nothing, "cable cable-no-data: still nothing: restart the iPhone"},
		},
		"everything that can be asked for": {
			{0, nothing, "cable no-phone: nothing yet"},
			{5 * time.Second, absent(cause.DeviceNotInMux, cause.Cable, false), "port +cable: the computer sees the iPhone at port 1-2; one moment"},
			{16 * time.Second, absent(cause.DeviceNotInMux, cause.Cable, true), "port device-not-in-mux: "},
			{20 * time.Second, locked, "unlocked device-locked +port: unlock the iPhone"},
			{30 * time.Second, asked, "trusted not-trusted +unlocked: tap Trust"},
			{40 * time.Second, ready, "ready +trusted READY: ready"},
		},
		"usbmuxd ends, and nobody pulled a cable": {
			{0, locked, "unlocked device-locked +cable +port: unlock"},
			{time.Second, absent(cause.MuxServiceNotRunning, cause.Computer, true), "cable mux-service-not-running LOST: "},
			{9 * time.Second, locked, "unlocked device-locked +cable +port: unlock"},
		},
		"usbmuxd hangs": {{0, absent(cause.MuxNotAnswering, cause.Computer, true), "cable mux-not-answering: "}},
		"two phones": {
			{0, there(func(s *Sight) { s.Locked, s.Several, s.Phone.Name = true, true, "Ben's iPhone" }), "unlocked device-locked +cable +port: Ben's iPhone: unlock the iPhone"},
		},
		"it takes its time": {
			{0, there(func(s *Sight) { s.Meeting = true }), "port +cable: the computer sees the iPhone; one moment"},
			{2 * time.Second, ready, "ready +port +unlocked +trusted READY: ready"},
		},
		"pulled at the first word": {
			{0, there(func(s *Sight) { s.Silent = cause.New(cause.DeviceDisconnected, nil, nil) }), "cable device-disconnected LOST: it went away again"},
			{time.Second, nothing, "cable device-disconnected: it went away again"},
		},
		"over Wi-Fi only": {
			{0, Sight{Absent: nothing.Absent, Settled: true, Wireless: true}, "cable wifi-only: the iPhone is here over Wi-Fi only: plug it"},
			{15 * time.Second, Sight{Absent: nothing.Absent, Settled: true, Wireless: true}, "cable wifi-only: still nothing: this cable"},
		},
		"ready at once": {{0, ready, "ready +cable +port +unlocked +trusted READY: ready"}},
		"a port that reads nothing": {
			{0, absent(cause.USBEnumerationFailed, cause.Cable, true), "cable usb-enumeration-failed: port 1-2 notices something"},
			{time.Minute, nothing, "cable no-phone: nothing yet"}, // what was seen is gone: begin anew
		},
		"the service is what is missing": {
			{0, absent(cause.AppleSupportMissing, cause.Computer, true), "cable apple-support-missing: "},
		},
		"a loose contact": {
			{0, locked, "unlocked device-locked +cable +port: unlock"},
			{2 * time.Second, nothing, "cable device-disconnected LOST: it went away again"},
			{50 * time.Second, nothing, "cable device-disconnected: it went away again"},
			{51 * time.Second, locked, "unlocked device-locked +cable +port: unlock"},
			{52 * time.Second, nothing, "cable device-disconnected LOST: it went away again"},
			{53 * time.Second, absent(cause.DeviceNotInMux, cause.Cable, false), "port +cable: the computer sees"},
			{54 * time.Second, nothing, "cable usb-flapping LOST: the iPhone came and went 3 times"},
			{55 * time.Second, nothing, "cable usb-flapping: the iPhone came and went 3 times"},
		},
		"it locks itself again": {
			{0, asked, "trusted not-trusted +cable +port +unlocked: tap Trust"},
			{9 * time.Second, locked, "unlocked device-locked: unlock"},
			{12 * time.Second, ready, "ready +unlocked +trusted READY: ready"},
		},
		"Don't Trust was tapped": {
			{0, asked, "trusted not-trusted +cable +port +unlocked: tap Trust"},
			{3 * time.Second, refused(cause.TrustDenied), "trusted trust-denied: "},
			{9 * time.Second, nothing, "cable device-disconnected LOST: it went away"},
			{10 * time.Second, ready, "ready +cable +port +unlocked +trusted READY: ready"},
		},
		"no waiting helps": {{0, refused(cause.PairingProhibitedByPolicy), "trusted pairing-prohibited-by-policy +cable +port +unlocked READY: "}},
		"it does not answer": {
			{0, there(func(s *Sight) { s.Silent = cause.New(cause.TransferStalled, nil, nil) }), "port transfer-stalled +cable: the iPhone stopped answering"},
			{9 * time.Second, locked, "unlocked device-locked +port: unlock"},
		},
		"another one is there": {
			{0, Sight{Others: []string{"Ben's iPhone"}}, "cable no-phone: Ben's iPhone is here: plug the iPhone into this computer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g, begun := NewGuide(""), time.Now()
				for _, look := range story {
					time.Sleep(time.Until(begun.Add(look.at)))
					got := g.See(look.seen, time.Now()).summary()
					if !strings.HasPrefix(got, look.want) {
						t.Errorf("after %v told %q, want %q", look.at, got, look.want)
					}
				}
			})
		})
	}
}

// TestGuideWords holds that each step has words and that a person who stops is
// told how far it got.
func TestGuideWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for s := StepCable; s <= StepReady; s++ {
		g := &Guide{reached: s}
		for _, w := range []string{s.String(), s.Words(), g.Furthest()} {
			if w == "" || seen[w] {
				t.Errorf("step %d: %q", s, w)
			}
			seen[w] = true
		}
	}
	if b, err := StepPort.MarshalText(); string(b) != "port" || err != nil {
		t.Error(string(b), err)
	}
	if s := fmt.Sprint(Step(99)); s != "ready" {
		t.Errorf("step 99: %s", s)
	}
	if got := NewGuide("Anna's iPhone").See(Sight{}, time.Now()).Text; !strings.Contains(got, "plug Anna's iPhone into") {
		t.Errorf("told %q", got)
	}
	if got := (&Guide{lost: 1}).Furthest(); !strings.Contains(got, "went away") {
		t.Errorf("told %q", got)
	}
}
