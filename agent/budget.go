package agent

import (
	"context"
	"slices"
	"sync"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/usbmux"
)

// claims adds up what the runs on one destination still expect to write, so that
// two phones do not both count on the same free space.
type claims struct {
	mu   sync.Mutex
	left map[string]int64 // by canonical UDID, bytes
}

func newClaims() *claims { return &claims{left: map[string]int64{}} }

// set says how much the run of udid still expects to write; 0 ends its claim.
func (c *claims) set(udid string, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := usbmux.CanonicalUDID(udid)
	if bytes <= 0 {
		delete(c.left, key)
		return
	}
	c.left[key] = bytes
}

// others is what all runs but that of udid still expect to write.
func (c *claims) others(udid string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var sum int64
	for key, n := range c.left {
		if key != usbmux.CanonicalUDID(udid) {
			sum += n
		}
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
