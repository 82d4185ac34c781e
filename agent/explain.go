package agent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/usbmux"
)

// newsWait is how long a run that lost its phone waits for the news that say why:
// the connection breaks before usbmuxd tells that the phone has gone, and before
// anybody notices that usbmuxd itself has.
const newsWait = 500 * time.Millisecond

// askLimit bounds each question that a failure raises: is the phone still there, in which
// mode, is it locked. All of it is told within 5 s.
const askLimit = 2 * time.Second

// explain gives a try that failed the cause that its circumstances tell. See
// circumstances.cause for what decides.
func (v *visit) explain(ctx context.Context, err error, begun time.Time) error {
	if err == nil {
		return nil
	}
	e := cause.From(err)
	c := circumstances{seen: e.ID, code: codeOf(e), free: -1, wasUnlocked: v.phone.unlockedAt(begun), shielded: shielded}
	_, c.underWay = e.Evidence["received"]
	switch {
	case slices.Contains(brokenLink, e.ID):
		v.askAround(ctx, &c, begun)
	case e.ID == cause.DeviceInternalError && slices.Contains(phoneFailed, c.code):
		c.isLocked = v.lockedNow(ctx)
	}
	if slices.Contains(badDisk, e.ID) || slices.Contains(phoneFailed, c.code) || slices.Contains(phoneSpace, c.code) {
		v.lookAtDisk(&c)
	}
	return c.tell(err, v.agent.opts.Config().For(v.phone.udid).Destination)
}

// tell gives err the cause of the circumstances, if it is another one.
func (c circumstances) tell(err error, dest string) error {
	id := c.cause()
	if _, known := cause.Of(err); known && id == c.seen {
		return err
	}
	ev := cause.Evidence{}
	maps.Copy(ev, cause.From(err).Evidence)
	switch id {
	case cause.HostSlept:
		ev["asleep"] = cause.Seconds(c.slept.Round(time.Second).Seconds())
	case cause.DestinationMissing:
		ev["path"] = dest
	case cause.HostDiskFullDuring:
		ev["free"], ev["have"] = cause.Bytes(c.free), cause.Bytes(c.free)
	case cause.Unknown:
		return err
	}
	return cause.New(id, ev, err)
}

// codeOf is the phone's own number in an error; 0 when it gave none.
func codeOf(e *cause.Error) int64 {
	switch n := e.Evidence["code"].(type) {
	case int64:
		return n
	case int:
		return int64(n)
	}
	return 0
}

// askAround learns why a connection broke: from the watcher, from usbmuxd, from the
// computer's own bus and from the phone.
func (v *visit) askAround(ctx context.Context, c *circumstances, begun time.Time) {
	c.slept = v.slept()
	c.down = v.awaitNews(ctx, begun)
	if ctx.Err() != nil {
		c.ended, _ = cause.Of(context.Cause(ctx))
		if c.ended == cause.DeviceDisconnected {
			c.mode = v.modeOnBus(ctx)
		}
		return
	}
	if c.down || v.agent.opts.Mux == nil {
		return
	}
	switch c.list = v.listed(ctx); {
	case c.list == notListed:
		c.mode = v.modeOnBus(ctx)
	case c.list == isListed && c.underWay && c.wasUnlocked:
		c.isLocked = v.lockedNow(ctx)
	}
}

// awaitNews waits a moment for the end of ctx, which says why, or for usbmuxd to be found
// dead, which it answers.
func (v *visit) awaitNews(ctx context.Context, begun time.Time) (down bool) {
	news := time.NewTimer(newsWait)
	defer news.Stop()
	select {
	case <-ctx.Done():
	case <-v.agent.downs.since(begun):
		return ctx.Err() == nil
	case <-news.C:
	}
	return false
}

// listed asks usbmuxd for what no news told: on a busy computer its event comes later
// than the end of the connection. A phone that is still there has not been unplugged:
// something on it has ended.
func (v *visit) listed(ctx context.Context) listing {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	links, _, err := v.agent.opts.Mux.Devices(ctx)
	here := func(l usbmux.Link) bool { return l.DeviceID == v.link.DeviceID && usbmux.SameUDID(l.UDID, v.link.UDID) }
	switch id, _ := cause.Of(err); {
	case id == cause.MuxServiceNotRunning:
		return muxDead
	case id == cause.MuxNotAnswering || errors.Is(err, context.DeadlineExceeded):
		return muxSilent
	case err != nil:
		return notAsked
	case slices.ContainsFunc(links, here):
		return isListed
	}
	return notListed
}

// lockedNow asks the phone once whether it is locked; one that does not answer is not.
func (v *visit) lockedNow(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	facts, err := v.handset.Facts(ctx)
	return err == nil && facts.PasswordProtected != nil && *facts.PasswordProtected
}

// lookAtDisk learns whether the disk is what failed.
func (v *visit) lookAtDisk(c *circumstances) {
	dest := v.agent.opts.Config().For(v.phone.udid).Destination
	type disk struct {
		free     int64
		known    bool
		canWrite bool
	}
	is, err := reading(context.Background(), v.agent.stores, dest, func(st *store.Store) (d disk, _ error) {
		free, err := st.Free(context.Background())
		d.free, d.known = free, err == nil
		d.canWrite = c.seen == cause.DestinationNotWritable && st.CheckWritable() == nil
		return d, nil
	})
	if id, _ := cause.Of(err); id == cause.DestinationMissing {
		c.destGone = true
	}
	if err != nil {
		return
	}
	if is.known {
		c.free = is.free
	}
	c.canWrite = is.canWrite
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
