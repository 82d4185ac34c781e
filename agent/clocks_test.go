package agent

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"homeport/cause"
)

// TestClockIsSet has the wall clock set while a visit waits for a time far away: within
// minutes it decides anew. As long as nothing is set it does not.
func TestClockIsSet(t *testing.T) {
	for name, by := range map[string]time.Duration{"forward": 9 * time.Hour, "back": -20 * 365 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			var set atomic.Int64
			play(t, nil, func(t *testing.T, s *stage) {
				s.agent.wall = func() time.Time { return time.Now().Round(0).Add(time.Duration(set.Load())) }
				v := &visit{agent: s.agent, phone: s.agent.phone(udidAnna)}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				begun, ended := time.Now(), make(chan time.Duration, 1)
				go func() {
					v.await(ctx, plan{at: time.Now().Add(1000 * time.Hour)}, nil)
					ended <- time.Since(begun)
				}()
				s.pass(100 * time.Hour)
				select {
				case after := <-ended:
					t.Fatalf("it ended after %v", after)
				default:
				}
				set.Store(int64(by))
				s.pass(clockLook)
				select {
				case <-ended:
				default:
					t.Error("it still waits")
				}
			})
		})
	}
}

// TestBackupsFromTheFuture has a computer that has lost its date: its newest version is of a
// time to come. What fails is not tried in a tight loop.
func TestBackupsFromTheFuture(t *testing.T) {
	w := newWorld(t)
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	w.age(t, -300*24*time.Hour)
	failing := &fakeEngine{}
	failing.does(func(context.Context) error { return cause.New(cause.TransferStalled, nil, errors.New("as told")) })
	w.engine = failing
	stop := w.start(t)
	w.diary.await(t, Failed)
	skipped := w.diary.await(t, Skipped)
	stop()
	if len(failing.begun) != 1 || skipped.Next == nil || time.Until(*skipped.Next) < 50*time.Minute {
		t.Errorf("tried at %v, then %+v", failing.begun, skipped)
	}
}
