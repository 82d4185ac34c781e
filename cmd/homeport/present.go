package main

import (
	"context"

	"homeport/usbmux"
)

// present is usbmuxd, and the phones that a verb means.
type present struct {
	mux     *usbmux.Client
	watcher *usbmux.Watcher
	phones  []plugged
}

// close ends the watcher.
func (p *present) close() { _ = p.watcher.Close() }

// present finds the phones that name means, as pick understands it, and watches
// them. The watcher begins before the list is read, so that no Detached falls
// between. The caller closes what it gets.
func (a *app) present(ctx context.Context, name string, pick func([]plugged, string) ([]plugged, error)) (*present, error) {
	mux, err := a.mux()
	if err != nil {
		return nil, err
	}
	p := &present{mux: mux, watcher: usbmux.NewWatcher(mux, usbmux.WatcherOptions{})}
	if err := p.watcher.Open(ctx); err != nil {
		return nil, err
	}
	list, err := a.lookAround(ctx, mux)
	if err == nil {
		p.phones, err = pick(list, name)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}
