package agent

import (
	"context"
	"sync"

	"homeport/usbmux"
)

// tie binds the run of a verb to one link: when the link goes, the run ends. While
// the person is asked for trust it is loose, because a phone may be plugged in again
// for that.
type tie struct {
	mu     sync.Mutex
	device int // DeviceID of the link
	loose  bool
	end    context.CancelCauseFunc
}

func newTie(l usbmux.Link, end context.CancelCauseFunc) *tie {
	return &tie{device: l.DeviceID, end: end}
}

// cut ends the run when the link that went is its own.
func (t *tie) cut(l usbmux.Link, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.DeviceID == t.device && !t.loose {
		t.end(why)
	}
}

// loosen lets the run outlive its link.
func (t *tie) loosen() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.loose = true
}

// fasten binds the run to a link again.
func (t *tie) fasten(l usbmux.Link) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.device, t.loose = l.DeviceID, false
}
