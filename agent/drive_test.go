package agent

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// TestDriveThatHangsInARun has the drive of a run stop to answer, and answer again.
func TestDriveThatHangsInARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hang atomic.Pointer[chan struct{}] // an answer comes when it is closed; nil: at once
		diary := newDiary()
		w := &driveWatch{
			drive: &destination{}, path: "/b", tell: diary.write,
			ask: func() (int64, error) {
				if h := hang.Load(); h != nil {
					<-*h
				}
				return 1, nil
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			w.follow(ctx)
		}()
		time.Sleep(10 * driveLook)
		synctest.Wait()
		if told := diary.take(); len(told) != 0 {
			t.Errorf("of a drive that answers: %+v", told)
		}
		answer := make(chan struct{})
		hang.Store(&answer)
		time.Sleep(10 * driveLook)
		synctest.Wait()
		if told := diary.take(); len(told) != 1 || told[0].Kind != Waiting || told[0].Cause != cause.DestinationOffline || !w.silent.Load() {
			t.Errorf("of one that hangs: %+v", told)
		}
		close(answer)
		time.Sleep(2 * driveLook)
		synctest.Wait()
		if told := diary.take(); len(told) != 1 || told[0].Message != driveBack || w.silent.Load() {
			t.Errorf("of one that is back: %+v", told)
		}
		cancel()
		<-over
	})
}
