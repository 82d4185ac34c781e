package agent

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"homeport/backup/tree/treetest"
	"homeport/cause"
)

// TestDiskHasRoomAgain has a disk that was too full for a backup, and then has room: it is
// tried again while the phone stays plugged in, and not before there is enough of it.
func TestDiskHasRoomAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id             cause.ID
		missing        cause.Evidence
		little, enough int64 // sizes of the disk
	}{
		"before": {cause.HostDiskFull, cause.Evidence{"short": cause.Bytes(3 << 30)}, 3 << 30, 5 << 30},
		"during": {cause.HostDiskFullDuring, nil, 3 << 29, 3 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			disk := treetest.NewMount(t, "tmpfs", 1<<30, "")
			play(t, map[string]string{"destination": disk.Dir}, func(t *testing.T, s *stage) {
				s.engine.does(func(context.Context) error { return cause.New(c.id, c.missing, errors.New("as told")) })
				s.attach()
				s.pass(time.Minute)
				if off := s.diary.all(Skipped); len(off) != 1 || !strings.Contains(off[0].Message, "when there is room for it, or you plug the iPhone in again") {
					t.Errorf("told %+v", off)
				}
				must(t, disk.Resize(c.little))
				s.pass(time.Hour)
				if n := len(s.tries()); n != 1 {
					t.Errorf("%d backups began with little room", n)
				}
				must(t, disk.Resize(c.enough))
				s.pass(2 * signLook)
				if n := len(s.tries()); n != 2 {
					t.Errorf("%d backups began when there was room", n)
				}
				s.pass(time.Hour)
				if n := len(s.tries()); n != 2 {
					t.Errorf("%d backups began in the hour after it", n)
				}
			})
		})
	}
}
