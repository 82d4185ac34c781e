package agent

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"homeport/cause"
)

// driveLook is how often a run asks its drive for an answer; driveSilent and driveBack are
// what is told.
const (
	driveLook   = 15 * time.Second
	driveSilent = "the drive with the backups does not answer; the backup waits for it"
	driveBack   = "the drive with the backups answers again"
)

// driveWatch asks a drive, while a run writes to it, whether it still answers.
type driveWatch struct {
	drive  *destination
	path   string
	ask    func() (int64, error) // something that only the drive itself can answer
	tell   func(Event)
	silent atomic.Bool // it does not
}

// watchDrive tells when the drive that the run writes to hangs, and when it is back, until
// stop. It ends nothing: a write that hangs in the kernel cannot be called back, and one that
// is done late is no harm.
func (r *run) watchDrive(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	w := r.drive
	w.drive, w.path = r.visit.agent.stores.at(r.cfg.Destination), r.cfg.Destination
	w.ask = func() (int64, error) { return r.visit.agent.stores.room(ctx, r.cfg.Destination) }
	w.tell = func(e Event) {
		e.Run = r.id()
		r.visit.tell(e)
	}
	var work sync.WaitGroup
	work.Go(func() { r.visit.agent.guard("watch the drive", func() { w.follow(ctx) }) })
	return func() {
		cancel()
		work.Wait()
	}
}

func (w *driveWatch) follow(ctx context.Context) {
	for sleep(ctx, driveLook) == nil {
		_, err := inTime(ctx, w.drive, w.path, w.ask, nil)
		silent := w.drive.silent.Load() && causeOf(err) == cause.DestinationOffline
		if ctx.Err() != nil || silent == w.silent.Swap(silent) {
			continue
		}
		if silent {
			w.tell(Event{Kind: Waiting, Cause: cause.DestinationOffline, Message: driveSilent})
		} else {
			w.tell(Event{Kind: Note, Message: driveBack})
		}
	}
}
