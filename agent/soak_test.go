package agent

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup/store"
	"homeport/backup/tree/treetest"
	"homeport/cause"
)

// soakSeed makes the days of the soak.
const soakSeed = 3

// TestSoak lives through days on a bubble's clock: the phone is plugged in and
// pulled at any moment, locked and unlocked, the computer sleeps, the disk is full
// or fails, versions are damaged, old ones go. HOMEPORT_TEST_DAYS is how many.
func TestSoak(t *testing.T) {
	days := 12
	if testing.Short() {
		days = 4
	}
	if s := os.Getenv("HOMEPORT_TEST_DAYS"); s != "" {
		var err error
		days, err = strconv.Atoi(s)
		must(t, err)
	}
	states := soakStates(t, 7)
	goroutinesBefore, descriptorsBefore := goroutines(), descriptors()
	began := time.Now()
	var l *soak
	flags := map[string]string{"min_interval": "20h", "reserve": "0", "keep.last": "2", "keep.daily": "3", "keep.weekly": "2"}
	t.Run("days", func(t *testing.T) {
		play(t, flags, func(t *testing.T, s *stage) {
			l = &soak{
				stage: s, t: t, states: states, rng: rand.New(rand.NewPCG(soakSeed, 0)),
				was: map[store.VersionID]map[string]print{}, failed: map[cause.ID]int{},
			}
			s.engine.write = soakEngine(func() (soakState, soakFate) { return l.states[l.state], l.fate })
			for time.Since(s.begun) < time.Duration(days)*24*time.Hour && !t.Failed() {
				l.cycle()
			}
			if l.plugged {
				s.detach(s.link)
			}
			l.days = time.Since(s.begun).Hours() / 24
		})
	})
	t.Cleanup(func() {
		t.Logf("seed %d: %.0f days in %.0f s, %d plug cycles, %d pulled in mid-run, %d sleeps, %d damages: backups %d, failures %v, versions made %d, removed by the policy %d; violations %d; goroutines %d and %d, descriptors %d and %d",
			soakSeed, l.days, time.Since(began).Seconds(), l.cycles, l.pulled, l.sleeps, l.damages, l.finished, l.failed, l.made, l.pruned, l.violations,
			goroutinesBefore, goroutines(), descriptorsBefore, descriptors())
	})
}

// soak is the phone, the person and the disk of TestSoak, and what must hold.
type soak struct {
	*stage
	t      *testing.T
	rng    *rand.Rand
	states []soakState
	state  int // of the phone now
	fate   soakFate

	plugged bool
	was     map[store.VersionID]map[string]print
	guard   treetest.Guard

	days                                                                float64
	cycles, pulled, sleeps, damages, finished, made, pruned, violations int
	failed                                                              map[cause.ID]int
}

func (l *soak) violated(format string, args ...any) {
	l.violations++
	l.t.Errorf("cycle %d, day %.1f: "+format, append([]any{l.cycles, time.Since(l.begun).Hours() / 24}, args...)...)
}

// cycle is one time that the phone is plugged in, or stays so.
func (l *soak) cycle() {
	l.cycles++
	l.state = (l.state + l.rng.IntN(2)) % len(l.states)
	l.fate = fateGood
	if l.rng.IntN(3) == 0 {
		l.fate = soakFate(l.rng.IntN(int(fates)))
	}
	if l.rng.IntN(60) == 0 {
		l.damage()
	}
	locked := l.rng.IntN(5) == 0
	l.phone.set(func() { l.phone.locked = locked })
	due := l.due()
	link := l.attach()
	l.plugged = true
	switch l.rng.IntN(4) {
	case 0: // pulled at once, or in mid-run
		l.pass(time.Duration(l.rng.IntN(15_000)) * time.Millisecond)
		l.pulled++
	case 1: // the computer sleeps while it is plugged in
		l.pass(time.Duration(l.rng.IntN(10)) * time.Second)
		l.asleep.Add(int64(time.Hour))
		l.sleeps++
		l.pass(time.Hour)
	default:
		l.pass(time.Minute)
		if locked {
			l.phone.set(func() { l.phone.locked = false })
			l.pass(time.Minute)
		}
		if due && l.fate == fateGood && l.newest().Finished.Before(time.Now().Add(-20*time.Hour)) {
			l.violated("plugged in, unlocked and due, and not backed up: %v", l.diary)
		}
	}
	l.left.Store(true)
	l.detach(link)
	l.left.Store(false)
	l.plugged = false
	away := 30
	if l.rng.IntN(8) == 0 {
		away = 8 * 60
	}
	l.pass(time.Duration(1+l.rng.IntN(away)) * time.Minute)
	l.check()
}

// due tells whether the newest version is old enough for another.
func (l *soak) due() bool { return time.Since(l.newest().Finished) > 20*time.Hour }

func (l *soak) open() *store.Store {
	s, err := store.Open(l.dest, store.Options{ReadOnly: true})
	must(l.t, err)
	return s
}

func (l *soak) newest() store.Version {
	s := l.open()
	defer s.Close()
	v, _, err := s.Newest(context.Background(), udidAnna)
	must(l.t, err)
	return v
}

// damage cuts a file of the newest version short, as a bad disk may. Whatever shares
// it is damaged too.
func (l *soak) damage() {
	v := l.newest()
	if v.ID == "" {
		return
	}
	found, err := filepath.Glob(filepath.Join(v.Path, v.UDID, "??", "*"))
	must(l.t, err)
	slices.Sort(found)
	must(l.t, os.Truncate(found[l.rng.IntN(len(found))], 1))
	l.guard.Forget(l.dest)
	l.damages++
	for id := range l.was {
		l.was[id] = fingerprint(l.t, filepath.Join(filepath.Dir(v.Path), string(id)))
	}
}

// check holds the store against what it was and what was told.
func (l *soak) check() {
	synctest.Wait()
	s := l.open()
	defer s.Close()
	list, err := s.Versions(context.Background(), udidAnna)
	must(l.t, err)
	there := map[store.VersionID]bool{}
	for i, v := range list {
		there[v.ID] = true
		now := fingerprint(l.t, v.Path)
		if was, known := l.was[v.ID]; !known {
			l.made++
			l.fresh(v, i)
		} else if !maps.Equal(was, now) {
			l.violated("version %s changed", v.ID)
		}
		l.was[v.ID] = now
	}
	if !l.guard.LookAll(l.t, l.dest) {
		l.violations++
	}
	l.gone(there, len(list))
	l.tidy()
	for _, e := range l.diary.take() {
		switch e.Kind {
		case Failed:
			l.failed[e.Cause]++
		case Finished:
			l.finished++
		}
	}
}

// fresh wants a version that was not there before to be the newest, whole, and what
// the phone holds.
func (l *soak) fresh(v store.Version, place int) {
	w, err := store.Open(l.dest, store.Options{})
	must(l.t, err)
	defer w.Close()
	if r, err := w.Verify(context.Background(), v, store.Full, nil); err != nil || !r.OK || place != 0 {
		l.violated("new version %s, place %d: %+v, %v", v.ID, place, r.Damage, err)
	}
	for path, want := range l.states[l.state] {
		got, err := os.ReadFile(filepath.Join(v.Path, v.UDID, path))
		if err != nil || string(got) != string(want) {
			l.violated("new version %s: %s is not what the phone has: %v", v.ID, path, err)
		}
	}
}

// gone allows only versions to go that the policy does not keep: never below two.
func (l *soak) gone(there map[store.VersionID]bool, left int) {
	for id := range l.was {
		if there[id] {
			continue
		}
		delete(l.was, id)
		l.pruned++
		if left < 2 {
			l.violated("version %s is gone, and only %d are left", id, left)
		}
	}
}

// tidy wants nothing in trash and at most a partial in staging.
func (l *soak) tidy() {
	for folder, most := range map[string]int{"trash": 0, "staging": 1} {
		entries, err := os.ReadDir(filepath.Join(l.dest, ".homeport", udidAnna, folder))
		if err == nil && len(entries) > most {
			l.violated("%s holds %s", folder, fmt.Sprint(entries))
		}
	}
}
