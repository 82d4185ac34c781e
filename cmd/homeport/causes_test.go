package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
)

// way is how a situation comes about.
type way string

const (
	simulated way = "simulated" // a simulated phone, and the command as a person runs it
	captured  way = "captured"  // facts of another computer, as its system tells them
	question  way = "asked"     // a question to homeport explain: it is no failure of a backup
)

// situation is one way in which a cause comes about. play brings it about and
// returns everything that was told.
type situation struct {
	id   cause.ID
	name string // what happens, in some words
	how  way
	play func(t *testing.T) heard
	// alone holds that no other cause is told as a failure beside it.
	alone bool
}

// situations are all that the tests know. A file causes_*_test.go holds those of
// one field, made with onPhone, of, and captured facts.
var situations = slices.Concat(
	backupSituations, runSituations, versionSituations, restoreSituations, askedSituations, factSituations, doctorSituations, phoneSituations, busSituations,
)

// TestEveryCause walks the catalogue: each cause is told in at least one situation,
// or its row says why no test here can bring it about.
func TestEveryCause(t *testing.T) {
	t.Parallel()
	known := map[cause.ID][]way{}
	for _, s := range situations {
		known[s.id] = append(known[s.id], s.how)
	}
	count := map[way]int{}
	for _, row := range cause.All() {
		ways := known[row.ID]
		delete(known, row.ID)
		switch {
		case row.Untested != "" && len(ways) > 0:
			t.Errorf("%s: there are situations, and the row says %q", row.ID, row.Untested)
		case row.Untested != "":
			count["neither"]++
		case len(ways) == 0:
			t.Errorf("%s: no situation brings it about, and its row does not say why", row.ID)
		case slices.Contains(ways, simulated):
			count[simulated]++
		default:
			count[ways[0]]++
		}
	}
	for id := range known {
		t.Errorf("%s: there are situations, but no row", id)
	}
	t.Logf("%d causes: %v; %d situations", len(cause.All()), count, len(situations))
	for _, s := range situations {
		t.Run(string(s.id)+"/"+s.name, func(t *testing.T) {
			t.Parallel()
			if s.how == simulated && testing.Short() {
				t.Skip("in short mode a race detector would look at finished programs only")
			}
			s.hold(t)
		})
	}
}

// hold plays the situation and looks for its cause in what was told.
func (s situation) hold(t *testing.T) {
	got := s.play(t)
	status, there := got.causes[s.id]
	if !there {
		t.Fatalf("not told; told was %v\n%s", got.causes, got.output)
	}
	if !s.alone {
		return
	}
	for id, other := range got.causes {
		if id != s.id && other == preflight.Fail {
			t.Errorf("%s is told as %s, and beside it %s\n%s", s.id, status, id, got.output)
		}
	}
}

// heard is what a program, or a report, has told: the causes, each with its worst
// status. What an error carries
// counts as fail, what somebody is waited for as info.
type heard struct {
	causes map[cause.ID]preflight.Status
	exit   int
	output string
}

func (g *heard) add(id cause.ID, status preflight.Status) {
	if g.causes == nil {
		g.causes = map[cause.ID]preflight.Status{}
	}
	if id == "" || status == preflight.Pass || g.causes[id] == preflight.Fail {
		return
	}
	g.causes[id] = status
}

// ofFindings is what a report tells.
func ofFindings(list []preflight.Finding) heard {
	var g heard
	for _, f := range list {
		g.add(f.Cause, f.Status)
	}
	return g
}

// ofError is what an error tells.
func ofError(err error) heard {
	var g heard
	if err != nil {
		g.output = err.Error()
		g.add(cause.From(err).ID, preflight.Fail)
	}
	return g
}

// read collects the causes of a JSON value, wherever they are in it.
func (g *heard) read(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			g.read(e)
		}
	case map[string]any:
		status, _ := v["status"].(string)
		switch event := v["event"]; {
		case event == "waiting", event == "skipped":
			status = string(preflight.Info)
		case status == "":
			status = string(preflight.Fail)
		}
		for _, key := range []string{"cause", "id"} { // explain calls it id
			if id, _ := v[key].(string); id != "" {
				if _, known := cause.Lookup(cause.ID(id)); known {
					g.add(cause.ID(id), preflight.Status(status))
				}
			}
		}
		for e := range maps.Values(v) {
			g.read(e)
		}
	}
}

// stage is a simulated phone, a folder for its backups, and the command.
type stage struct {
	*testing.T
	sim   *simulator.Simulator
	phone *simulator.Phone
	place string   // a folder that the test has to itself
	dest  string   // place/backups; made by the first backup
	env   []string // added to the command's
}

// stageUDID is the phone of every situation.
const stageUDID = "00008120-000A1B2C3D4E5F60"

// onPhone is a situation with one phone, paired and well, 40 files small, that asks
// for no passcode; spec makes it otherwise, and may be nil.
func onPhone(id cause.ID, name string, spec func(*simulator.PhoneSpec), play func(*stage) heard) situation {
	return situation{id: id, name: name, how: simulated, play: func(t *testing.T) heard {
		return play(newStage(t, spec))
	}}
}

// on is onPhone for a cause that must be told alone.
func on(id cause.ID, name string, spec func(*simulator.PhoneSpec), play func(*stage) heard) situation {
	s := onPhone(id, name, spec, play)
	s.alone = true
	return s
}

func newStage(t *testing.T, change func(*simulator.PhoneSpec), more ...simulator.PhoneSpec) *stage {
	t.Helper()
	spec := simulator.PhoneSpec{
		UDID: stageUDID, Name: "Anna's iPhone", Seed: 11, Files: 40, Bytes: 400_000,
		Trust: simulator.Trust{Mode: simulator.TrustPaired}, Passcode: simulator.Passcode{Mode: simulator.PasscodeNone},
	}
	if change != nil {
		change(&spec)
	}
	sim, err := simulator.Start(simulator.Config{Phones: append([]simulator.PhoneSpec{spec}, more...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	place := t.TempDir()
	return &stage{T: t, sim: sim, phone: sim.Phone(spec.UDID), place: place, dest: filepath.Join(place, "backups")}
}

// child is the command with these arguments, its settings and state in s.place.
func (s *stage) child(args ...string) *exec.Cmd {
	s.Helper()
	cmd := command(s.T, s.sim.Addr(), append([]string{"--json", "--state", filepath.Join(s.place, "state")}, args...)...)
	cmd.Env = append(cmd.Env, s.env...)
	return cmd
}

// homeport runs the command to its end.
func (s *stage) homeport(args ...string) heard {
	s.Helper()
	var errs bytes.Buffer
	cmd := s.child(args...)
	cmd.Stderr = &errs
	out, _ := cmd.Output()
	g := heard{exit: cmd.ProcessState.ExitCode(), output: string(out) + errs.String()}
	g.readLines(bytes.NewReader(out))
	return g
}

// backup makes a backup that has to succeed.
func (s *stage) backup(args ...string) {
	s.Helper()
	if g := s.homeport(append([]string{"backup", "--dest", s.dest}, args...)...); g.exit != 0 {
		s.Fatalf("the first backup ended with %d\n%s", g.exit, g.output)
	}
}

// made makes the destination, and returns its path.
func (s *stage) made() string {
	s.Helper()
	if err := os.MkdirAll(s.dest, 0o700); err != nil {
		s.Fatal(err)
	}
	return s.dest
}

// doctor makes the destination and runs the checks.
func (s *stage) doctor(args ...string) heard {
	s.Helper()
	s.made()
	return s.homeport(append([]string{"doctor", "--dest", s.dest}, args...)...)
}

// during runs the command, and calls act once it has printed a line with the text.
func (s *stage) during(args []string, text string, act func()) heard {
	s.Helper()
	cmd := s.child(args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	g, done := heard{}, false
	in := bufio.NewScanner(out)
	in.Buffer(nil, 4<<20)
	for in.Scan() {
		g.output += in.Text() + "\n"
		g.readLines(bytes.NewReader(in.Bytes()))
		if !done && strings.Contains(in.Text(), text) {
			act()
			done = true
		}
	}
	_ = cmd.Wait()
	g.exit = cmd.ProcessState.ExitCode()
	if !done {
		s.Fatalf("no line has %q\n%s", text, g.output)
	}
	return g
}

// readLines collects the causes of JSON values, one after the other.
func (g *heard) readLines(r io.Reader) {
	for dec := json.NewDecoder(r); ; {
		var v any
		if dec.Decode(&v) != nil {
			return
		}
		g.read(v)
	}
}
