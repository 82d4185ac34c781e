package agent

import (
	"context"

	"homeport/cause"
	"homeport/usbmux"
)

// glance is one answer of usbmuxd for all who ask about the same moment: one that hangs
// is waited for once.
type glance struct {
	Mux
	links []usbmux.Link
	bad   []error
	err   error
}

// look asks usbmuxd.
func (g *glance) look(ctx context.Context) { g.links, g.bad, g.err = g.Mux.Devices(ctx) }

// Devices gives the answer of the last look.
func (g *glance) Devices(context.Context) ([]usbmux.Link, []error, error) {
	return g.links, g.bad, g.err
}

// hung is the usbmuxd that has just kept somebody waiting, as seen shows, and is not
// asked again; it is mux itself otherwise.
func hung(mux Mux, seen error) Mux {
	if id, _ := cause.Of(seen); id == cause.MuxNotAnswering {
		return &glance{Mux: mux, err: seen}
	}
	return mux
}
