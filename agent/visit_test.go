package agent

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

func TestUnlockIsLookedForLessAndLess(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		s.phone.set(func() { s.phone.locked = true })
		s.attach()
		if e := s.diary.await(t, Waiting); e.Cause != cause.DeviceLocked {
			t.Fatalf("waiting: %+v", e)
		}
		sessions := s.phone.sessions
		s.phone.set(func() { s.phone.asked = nil })
		s.pass(31 * time.Minute)
		var want []time.Duration
		for at := 10 * time.Second; at <= 10*time.Minute; at += 10 * time.Second {
			want = append(want, at)
		}
		want = append(want, 15*time.Minute, 20*time.Minute, 25*time.Minute, 30*time.Minute)
		var asked []time.Duration
		for _, at := range s.phone.asked {
			asked = append(asked, at.Sub(s.begun).Round(time.Second))
		}
		if !slices.Equal(asked, want) {
			t.Errorf("asked at %v, want %v", asked, want)
		}
		if s.phone.sessions != sessions {
			t.Errorf("%d sessions were opened meanwhile", s.phone.sessions-sessions)
		}
		s.phone.set(func() { s.phone.locked = false })
		s.pass(5 * time.Minute)
		if got := s.tries(); !slices.Equal(got, []time.Duration{35 * time.Minute}) {
			t.Errorf("tries at %v, want one at the next look", got)
		}
	})
}

func TestUnplugGrace(t *testing.T) {
	play(t, map[string]string{"min_interval": "24h"}, func(t *testing.T, s *stage) {
		s.engine.fails(cause.HostDiskFullDuring)
		s.detach(s.attach())
		s.pass(time.Second)
		l := s.attach()
		s.pass(5 * time.Second)
		if plugged, gone := len(s.diary.all(Plugged)), len(s.diary.all(Unplugged)); plugged != 1 || gone != 0 {
			t.Errorf("a gap of 1 s: plugged told %d times, unplugged %d", plugged, gone)
		}
		at := time.Now()
		s.detach(l)
		s.pass(3 * time.Second)
		gone := s.diary.all(Unplugged)
		if len(gone) != 1 || gone[0].Time.Sub(at) != unplugGrace {
			t.Errorf("unplugged: %+v", gone)
		}
		s.attach()
		if n := len(s.diary.all(Plugged)); n != 2 {
			t.Errorf("plugged told %d times", n)
		}
	})
}

func TestStopInTheGrace(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.fails(cause.HostDiskFullDuring)
		s.detach(s.attach())
		s.pass(time.Second)
		s.stop(errStop) // play wants Run to end at once, and nothing after it
		s.pass(5 * time.Second)
		if n := len(s.diary.all(Unplugged)); n != 0 {
			t.Errorf("told after the end:\n%s", s.diary)
		}
	})
}

func TestFlappingPhoneMustHoldStill(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		for range 2 {
			l := s.attach()
			s.pass(3 * time.Second)
			s.detach(l)
			s.pass(3 * time.Second)
		}
		s.attach() // 12 s after the first
		s.pass(time.Minute)
		if got := s.tries(); !slices.Equal(got, []time.Duration{0, 6 * time.Second, 22 * time.Second}) {
			t.Errorf("tries at %v, want the third after 10 s of calm", got)
		}
	})
}

// TestRetryPauses follows each kind of failure for a day, without anybody near,
// and then through a re-plug.
func TestRetryPauses(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	replug := 30 * hour
	cases := map[cause.ID][]time.Duration{
		cause.MuxConnectFailed:         {0, hour, 2 * hour, 3 * hour, replug, replug + hour, replug + 2*hour, replug + 3*hour},
		cause.HostDiskFullDuring:       {0, replug},
		cause.DeviceDisconnected:       {0, replug},
		cause.PasscodePromptUnanswered: {0, hour, 2 * hour, 24 * hour, 25 * hour, 26 * hour, 48 * hour, 49 * hour, 50 * hour},
		cause.PasscodePromptCancelled:  {0, replug},
		cause.Unknown:                  nil, // asked below: never more than the limits
	}
	for id, want := range cases {
		t.Run(string(id), func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				s.engine.fails(id)
				l := s.attach()
				s.left.Store(id == cause.DeviceDisconnected)
				s.pass(replug - 10*time.Second)
				s.detach(l)
				s.pass(10 * time.Second)
				s.attach()
				s.pass(23 * hour)
				got := s.tries()
				for i := range got { // the wait for news comes on top
					got[i] = got[i].Round(time.Minute)
				}
				if want == nil && len(got) > 2*(retryMost+1) || want != nil && !slices.Equal(got, want) {
					t.Errorf("tries at %v, want %v", got, want)
				}
			})
		})
	}
}

// TestBackUnderAnotherNumber has usbmuxd tell the new link before it takes the old
// one away: the phone must not be forgotten in between.
func TestBackUnderAnotherNumber(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		old := s.attach()
		s.pass(time.Second)
		s.attach()
		s.pass(time.Second)
		s.detach(old)
		s.pass(time.Second)
		if got := s.tries(); !slices.Equal(got, []time.Duration{0, 2 * time.Second}) {
			t.Errorf("tries at %v, want one over each link", got)
		}
		if n := len(s.diary.all(Unplugged)); n != 0 {
			t.Error("it was told to be gone")
		}
	})
}

func TestRunsOfAPhoneNeverOverlap(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(4 * time.Second)
		s.detach(s.attach())
		s.attach()
		s.pass(3 * time.Second)
		if n := len(s.tries()); n != 1 {
			t.Errorf("%d runs while the first had not ended", n)
		}
		s.pass(2 * time.Second)
		if s.engine.most != 1 || len(s.tries()) != 2 {
			t.Errorf("%d runs at the same time, %d in all", s.engine.most, len(s.tries()))
		}
		s.engine.does(func(ctx context.Context) error { return context.Cause(ctx) })
		s.stop(errStop)
		s.pass(5 * time.Second)
	})
}

func TestTrustIsIgnored(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.phone.trust = cause.New(cause.NotTrusted, nil, nil)
		s.phone.pair = func(ctx context.Context, report func(lockdown.PairState)) error {
			report(lockdown.PairAsking)
			report(lockdown.PairDialog)
			if err := sleep(ctx, 5*time.Minute); err != nil {
				return err
			}
			return s.phone.trust
		}
		s.attach()
		if e := s.diary.await(t, Waiting); e.Cause != cause.NotTrusted {
			t.Errorf("waiting: %+v", e)
		}
		s.pass(5 * time.Minute)
		e := s.diary.await(t, Failed)
		if e.Cause != cause.NotTrusted || e.Error.Evidence["waited"] != cause.Seconds(300) || e.Error.ExitCode != cause.ExitWaitedInVain {
			t.Errorf("failed: %+v", e.Error)
		}
		if e := s.diary.await(t, Skipped); e.Next == nil || e.Next.Sub(s.begun) < time.Hour {
			t.Errorf("next: %+v", e)
		}
	})
}

// TestNewsExplainABreak has the connection break a moment before the watcher says
// why.
func TestNewsExplainABreak(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		breaks cause.ID
		news   usbmux.Kind
		after  time.Duration
		want   cause.ID
		left   bool // usbmuxd's list is without the phone from the break on
	}{
		"the cable":           {cause.MuxConnectFailed, usbmux.Detached, 100 * time.Millisecond, cause.DeviceDisconnected, false},
		"usbmuxd":             {cause.DeviceDisconnected, usbmux.ServiceDown, 100 * time.Millisecond, cause.MuxServiceStopped, false},
		"no news":             {cause.DeviceDisconnected, usbmux.Paired, 100 * time.Millisecond, cause.DeviceBackupAgentCrashed, false},
		"news too late":       {cause.DeviceDisconnected, usbmux.ServiceDown, 2 * time.Second, cause.DeviceBackupAgentCrashed, false},
		"what is no break":    {cause.HostDiskFullDuring, usbmux.ServiceDown, 0, cause.HostDiskFullDuring, false},
		"usbmuxd, told first": {cause.DeviceDisconnected, usbmux.ServiceDown, 0, cause.MuxServiceStopped, false},
		"event too late":      {cause.MuxConnectFailed, usbmux.Detached, 2 * time.Second, cause.DeviceDisconnected, true},
		"refused, still here": {cause.MuxConnectFailed, usbmux.Paired, 100 * time.Millisecond, cause.MuxConnectFailed, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				broken := make(chan struct{})
				s.engine.does(func(context.Context) error {
					<-broken
					return cause.New(c.breaks, cause.Evidence{"received": cause.Bytes(1)}, errors.New("EOF"))
				})
				l := s.attach()
				s.pass(time.Second)
				s.left.Store(c.left)
				if c.after > 0 {
					close(broken)
				}
				s.pass(c.after)
				s.events <- usbmux.Event{Kind: c.news, Link: l}
				synctest.Wait()
				if c.after == 0 {
					close(broken)
				}
				s.pass(time.Second)
				told := s.diary.all(Failed)
				if len(told) != 1 || told[0].Cause != c.want {
					t.Errorf("told %+v, want %s", told, c.want)
				}
				s.engine.holds(0)
			})
		})
	}
}

// TestWhoWentFirst tells a phone that was unplugged, after which usbmuxd ends on
// Linux, from a usbmuxd that died and took the phone's link with it.
func TestWhoWentFirst(t *testing.T) {
	t.Parallel()
	for _, want := range []cause.ID{cause.DeviceDisconnected, cause.MuxServiceStopped} {
		t.Run(string(want), func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				s.engine.holds(time.Second)
				l := s.attach()
				s.pass(time.Second)
				down := usbmux.Event{Kind: usbmux.ServiceDown}
				if want == cause.DeviceDisconnected {
					s.detach(l)
					s.events <- down
				} else {
					s.events <- down
					s.pass(5 * time.Second)
					s.detach(l)
				}
				s.pass(2 * time.Second)
				if told := s.diary.all(Failed); len(told) != 1 || told[0].Cause != want {
					t.Errorf("told %+v", told)
				}
			})
		})
	}
}

// slowHandset does not say who it is before it is let go.
type slowHandset struct {
	Handset
	let chan struct{}
}

func (h slowHandset) Facts(ctx context.Context) (lockdown.Facts, error) {
	<-h.let
	return lockdown.Facts{DeviceName: "Anna's iPhone"}, nil
}

// TestPhoneThatDoesNotSayWhoItIs is told to be there all the same, and once.
func TestPhoneThatDoesNotSayWhoItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []Event
		a := New(Options{Tell: func(e Event) { told = append(told, e) }})
		h := slowHandset{let: make(chan struct{})}
		v := &visit{phone: a.phone(udidAnna), agent: a, link: usbmux.Link{UDID: udidAnna, Connection: usbmux.USB}, handset: h}
		over := make(chan struct{})
		go func() {
			defer close(over)
			v.greet(t.Context())
		}()
		time.Sleep(greetPatience + time.Second)
		synctest.Wait()
		if len(told) != 1 || told[0].Kind != Plugged || told[0].Phone.Connection != usbmux.USB {
			t.Errorf("told %+v", told)
		}
		close(h.let)
		<-over
		if len(told) != 1 || v.phone.seen().Name != "Anna's iPhone" {
			t.Errorf("told %+v of %+v", told, v.phone.seen())
		}
	})
}

// TestLooseContactIsAnsweredOnce lets a phone that is not due go and come back, before and after
// it is told to be gone.
func TestLooseContactIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []Event
		a := New(Options{Tell: func(e Event) { told = append(told, e) }})
		h := slowHandset{let: make(chan struct{})}
		close(h.let)
		p := a.phone(udidAnna)
		wait := plan{at: time.Now().Add(time.Hour)}
		come := func() int {
			p.mu.Lock()
			p.contact.attached(time.Now())
			p.mu.Unlock()
			v := &visit{phone: p, agent: a, link: usbmux.Link{UDID: udidAnna, Connection: usbmux.USB}, handset: h}
			v.greet(t.Context())
			before := len(told)
			v.tellWait(wait, time.Now(), time.Now())
			return len(told) - before
		}
		if n := come() + come(); n != 2 {
			t.Errorf("answered %d times", n)
		}
		if n := come() + come() + come(); n != 0 {
			t.Errorf("a loose contact is answered %d times more", n)
		}
		p.leftFor(t.Context())
		if n := come(); n != 1 {
			t.Errorf("plugged in anew it is answered %d times", n)
		}
	})
}
