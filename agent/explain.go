package agent

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"sync"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// newsWait is how long a run that lost its phone waits for the news that say why:
// the connection breaks before usbmuxd tells that the phone has gone, and before
// anybody notices that usbmuxd itself has.
const newsWait = 500 * time.Millisecond

// explain gives a try whose connection broke the cause that only the watcher
// knows. A Detached has its own cause in ctx.
func (v *visit) explain(ctx context.Context, err error, begun time.Time) error {
	if err == nil {
		return nil
	}
	switch id, _ := cause.Of(err); id {
	case cause.DeviceDisconnected, cause.MuxConnectFailed, cause.MuxServiceNotRunning:
	default:
		return err
	}
	down := v.agent.downs.since(begun)
	news := time.NewTimer(newsWait)
	defer news.Stop()
	select {
	case <-down: // looked at first: who lost usbmuxd lost the phone with it
		return cause.New(cause.MuxServiceStopped, cause.From(err).Evidence, err)
	default:
	}
	select {
	case <-ctx.Done():
		if id, known := cause.Of(context.Cause(ctx)); known {
			return cause.New(id, cause.From(err).Evidence, err)
		}
	case <-down:
		return cause.New(cause.MuxServiceStopped, cause.From(err).Evidence, err)
	case <-news.C:
	}
	return err
}

// withProgress adds to the error of a run how far it was.
func (r *run) withProgress(err error) error {
	e, known := errors.AsType[*cause.Error](err)
	if !known || e.Evidence["percent"] != nil || r.last.Phase == "" || r.last.Phase == backup.PhaseConnecting {
		return err
	}
	ev := cause.Evidence{"percent": int(r.last.Percent), "received": cause.Bytes(r.last.Bytes)}
	maps.Copy(ev, e.Evidence)
	return cause.New(e.ID, ev, err)
}

// missing tells an error of a run that is only an effect of a destination that
// is not there any more as that.
func missing(dest string, err error) error {
	if id, _ := cause.Of(err); id != cause.Unknown {
		return err
	}
	if _, gone := os.Stat(dest); !errors.Is(gone, fs.ErrNotExist) {
		return err
	}
	return cause.New(cause.DestinationMissing, cause.Evidence{"path": dest}, err)
}

// downs remembers when usbmuxd was last found dead.
type downs struct {
	mu   sync.Mutex
	last time.Time
	next chan struct{} // closed the next time
}

func newDowns() *downs { return &downs{next: make(chan struct{})} }

// note is told that usbmuxd does not answer.
func (d *downs) note(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = now
	close(d.next)
	d.next = make(chan struct{})
}

// since returns a channel that is closed once usbmuxd was found dead after begun.
func (d *downs) since(begun time.Time) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last.After(begun) {
		dead := make(chan struct{})
		close(dead)
		return dead
	}
	return d.next
}
