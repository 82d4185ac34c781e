package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// now is the moment at which every case of the schedule asks.
var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func ago_(d time.Duration) time.Time { return now.Add(-d) }

func fails(id cause.ID, ages ...time.Duration) []attempt {
	var list []attempt
	for _, d := range ages {
		list = append(list, attempt{at: ago_(d), cause: id})
	}
	return list
}

func TestDecide(t *testing.T) {
	t.Parallel()
	const day, hour, minute = 24 * time.Hour, time.Hour, time.Minute
	plugged := ago_(10 * minute)
	cases := []struct {
		name  string
		p     past
		in    time.Duration // until the next try
		never bool
		why   cause.ID
	}{
		{name: "never backed up", p: past{minInterval: day, acted: plugged}},
		{name: "backed up 3 h ago", p: past{lastGood: ago_(3 * hour), minInterval: day}, in: 21 * hour},
		{name: "backed up two days ago", p: past{lastGood: ago_(2 * day), minInterval: day}},
		{name: "last backup in the future", p: past{lastGood: ago_(-9000 * hour), minInterval: day}},
		{name: "a cut, and plugged in again", p: past{minInterval: day, acted: plugged,
			failures: fails(cause.DeviceDisconnected, 11*minute)}, why: cause.DeviceDisconnected},
		{name: "a failure that may pass, still plugged in", p: past{minInterval: day, acted: plugged,
			failures: fails(cause.MuxConnectFailed, 5*minute)}, in: 55 * minute, why: cause.MuxConnectFailed},
		{name: "three automatic tries are used up", p: past{minInterval: day, acted: ago_(6 * hour),
			failures: fails(cause.MuxConnectFailed, 5*hour, 4*hour, 3*hour, 2*hour)}, never: true, why: cause.MuxConnectFailed},
		{name: "the same, plugged in again", p: past{minInterval: day, acted: plugged,
			failures: fails(cause.MuxConnectFailed, 5*hour, 4*hour, 3*hour, 2*hour)}, why: cause.MuxConnectFailed},
		{name: "a full disk waits for the person", p: past{minInterval: day, acted: plugged,
			failures: fails(cause.HostDiskFull, 5*minute)}, never: true, why: cause.HostDiskFull},
		{name: "a missed passcode is not asked again at a re-plug", p: past{minInterval: day, acted: ago_(minute),
			failures: fails(cause.PasscodePromptUnanswered, 5*minute)}, in: 55 * minute, why: cause.PasscodePromptUnanswered},
		{name: "a missed passcode comes back at the next unlock", p: past{minInterval: day, acted: ago_(minute), unlocked: ago_(minute),
			failures: fails(cause.PasscodePromptUnanswered, 5*minute)}, why: cause.PasscodePromptUnanswered},
		{name: "but only once", p: past{minInterval: day, acted: ago_(minute), unlocked: ago_(minute),
			failures: fails(cause.PasscodePromptUnanswered, 15*minute, 5*minute)}, in: 55 * minute, why: cause.PasscodePromptUnanswered},
		{name: "missed three times in a day", p: past{minInterval: day, acted: ago_(minute), unlocked: ago_(minute),
			failures: fails(cause.PasscodePromptUnanswered, 9*hour, 5*hour, 2*hour)}, in: 15 * hour, why: cause.PasscodePromptUnanswered},
		{name: "a cancelled passcode is not asked again by itself", p: past{minInterval: day, acted: ago_(minute),
			failures: fails(cause.PasscodePromptCancelled, 5*minute)}, never: true, why: cause.PasscodePromptCancelled},
		{name: "a cancelled passcode, plugged in after the pause", p: past{minInterval: day, acted: ago_(minute),
			failures: fails(cause.PasscodePromptCancelled, 2*hour)}, in: -hour, why: cause.PasscodePromptCancelled},
		{name: "at every plug-in, and it was backed up since", p: past{lastGood: ago_(minute), acted: plugged}, never: true},
		{name: "at every plug-in, plugged in again", p: past{lastGood: ago_(11 * minute), acted: plugged}},
		{name: "a failure older than the last good backup", p: past{lastGood: ago_(2 * hour), minInterval: day, acted: plugged,
			failures: fails(cause.HostDiskFull, 3*hour)}, in: 22 * hour},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := decide(c.p, now)
			if got.never != c.never || got.why != c.why {
				t.Fatalf("decide = %+v, want never %v because of %q", got, c.never, c.why)
			}
			if !c.never && got.at.Sub(now) != c.in {
				t.Errorf("next try in %v, want %v", got.at.Sub(now), c.in)
			}
		})
	}
}

// TestNextTryInWords holds that all ways to the next try are told, and how to have it at once.
func TestNextTryInWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 18, 0, 0, 0, time.Local)
	missed := attempt{at: now.Add(-5 * time.Minute), cause: cause.PasscodePromptUnanswered}
	twice := []attempt{{at: now.Add(-time.Hour), cause: missed.cause}, missed}
	for want, failures := range map[string][]attempt{
		"when you unlock the iPhone, or at 18:55": {missed},
		"at 18:55": twice,
		"when you plug the iPhone in after 18:55":                    {{at: missed.at, cause: cause.PasscodePromptCancelled}},
		"when you plug the iPhone in again":                          {{at: missed.at, cause: cause.DestinationNotWritable}},
		"when there is room for it, or you plug the iPhone in again": {{at: missed.at, cause: cause.HostDiskFull}},
		"when you unlock the iPhone, or plug it in again":            {{at: missed.at, cause: cause.LockedDuringBackup}},
		"when the backup disk is back, or at 18:55":                  {{at: missed.at, cause: cause.DestinationMissing}},
	} {
		p := decide(past{minInterval: time.Hour, acted: now.Add(-2 * time.Hour), failures: failures}, now)
		if got := p.words(now); got != "the next try is "+want+"; to start one at once: homeport backup" {
			t.Errorf("want %q: %q (%+v)", want, got, p)
		}
	}
}

func TestContact(t *testing.T) {
	t.Parallel()
	var c contact
	at := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
	c.attached(at(0))
	c.detached(at(5))
	c.attached(at(10))
	if n, wait := c.flaps(at(11)), c.calmIn(at(11)); n != 0 || wait != 0 {
		t.Errorf("two attachments: flaps %d, calm in %v, want a steady contact", n, wait)
	}
	c.detached(at(15))
	c.attached(at(20))
	if n, wait := c.flaps(at(21)), c.calmIn(at(21)); n != 3 || wait != 9*time.Second {
		t.Errorf("three attachments in 20 s: flaps %d, calm in %v, want 3 and 9s", n, wait)
	}
	if wait := c.calmIn(at(31)); wait != 0 {
		t.Errorf("11 s after the last event: calm in %v, want now", wait)
	}
	if n := c.flaps(at(75)); n != 0 {
		t.Errorf("after the window: flaps %d, want 0", n)
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	if m.rate() != 0 || m.left() != 0 {
		t.Error("an empty meter knows a speed")
	}
	for s := range 31 {
		m.add(now.Add(time.Duration(s)*time.Second), int64(s)*10e6, float64(s))
	}
	if got := m.rate(); got != 10e6 {
		t.Errorf("rate = %v, want 10 MB/s", got)
	}
	if got := m.left(); got != 70*time.Second {
		t.Errorf("left = %v, want 70 s", got)
	}
}

// TestTrustThatComesLate is tapped when the wait for it is long over: the next try is made at once.
// After any other failure a new pair record changes nothing.
func TestTrustThatComesLate(t *testing.T) {
	t.Parallel()
	for id, want := range map[cause.ID]bool{cause.NotTrusted: true, cause.HostIOError: false} {
		synctest.Test(t, func(t *testing.T) {
			a := New(Options{Tell: func(Event) {}})
			p := a.phone(udidAnna)
			p.failed(attempt{cause: id})
			time.Sleep(time.Minute)
			a.follow(t.Context(), usbmux.Event{Kind: usbmux.Paired, Link: usbmux.Link{UDID: udidAnna, DeviceID: 1}})
			next := decide(p.past(time.Time{}, 0), time.Now())
			if now := !next.never && !next.at.After(time.Now()); now != want || len(p.poked) != 1 {
				t.Errorf("after %s: %+v", id, next)
			}
		})
	}
}

// TestSilentMuxIsToldOnce has a usbmuxd that hangs, and then hangs up: it was never there, so
// that is one thing to tell.
func TestSilentMuxIsToldOnce(t *testing.T) {
	t.Parallel()
	told := 0
	a := New(Options{Tell: func(Event) { told++ }})
	down := func(id cause.ID) {
		a.follow(t.Context(), usbmux.Event{Kind: usbmux.ServiceDown, Err: cause.New(id, nil, nil)})
	}
	down(cause.MuxNotAnswering)
	down(cause.MuxServiceStopped)
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	down(cause.MuxServiceNotRunning)
	a.follow(t.Context(), usbmux.Event{Kind: usbmux.ServiceUp})
	down(cause.MuxServiceStopped)
	if told != 4 {
		t.Errorf("told %d times in all", told)
	}
}
