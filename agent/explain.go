package agent

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/usbmux"
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
	case <-ctx.Done():
	case <-down:
	case <-news.C:
		return v.asked(ctx, err)
	}
	why := context.Cause(ctx) // nil as long as the link is there
	if ctx.Err() == nil {
		why = muxStopped()
	}
	return because(why, err)
}

// because gives err the cause of why, if that has one.
func because(why, err error) error {
	if id, known := cause.Of(why); known {
		return cause.New(id, cause.From(err).Evidence, err)
	}
	return err
}

// askLimit bounds the question whether the phone is still there: its failure is
// told within 5 s.
const askLimit = 2 * time.Second

// asked asks usbmuxd for what no news told: on a busy computer its event comes
// later than the end of the connection. A phone that is still there has not been
// unplugged: something on it has ended.
func (v *visit) asked(ctx context.Context, err error) error {
	if v.agent.opts.Mux == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	links, _, lerr := v.agent.opts.Mux.Devices(ctx)
	here := func(l usbmux.Link) bool { return l.DeviceID == v.link.DeviceID && usbmux.SameUDID(l.UDID, v.link.UDID) }
	switch id, _ := cause.Of(lerr); {
	case id == cause.MuxServiceNotRunning:
		return because(muxStopped(), err)
	case lerr != nil:
		return err
	case !slices.ContainsFunc(links, here):
		return because(unplugged(), err)
	}
	return stillHere(err)
}

// stillHere names the end of a connection to a phone that is plugged in: once the
// backup was asked for, it was the phone's backup program that stopped.
func stillHere(err error) error {
	e := cause.From(err)
	if e.ID != cause.DeviceDisconnected {
		return err
	}
	if _, underWay := e.Evidence["received"]; underWay {
		return cause.New(cause.DeviceBackupAgentCrashed, e.Evidence, err)
	}
	return cause.New(cause.MuxConnectFailed, e.Evidence, err)
}

// withProgress adds to the error of a run how far it was.
func (r *run) withProgress(err error) error {
	e, known := errors.AsType[*cause.Error](err)
	if !known || e.Evidence["received"] != nil || r.last.Phase == "" || r.last.Phase == backup.PhaseConnecting {
		return err
	}
	ev := cause.Evidence{"received": cause.Bytes(r.last.Bytes)}
	if n := int(r.last.Percent); n > 0 {
		ev["percent"] = n
	}
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

// downShadow is how long links go away because usbmuxd did: its watcher's grace,
// and the time to find it again.
const downShadow = 10 * time.Second

// gone is the error with which a run ends whose link is gone. A usbmuxd that dies
// takes its links with it; one that ends because the last phone was unplugged
// tells that first.
func (a *Agent) gone() error {
	if a.downs.within(downShadow, time.Now()) {
		return muxStopped()
	}
	return unplugged()
}

func unplugged() error {
	return cause.New(cause.DeviceDisconnected, nil, errors.New("read phone: unplugged"))
}

func muxStopped() error {
	return cause.New(cause.MuxServiceStopped, nil, errors.New("read phone: usbmuxd stopped"))
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

// within reports whether usbmuxd was found dead less than d before now.
func (d *downs) within(limit time.Duration, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.last.IsZero() && now.Sub(d.last) < limit
}
