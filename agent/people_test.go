package agent

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"homeport/cause"
	"homeport/simulator"
)

// TestPulledWhileWaiting pulls the cable at each thing that the agent waits for:
// it is told at once, and nothing has come to pass. Before the backup has begun,
// "unplugged" is all that there is to tell: nothing broke.
func TestPulledWhileWaiting(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spec  func(*simulator.PhoneSpec)
		until func(*world) bool
	}{
		"checks": {func(s *simulator.PhoneSpec) {},
			func(w *world) bool { return w.phone.Traffic(simulator.ChannelLockdown).Total() > 20_000 }},
		"trust": {func(s *simulator.PhoneSpec) { s.Trust.Mode = simulator.TrustAsk },
			func(w *world) bool { return w.phone.DialogUp() && w.waits(udidAnna, cause.NotTrusted) > 0 }},
		"unlock": {func(s *simulator.PhoneSpec) { s.Locked = true },
			func(w *world) bool { return w.waits(udidAnna, cause.DeviceLocked) > 0 }},
		"passcode": {func(s *simulator.PhoneSpec) { s.Passcode.Mode = simulator.PasscodeManual },
			func(w *world) bool { return w.phone.SheetUp() }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := quick(udidAnna)
			c.spec(&spec)
			w := newWorld(t, spec)
			if name == "checks" { // slow enough to be caught at it
				w.phone.Play(simulator.SlowLink{Channel: simulator.ChannelLockdown, BytesPerSecond: 60_000})
			}
			w.start(t)
			w.phone.Attach()
			eventually(t, "the agent waits", func() bool { return c.until(w) })
			pulled := time.Now()
			w.phone.Detach()
			if name != "passcode" {
				eventually(t, "it is told", func() bool { return len(w.diary.all(Unplugged)) > 0 })
				if d := w.diary.all(Unplugged)[0].Time.Sub(pulled); d > toldLimit {
					t.Errorf("told %v after it was pulled", d)
				}
				// The checks may have been through, and the backup begun.
				if list := w.diary.all(Failed); len(list) != 0 && len(w.diary.all(Preflight)) == 0 {
					t.Errorf("failed: %+v", list)
				}
			} else if e := w.diary.await(t, Failed); e.Cause != cause.DeviceDisconnected || e.Time.Sub(pulled) > toldLimit {
				t.Errorf("told %v after it was pulled: %s: %s", e.Time.Sub(pulled), e.Cause, e.Error.Detail)
			}
			if list := w.versions(t, udidAnna); len(list) != 0 || w.phone.Counts().Backups != 0 {
				t.Errorf("there is a version: %+v", list)
			}
		})
	}
}

func TestLockedPhoneIsWaitedFor(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Locked = true
	w := newWorld(t, spec)
	w.start(t)
	w.phone.Attach()
	if e := w.diary.await(t, Waiting); e.Cause != cause.DeviceLocked || e.Message != "unlock the iPhone" {
		t.Errorf("waiting: %+v", e)
	}
	sessions := w.phone.Counts().Sessions
	w.phone.Unlock()
	w.diary.await(t, Preflight)
	if n := w.phone.Counts().Sessions; n > sessions+1 {
		t.Errorf("%d sessions were opened while the phone was locked", n-sessions)
	}
	w.diary.await(t, Finished)
}

func TestTrust(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Trust.Mode = simulator.TrustAsk
	w := newWorld(t, spec)
	w.start(t)
	w.phone.Attach()
	if e := w.diary.await(t, Waiting); e.Cause != cause.NotTrusted || !strings.Contains(e.Message, "tap Trust") {
		t.Errorf("waiting: %+v", e)
	}
	w.phone.Refuse()
	if e := w.diary.await(t, Failed); e.Cause != cause.TrustDenied {
		t.Errorf("refused: %s: %s", e.Cause, e.Error.Detail)
	}
	if e := w.diary.await(t, Skipped); e.Next != nil || e.Cause != cause.TrustDenied {
		t.Errorf("after a refusal: %+v", e)
	}
	w.phone.Detach()
	w.phone.Attach() // it asks again
	w.diary.await(t, Waiting)
	w.phone.Trust()
	w.diary.await(t, Finished)
}

func TestPasscodeNotGiven(t *testing.T) {
	t.Parallel()
	for _, mode := range []simulator.PasscodeMode{simulator.PasscodeRefuse, simulator.PasscodeTimeout} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			spec := quick(udidAnna)
			spec.Passcode.Mode = mode
			w := newWorld(t, spec)
			w.start(t)
			w.phone.Attach()
			failed := w.diary.await(t, Failed)
			if !passcodeWasUp(failed.Cause) {
				t.Errorf("failed: %s: %s", failed.Cause, failed.Error.Detail)
			}
			// The phone is not nagged: not even a re-plug brings the prompt back
			// before an hour is over, and that is said.
			for range 2 {
				e := w.diary.await(t, Skipped)
				if !passcodeWasUp(e.Cause) || e.Next != nil && e.Next.Sub(failed.Time) < time.Hour-time.Minute ||
					e.Next == nil && !strings.Contains(e.Message, "unless the iPhone is plugged in after") {
					t.Errorf("next try: %+v", e)
				}
				w.phone.Detach()
				w.phone.Attach()
			}
			if n := w.phone.Counts().Sheets; n != 1 {
				t.Errorf("the passcode was asked for %d times", n)
			}
		})
	}
}

// TestHostileName has a phone whose name tries everything: the log has one line
// for each event, and no byte that a terminal would obey.
func TestHostileName(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Name = "../../x\x1b]0;pwn\a\n{\"level\":\"error\"}\r\u202eevil\u2066\x00\x7f\u0085" + strings.Repeat("A", 1<<16)
	w := newWorld(t, spec)
	var log bytes.Buffer
	var mu sync.Mutex
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&log), zapcore.DebugLevel)
	write := LogEvents(zap.New(core))
	told := 0
	w.tell = func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		write(e)
		if e.Kind != Progress {
			told++
		}
		w.diary.write(e)
	}
	stop := w.start(t)
	w.phone.Attach()
	if name := w.diary.await(t, Plugged).Phone.Name; len(name) > 256 || strings.ContainsFunc(name, unsafeRune) {
		t.Errorf("the name is told as %q", name)
	}
	w.diary.await(t, Finished)
	stop()
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if len(lines) != told {
		t.Errorf("%d lines for %d events", len(lines), told)
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) || strings.ContainsFunc(line, unsafeRune) {
			t.Errorf("log line %q", line)
		}
	}
}

// unsafeRune are control characters, and what turns the direction of text.
func unsafeRune(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
