package main

import (
	"errors"

	"go.uber.org/zap"

	"homeport/agent"
	"homeport/agent/history"
	"homeport/agent/status"
	"homeport/cause"
	"homeport/configs"
)

// daemon is what stands around an agent that runs for long: the settings in force,
// and all who hear of its events.
type daemon struct {
	app  *app
	live *settingsInForce
	// hear are called with each event, in this order and one event at a time. The agent
	// waits for them: whoever has more to do than to take note does it elsewhere.
	hear []func(agent.Event)

	agent  *agent.Agent
	server *status.Server
	meter  *meter
	past   *history.DB // read only: who writes it has its own
}

// newDaemon gathers the listeners. What they open is closed with the app.
func newDaemon(a *app, flags settings, cfg configs.Config) *daemon {
	d := &daemon{app: a}
	d.live = newSettingsInForce(a, flags, cfg, d.tellAll)
	a.keepHistory()
	d.hear = append(d.hear, a.teller(cfg)) // the terminal or JSON, and the log
	d.hear = append(d.hear, a.newHerald(d.live.config, true).hear)
	return d
}

// tellAll hands an event to all who listen. d.live.tell sees to it that there is one
// at a time.
func (d *daemon) tellAll(e agent.Event) {
	for _, hear := range d.hear {
		if err := cause.Guard(func() error { hear(e); return nil }); err != nil {
			d.app.tellPanic(err)
		}
	}
}

// tellPanic logs a mistake of one who listens; the others hear of the event all the same.
func (a *app) tellPanic(err error) {
	if p, ok := errors.AsType[*cause.Panic](err); ok && a.log != nil {
		a.log.Error("somebody who hears of events broke", zap.String("text", p.Error()), zap.ByteString("stack", p.Stack))
	}
}
