package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// TestDriveThatHangsInARun has the drive of a run stop to answer, and answer again.
func TestDriveThatHangsInARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{}) // an answer comes when it is closed
		close(hang)
		var told []Event
		w := &driveWatch{
			drive: &destination{}, path: "/b", tell: func(e Event) { told = append(told, e) },
			ask: func() (int64, error) {
				<-hang
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
		if len(told) != 0 {
			t.Errorf("of a drive that answers: %+v", told)
		}
		hang = make(chan struct{})
		time.Sleep(10 * driveLook)
		synctest.Wait()
		if len(told) != 1 || told[0].Kind != Waiting || told[0].Cause != cause.DestinationOffline || !w.silent.Load() {
			t.Errorf("of one that hangs: %+v", told)
		}
		close(hang)
		time.Sleep(2 * driveLook)
		synctest.Wait()
		if len(told) != 2 || told[1].Message != driveBack || w.silent.Load() {
			t.Errorf("of one that is back: %+v", told)
		}
		cancel()
		<-over
	})
}
