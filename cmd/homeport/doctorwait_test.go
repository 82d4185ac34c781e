package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/agent"
	"homeport/cause"
	"homeport/simulator"
)

// TestDoctorWait leads somebody from nothing to a phone that can be used, as a
// program reads it: each hint once, each step once, then the report.
func TestDoctorWait(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(p *simulator.PhoneSpec) {
		p.Unplugged, p.Locked, p.Trust.Mode = true, true, simulator.TrustAsk
	})
	cmd := s.child("doctor", "--wait", "--dest", s.made(), "--timeout", "1m", "Anna's iPhone")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var story []string
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var e struct {
			Event, Step string
			Cause       cause.ID
			Phone       *agent.Phone
			Error       *agent.Failure
		}
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatalf("%s: %v", in.Text(), err)
		}
		story = append(story, e.Event+" "+e.Step)
		switch {
		case e.Cause == cause.NoPhone:
			s.phone.Attach()
		case e.Cause == cause.DeviceLocked:
			s.phone.Unlock()
		case e.Cause == cause.NotTrusted:
			s.phone.Trust()
		case e.Event == "" && (e.Phone == nil || e.Error != nil):
			t.Errorf("the report: %s", in.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	// How many things it shows while it is asked for trust depends on how fast it is.
	got := strings.Join(slices.Compact(story), ", ")
	want := "waiting cable, reached cable, reached port, waiting unlocked, reached unlocked, waiting trusted, reached trusted, ready ready,  "
	if got != want {
		t.Errorf("told  %s\nwant %s", got, want)
	}
}

// TestDoctorWaitEnds holds how a wait ends that nobody answers, and one that is
// broken off.
func TestDoctorWaitEnds(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(p *simulator.PhoneSpec) { p.Unplugged = true })
	if g := s.homeport("doctor", "--wait", "--timeout", "20ms", "--dest", s.made()); g.exit != cause.ExitWaitedInVain || !strings.Contains(g.output, `"exitCode":8`) ||
		!strings.Contains(g.output, `"cause":"cable-no-data"`) {
		t.Errorf("nobody came: exit %d\n%s", g.exit, g.output)
	}
	if g := s.homeport("doctor", "--wait", "--timeout", "0s"); g.exit != cause.ExitUsage {
		t.Errorf("no time: exit %d\n%s", g.exit, g.output)
	}
	if runtime.GOOS == "windows" {
		return // a child cannot be interrupted there
	}
	cmd := command(t, s.sim.Addr(), "doctor", "--wait", "--dest", s.dest)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	in, all := bufio.NewScanner(out), []string{}
	for in.Scan() {
		if all = append(all, in.Text()); len(all) == 1 {
			_ = cmd.Process.Signal(os.Interrupt)
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != cause.ExitInterrupted || len(all) != 2 || !strings.HasSuffix(all[1], ": no iPhone was seen") {
		t.Errorf("broken off: exit %d, told %q", code, all)
	}
}

// TestGuideLines holds what a person sees of a guide that is no terminal, and of
// one that is.
func TestGuideLines(t *testing.T) {
	t.Parallel()
	long := agent.Advice{Text: "still nothing: this cable may carry power only; use the one that came with the iPhone, or one for data", Cause: cause.CableNoData}
	stuck := agent.Advice{Step: agent.StepPort, Text: "the driver is missing", Steps: []string{"Install it, with the program that came with the computer, and wait.", "Restart."}, Reached: []agent.Step{agent.StepCable}}
	for name, tt := range map[string]struct {
		columns int
		want    string
	}{
		"a file": {0, `  0:00  ->    Still nothing: this cable may carry power only; use the one that
              came with the iPhone, or one for data
  0:00  ok    the computer sees that something is plugged in
  0:00  ->    The driver is missing
              1. Install it, with the program that came with the computer, and
                 wait.
              2. Restart.
`},
		"a terminal": {60, `  0:00  ok    the computer sees that something is plugged in
  0:00  ->    The driver is missing
              1. Install it, with the program that came with
                 the computer, and wait.
              2. Restart.
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			g := &guideTeller{app: &app{}, out: newLive(&out), begun: time.Now(), told: map[string]bool{}}
			g.out.width = func() int { return tt.columns }
			for range 3 { // looks that show the same say nothing
				g.tell(long)
			}
			g.tell(stuck)
			g.tell(agent.Advice{Step: agent.StepReady, Ready: true, Text: "ready"})
			g.end()
			if got := seenLines(out.String()); got != tt.want {
				t.Errorf("told\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// seenLines is what stays on a terminal: the lines that were not erased.
func seenLines(s string) string {
	var lines []string
	for part := range strings.SplitAfterSeq(s, "\n") {
		for strings.HasPrefix(part, "\x1b[1A\x1b[2K") {
			part = strings.TrimPrefix(part, "\x1b[1A\x1b[2K")
			lines = lines[:len(lines)-1]
		}
		if part != "" {
			lines = append(lines, part)
		}
	}
	return strings.Join(lines, "")
}

// TestDoctorWaitForWhichPhone holds that a name which fits two phones is not waited
// for, and that a wait for one that does not come tells of those that are there.
func TestDoctorWaitForWhichPhone(t *testing.T) {
	t.Parallel()
	second := simulator.PhoneSpec{UDID: "00008130-000B2C3D4E5F6071", Name: "Anna's iPhone", Seed: 12, Files: 1, Bytes: 10}
	s := newStage(t, nil, second)
	g := s.homeport("doctor", "--wait", "--timeout", "1m", "--dest", s.made(), "Anna’s iPhone")
	if g.exit != cause.ExitUsage || !strings.Contains(g.output, `"cause":"phone-ambiguous"`) {
		t.Errorf("two of one name: exit %d\n%s", g.exit, g.output)
	}
	g = s.homeport("doctor", "--wait", "--timeout", "1500ms", "--dest", s.dest, "Carol")
	if g.exit != cause.ExitWaitedInVain || !strings.Contains(g.output, `"cause":"no-such-phone"`) || !strings.Contains(g.output, "are here: plug Carol") ||
		!strings.Contains(g.output, "only another iPhone was seen") {
		t.Errorf("another one: exit %d\n%s", g.exit, g.output)
	}
}
