package agent

import (
	"errors"
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
		d, drive, asked := &destination{}, make(chan struct{}), 0
		gone := errors.New("gone")
		ask := func() error {
			_, err := d.ask("/b", func() (*store.Store, error) {
				asked++
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
		if took := time.Since(start); took != drivePatience || asked != 1 {
			t.Errorf("three questions took %v, and %d reached the drive", took, asked)
		}
		close(drive)
		synctest.Wait()
		if err := ask(); !errors.Is(err, gone) || asked != 2 {
			t.Errorf("when it is back: %v after %d questions", err, asked)
		}
	})
}
