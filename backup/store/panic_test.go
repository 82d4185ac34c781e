package store

import (
	"errors"
	"sync/atomic"
	"testing"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
)

// TestPanicsAreErrors has our own code break at operations all over a backup, in whichever
// goroutine does them: clones, and what is read ahead. Whoever makes the backup gets it back, the
// program goes on, and what was published before is whole.
func TestPanicsAreErrors(t *testing.T) {
	t.Parallel()
	told := 0
	for at, over := 1, false; !over; at += 11 {
		faults := tree.NewFaults(tree.OS{})
		s := newStore(t, Options{FS: faults, Host: testHost})
		old := backUp(t, s, udidA, numbered(40, "old"))
		var sprung, done atomic.Bool
		faults.At(faults.Ops()+at, func() {
			if !done.Load() {
				sprung.Store(true)
				panic("a mistake of ours")
			}
		})
		err := cause.Guard(func() error {
			st, err := s.Begin(t.Context(), udidA)
			if err != nil {
				return err
			}
			defer func() { _ = st.Discard() }()
			fill(t, st, udidA, numbered(40, "old").with("photo", "new"), script{})
			_, err = st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
			return err
		})
		done.Store(true)
		if _, broke := errors.AsType[*cause.Panic](err); broke {
			told++
		}
		if over = !sprung.Load(); over && err != nil {
			t.Errorf("with nothing broken: %v", err)
		}
		if report := verify(t, s, old, Full); !report.OK {
			t.Errorf("after a panic at %d the version before is %+v", at, report)
		}
	}
	if told < 5 {
		t.Errorf("only %d panics were told", told)
	}
}
