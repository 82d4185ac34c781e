//go:build unix

package main

import (
	"strings"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// TestPairSurvivesThePlug pulls the cable while the phone asks its owner, who answers
// after that. The phone is asked about the same keys, and so the answer counts.
func TestPairSurvivesThePlug(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"pair", "backup"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, untrusted)
			args := []string{verb}
			if verb == "backup" {
				args = append(args, "--dest", s.made())
			}
			cmd := command(t, s.sim.Addr(), args...)
			out := started(t, cmd)
			out.await("tap Trust on the iPhone and enter its passcode")
			s.phone.Detach()
			out.await("the iPhone was unplugged; plug it in again to go on")
			s.phone.Attach()
			out.await("tap Trust on the iPhone and enter its passcode")
			s.phone.Trust()
			out.await(map[string]string{"pair": "Anna's iPhone: trusted", "backup": "backed up"}[verb])
			for out.in.Scan() {
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v\n%s", err, out.all.String())
			}
			if c := s.phone.Counts(); c.Pairings != 1 || s.phone.TrustedHosts() != 1 {
				t.Errorf("%d pairings, %d computers", c.Pairings, s.phone.TrustedHosts())
			}
		})
	}
}

// TestPairGoesOnWithTheSameKeys loses the phone's answer: it has accepted this
// computer, which does not know of it, and lets go of the link. When it comes back,
// nobody is asked twice, because the keys are the same.
func TestPairGoesOnWithTheSameKeys(t *testing.T) {
	t.Parallel()
	s := newStage(t, untrusted)
	cmd := command(t, s.sim.Addr(), "pair")
	out := started(t, cmd)
	out.await("tap Trust")
	s.askedOnce() // the first one may have had more to say
	exchange := s.askedOnce()
	s.phone.Play(simulator.CutAfter{Channel: simulator.ChannelLockdown, Bytes: exchange - 20, Kind: simulator.Detached})
	s.phone.Trust()
	until(t, "the phone lets go", func() bool { return !s.phone.Attached() })
	if n := s.phone.TrustedHosts(); n != 1 {
		t.Fatalf("the phone has accepted %d computers", n)
	}
	s.phone.Attach()
	out.await("Anna's iPhone: trusted")
	_ = cmd.Wait()
	if c := s.phone.Counts(); c.Pairings != 2 || s.phone.TrustedHosts() != 1 || s.phone.DialogUp() {
		t.Errorf("%d pairings, %d computers, a question up: %v", c.Pairings, s.phone.TrustedHosts(), s.phone.DialogUp())
	}
}

// askedOnce waits until the phone was asked for trust once more, and returns how many
// bytes that took.
func (s *stage) askedOnce() int64 {
	s.Helper()
	total := func() int64 { return s.phone.Traffic(simulator.ChannelLockdown).Total() }
	rests := func() bool {
		before := total()
		select {
		case <-s.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
		return total() == before
	}
	until(s.T, "a pause", rests)
	before, polls := total(), s.phone.Counts().Polls
	until(s.T, "another question", func() bool { return s.phone.Counts().Polls > polls })
	until(s.T, "a pause", rests)
	return total() - before
}

// TestPairTellsEachState has phones in each state of trust: what is told, once, and
// how it ends.
func TestPairTellsEachState(t *testing.T) {
	t.Parallel()
	auto := func(s *simulator.PhoneSpec) { s.Trust = simulator.Trust{Mode: simulator.TrustAuto, Polls: 2} }
	for _, tt := range []struct {
		name   string
		spec   func(*simulator.PhoneSpec)
		before func(*stage)
		want   []string
		exit   int
	}{
		{name: "trusted already", want: []string{"Anna's iPhone: trusted already"}},
		{name: "new", spec: auto, want: []string{"asking the iPhone to trust this computer", "tap Trust on the iPhone and enter its passcode", "Anna's iPhone: trusted"}},
		{name: "forgotten", before: func(s *stage) {
			s.phone.Forget()
			s.phone.SetTrust(simulator.Trust{Mode: simulator.TrustAuto, Polls: 1})
		},
			want: []string{"the iPhone has forgotten this computer; it is asked again", "tap Trust on the iPhone and enter its passcode", "Anna's iPhone: trusted"}},
		{name: "another computer's key", before: func(s *stage) {
			s.sim.SetPairRecord(stageUDID, []byte("<plist>"))
			s.phone.SetTrust(simulator.Trust{Mode: simulator.TrustAuto})
		}, want: []string{"this computer's key for the iPhone is damaged; the iPhone is asked again", "Anna's iPhone: trusted"}},
		{name: "refused", spec: func(s *simulator.PhoneSpec) { s.Trust = simulator.Trust{Mode: simulator.TrustRefuse} },
			want: []string{"asking the iPhone to trust this computer", `error: "Don't Trust" was tapped`, "hint: "}, exit: cause.ExitRefused},
		{name: "forbidden", spec: policy("MCProtected"), want: []string{"asking the iPhone to trust this computer", "error: a profile on the iPhone forbids", "hint: "}, exit: cause.ExitRefused},
		{name: "the key cannot be stored", spec: auto, before: func(s *stage) {
			s.sim.Play(simulator.MuxReply{Request: "SavePairRecord", Reply: map[string]any{"MessageType": "Result", "Number": 13}})
		}, want: []string{"asking the iPhone", "tap Trust", "error: the iPhone was trusted, but the key could not be stored", "hint: "}, exit: cause.ExitRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, tt.spec)
			if tt.before != nil {
				tt.before(s)
			}
			cmd := command(t, s.sim.Addr(), "pair")
			out, _ := cmd.CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if len(lines) != len(tt.want) || cmd.ProcessState.ExitCode() != tt.exit {
				t.Fatalf("exit code %d\n%s", cmd.ProcessState.ExitCode(), out)
			}
			for i, want := range tt.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("line %d is %q, want %q", i+1, lines[i], want)
				}
			}
		})
	}
}
