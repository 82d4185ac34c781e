package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/simulator"
)

// TestRaces starts homeport backup several times in one moment, for one phone and one
// folder. One of them makes the backup, and while it does all others end with exit
// code 6; one version more is there in the end, and it is whole. HOMEPORT_TEST_RACES is
// how often for two and for eight processes.
func TestRaces(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a race detector would look at finished programs only")
	}
	races := 1
	if s := os.Getenv("HOMEPORT_TEST_RACES"); s != "" {
		var err error
		if races, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, processes := range []int{2, 8} {
		t.Run(fmt.Sprint(processes), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, nil)
			s.backup()
			one, causes := 0, map[cause.ID]int{}
			for i := range races {
				if s.raceOf(processes, causes) {
					one++
				} else {
					t.Errorf("race %d of %d processes", i, processes)
				}
			}
			t.Logf("%d races of %d processes on %s: with one publisher, the others with exit code 6 and one new version, whole: %d; the others were told %v",
				races, processes, s.fileSystem(), one, causes)
		})
	}
}

// racer is one process of a race.
type racer struct {
	cmd *exec.Cmd
	out bytes.Buffer
}

// raceOf is one race, and answers whether it went as it has to.
func (s *stage) raceOf(processes int, causes map[cause.ID]int) bool {
	s.Helper()
	before := s.versions()
	held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100_000})[0]
	ended := make(chan *racer)
	for range processes {
		r := &racer{cmd: s.child("backup", "--full", "--dest", s.dest)}
		r.cmd.Env = append(r.cmd.Env, "HOMEPORT_KEEP_LAST=2")
		r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
		if err := r.cmd.Start(); err != nil {
			s.Fatal(err)
		}
		go func() {
			_ = r.cmd.Wait() // its exit code is looked at
			ended <- r
		}()
	}
	good := true
	for n := range processes {
		if n == processes-1 {
			held.Cancel() // the others have ended while this one was at work
		}
		r := <-ended
		code, want := r.cmd.ProcessState.ExitCode(), cause.ExitBusy
		if n == processes-1 {
			want = 0
		}
		if code != want {
			s.Errorf("process %d of %d ended with %d, want %d\n%s", n+1, processes, code, want, r.out.String())
			good = false
		}
		var g heard
		g.readLines(bytes.NewReader(r.out.Bytes()))
		for id, status := range g.causes {
			if status == "fail" {
				causes[id]++
			}
		}
	}
	after := s.versions()
	fresh := after[:0:0]
	for _, v := range after {
		if v.ID.Generation() > before[0].ID.Generation() {
			fresh = append(fresh, v)
		}
	}
	if len(fresh) != 1 || !s.isWhole(fresh[0]) {
		s.Errorf("new versions: %+v", fresh)
		good = false
	}
	return good
}

// versions lists the versions, newest first.
func (s *stage) versions() []store.Version {
	s.Helper()
	st, err := store.Open(s.dest, store.Options{ReadOnly: true})
	if err != nil {
		s.Fatal(err)
	}
	defer st.Close()
	list, err := st.Versions(s.Context(), stageUDID)
	if err != nil || len(list) == 0 {
		s.Fatalf("%d versions, %v", len(list), err)
	}
	return list
}

func (s *stage) isWhole(v store.Version) bool {
	s.Helper()
	st, err := store.Open(s.dest, store.Options{})
	if err != nil {
		s.Fatal(err)
	}
	defer st.Close()
	r, err := st.Verify(s.Context(), v, store.Full, nil)
	return err == nil && r.OK
}

// fileSystem is the kind of the destination's, for the figures.
func (s *stage) fileSystem() string {
	out, err := exec.Command("stat", "-f", "-c", "%T", s.dest).Output()
	if err != nil {
		return "a file system that stat does not name"
	}
	return strings.TrimSpace(string(out))
}
