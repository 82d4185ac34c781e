package agent

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup/store"
	"homeport/cause"
)

// TestDriveThatHangs asks a drive that does not answer, again while it still does
// not, and once more when it is back.
func TestDriveThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, drive := &destination{}, make(chan struct{})
		var asked atomic.Int32 // a question that was left behind counts too
		gone := errors.New("gone")
		ask := func() error {
			_, err := d.ask("/b", func() (*store.Store, error) {
				asked.Add(1)
				<-drive
				return nil, gone
			})
			return err
		}
		start := time.Now()
		for range 3 {
			if id, _ := cause.Of(ask()); id != cause.DestinationOffline {
				t.Errorf("a drive that hangs: %s", id)
			}
		}
		if took := time.Since(start); took != drivePatience || asked.Load() != 1 {
			t.Errorf("three questions took %v, and %d reached the drive", took, asked.Load())
		}
		close(drive)
		synctest.Wait()
		if err := ask(); !errors.Is(err, gone) || asked.Load() != 2 {
			t.Errorf("when it is back: %v after %d questions", err, asked.Load())
		}
	})
}

// TestDriveThatBreaksUs has what is read on a drive break our own code, in the goroutine that
// would be left behind.
func TestDriveThatBreaksUs(t *testing.T) {
	t.Parallel()
	d := &destination{}
	_, err := d.ask("/b", func() (*store.Store, error) { panic("a mistake of ours") })
	if !isPanic(err) {
		t.Errorf("got %v", err)
	}
}
