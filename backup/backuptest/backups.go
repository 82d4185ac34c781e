package backuptest

import (
	"slices"
	"sync"
	"testing"

	"homeport/backup"
	"homeport/simulator"
)

// lifecycle is a first backup, one after changes, one after none, and a forced
// full one.
func lifecycle(spec simulator.PhoneSpec) func(*testing.T, Traits, Maker) {
	return func(t *testing.T, traits Traits, maker Maker) {
		w := newWorld(t, traits, maker, spec)
		dir := t.TempDir()
		first := w.backUp(w.job(dir), nil)
		w.expect(dir)
		w.fields(first, true)
		if size := w.device.Contents().View().Bytes(); first.Bytes < size {
			t.Errorf("first: %d bytes received, the phone has %d", first.Bytes, size)
		}
		w.device.Modify(7)
		w.device.Add(5)
		w.device.Delete(4)
		changed := w.backUp(w.job(dir), nil)
		w.expect(dir)
		w.fields(changed, false)
		if changed.Files < 12 || changed.Files > first.Files/2 {
			t.Errorf("after changes: %d files received, %d at first", changed.Files, first.Files)
		}
		same := w.backUp(w.job(dir), nil)
		w.expect(dir)
		w.fields(same, false)
		if same.Files >= changed.Files {
			t.Errorf("after no change: %d files received, %d before", same.Files, changed.Files)
		}
		job := w.job(dir)
		job.Full = true
		full := w.backUp(job, nil)
		w.expect(dir)
		w.fields(full, true)
		if full.Files < first.Files {
			t.Errorf("forced full: %d files received, %d at first", full.Files, first.Files)
		}
	}
}

// fields checks what a result says.
func (w *world) fields(r backup.Result, full bool) {
	w.t.Helper()
	encrypted := w.device.Spec().BackupPassword != ""
	if r.Engine != w.traits.Name || r.Full != full || r.Encrypted != encrypted {
		w.t.Errorf("result %+v, want engine %q, full %v, encrypted %v", r, w.traits.Name, full, encrypted)
	}
	if r.Proof != "" && r.Proof != backup.ProofReceived {
		w.t.Errorf("result %+v: proof", r)
	}
	if len(r.Odd) > 0 {
		w.t.Errorf("odd: %q", r.Odd)
	}
	if w.device.SyncLocked() {
		w.t.Error("the sync lock is still held")
	}
}

// encryptionChanged sets a password between two backups of one folder.
func encryptionChanged(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 13, Files: 60, Bytes: 1 << 20})
	dir := t.TempDir()
	if r := w.backUp(w.job(dir), nil); r.Encrypted {
		t.Errorf("plain: %+v", r)
	}
	w.device.SetBackupPassword("a password")
	if r := w.backUp(w.job(dir), nil); !r.Encrypted || !r.Full {
		t.Errorf("after a password was set: %+v", r)
	}
}

// steps notes what an engine reports.
type steps struct {
	mu     sync.Mutex
	all    []backup.Progress
	phases []backup.Phase
}

func (s *steps) report(p backup.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, p)
	if len(s.phases) == 0 || s.phases[len(s.phases)-1] != p.Phase {
		s.phases = append(s.phases, p.Phase)
	}
}

// progressTold wants the phases in their order and numbers that never fall.
func progressTold(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{
		Seed: 14, Files: 900, Bytes: 24 << 20, Profile: "small", Passcode: simulator.Passcode{Mode: simulator.PasscodeNone},
	})
	var s steps
	w.backUp(w.job(t.TempDir()), s.report)
	order := []backup.Phase{backup.PhaseConnecting, backup.PhaseWaiting, backup.PhaseReceiving, backup.PhaseMoving, backup.PhaseFinishing}
	if !slices.Equal(s.phases, order) {
		t.Errorf("phases %v", s.phases)
	}
	var last backup.Progress
	for _, p := range s.all {
		if p.Percent < last.Percent || p.Bytes < last.Bytes || p.Files < last.Files || p.Percent > 100 {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}
	if last.Percent < 99 || last.Bytes < 24<<20 || last.Files < 900 {
		t.Errorf("at the end: %+v", last)
	}
}
