package agent

import (
	"context"
	"slices"
	"sync"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/usbmux"
)

// claims adds up what the runs on one volume still expect to write, so that two
// phones do not both count on the same free space. Who came first has it: were each
// to make room for the other, both would stop where one fits.
type claims struct {
	mu   sync.Mutex
	runs []claim // in the order in which they began
}

type claim struct {
	udid  string // canonical
	bytes int64
}

// set says how much the run of udid still expects to write. The first time it takes
// its place behind those that are there.
func (c *claims) set(udid string, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes = max(0, bytes)
	if i := c.find(udid); i >= 0 {
		c.runs[i].bytes = bytes
		return
	}
	c.runs = append(c.runs, claim{usbmux.CanonicalUDID(udid), bytes})
}

// end gives up the claim and the place of a run.
func (c *claims) end(udid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.find(udid); i >= 0 {
		c.runs = slices.Delete(c.runs, i, i+1)
	}
}

func (c *claims) find(udid string) int {
	key := usbmux.CanonicalUDID(udid)
	return slices.IndexFunc(c.runs, func(r claim) bool { return r.udid == key })
}

// before is what the runs that began before that of udid still expect to write, and
// all of them when it has not begun.
func (c *claims) before(udid string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.runs
	if i := c.find(udid); i >= 0 {
		list = list[:i]
	}
	var sum int64
	for _, r := range list {
		sum += r.bytes
	}
	return sum
}

// expect claims what the run will probably write: as much as the last one of this
// phone did. Of a first one nobody knows before the phone tells how far it is: a
// guess too high would turn another phone away.
func (r *run) expect(ctx context.Context) {
	list, err := r.store.Versions(ctx, r.visit.phone.udid)
	if i := slices.IndexFunc(list, store.Version.Sound); err == nil && i >= 0 {
		r.need = list[i].NewBytes
	}
	r.usual = usualOf(list, r.stage.Info().Base == "")
	r.claims.set(r.visit.phone.udid, r.need)
}

// left is what the run still expects to write. From some percent on the phone's
// own measure is better than ours.
func (r *run) left(p backup.Progress) int64 {
	if p.Percent >= 5 {
		return int64(float64(p.Bytes) * (100 - p.Percent) / p.Percent)
	}
	return r.need - p.Bytes
}
