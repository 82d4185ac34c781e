package agent

import (
	"sync"

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
