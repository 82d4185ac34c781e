package main

import (
	"context"
	"fmt"
	"time"

	"homeport/agent"
	"homeport/agent/history"
	"homeport/agent/status"
	"homeport/usbmux"
)

// watch makes the daemon's agent, with the control API and the status page around it.
// The daemon listens once serve is called.
func (d *daemon) watch(mux *usbmux.Client, once bool) *agent.Agent {
	d.server = status.NewServer(status.Options{
		Snapshot: d.snapshot, Start: d.start, Cancel: d.cancel, Reload: d.reload,
		Runs: d.runs, Log: d.log, Fault: d.fault, Keep: d.app.stateFolder(),
	})
	d.hear = append(d.hear, d.publish)
	o := d.app.agentOptions(d.live.config, mux, d.live.tell)
	o.Once, o.Changed = once, d.server.Changed
	if d.past = d.app.history(); d.past != nil {
		o.Past = d.past
	}
	d.agent = agent.New(o)
	return d.agent
}

// serve opens the control socket, and the status page if the settings want it, until
// stop. Backups are made without either: what cannot be opened is told, and that is all.
func (d *daemon) serve() (stop func()) {
	if state := d.app.stateFolder(); state != "" {
		l, err := status.Listen(state, d.fault)
		if err == nil {
			err = d.server.Serve(l)
		}
		d.cannot("homeport status and homeport backup cannot ask this program", err)
	}
	d.showPage()
	d.meter = d.newMeter()
	d.meter.apply(d.live.config().Metrics)
	return func() {
		d.meter.close()
		d.cannot("the control API did not end cleanly", d.server.Close())
	}
}

// showPage opens the status page if the settings want it.
func (d *daemon) showPage() {
	if d.live.config().StatusPage {
		d.cannot("the status page is not there", d.server.ShowPage())
	}
}

// cannot tells that something beside the backups does not work.
func (d *daemon) cannot(what string, err error) {
	if err != nil {
		d.live.tell(agent.Event{Kind: agent.Service, Time: time.Now(), Message: what + ": " + err.Error()})
	}
}

// fault keeps in the log what goes wrong in serving a request.
func (d *daemon) fault(err error) { d.app.openLog(d.live.config()).Warn("control", errorField(err)) }

// publish hands an event to who follows over the API.
func (d *daemon) publish(e agent.Event) {
	udid := ""
	if e.Phone != nil {
		udid = e.Phone.UDID
	}
	d.server.Publish(string(e.Kind), udid, e.Kind == agent.Progress, e)
}

func (d *daemon) snapshot(ctx context.Context) status.Snapshot {
	s := d.agent.Snapshot(ctx)
	s.Program, s.Version = "homeport", version
	return s
}

// runs asks the history.
func (d *daemon) runs(ctx context.Context, f history.Filter) ([]history.Run, error) {
	if d.past == nil {
		return nil, nil
	}
	return d.past.Runs(ctx, f)
}

// start is a person's wish for a backup now.
func (d *daemon) start(ctx context.Context, r status.StartRequest) (status.Phone, error) {
	found, err := chooseOne(pluggedIn(d.snapshot(ctx)), r.Phone)
	if err != nil {
		return status.Phone{}, err
	}
	udid := found[0].phone.UDID
	if err := d.agent.Start(udid, agent.Request{Full: r.Full, NoWait: r.NoWait}); err != nil {
		return status.Phone{}, err
	}
	d.server.Changed()
	return phoneIn(d.snapshot(ctx), udid)
}

func (d *daemon) cancel(ctx context.Context, udid string) (status.Phone, error) {
	if err := d.agent.Cancel(udid); err != nil {
		return status.Phone{}, err
	}
	return phoneIn(d.snapshot(ctx), udid)
}

// reload reads the settings again, for the API and for SIGHUP.
func (d *daemon) reload(context.Context) status.Reloaded {
	defer d.live.around()()
	done := d.live.reload()
	if done.OK {
		d.changed()
	}
	return done
}

// changed acts on new settings.
func (d *daemon) changed() {
	d.agent.Reconsider()
	d.showPage()
	d.meter.apply(d.live.config().Metrics)
	d.server.Changed()
}

// pluggedIn are the phones of a picture that are there, as the verbs choose among them.
func pluggedIn(s status.Snapshot) []plugged {
	var list []plugged
	for _, p := range s.Phones {
		if p.Plugged || p.Connection != "" {
			list = append(list, plugged{phone: agent.Phone{
				UDID: p.UDID, Name: p.Name, Model: p.Model, ProductType: p.ProductType, IOSVersion: p.IOSVersion,
				Connection: usbmux.Connection(p.Connection), Speed: p.Speed,
			}})
		}
	}
	return list
}

// phoneIn finds a phone in a picture.
func phoneIn(s status.Snapshot, udid string) (status.Phone, error) {
	for _, p := range s.Phones {
		if status.SameUDID(p.UDID, udid) {
			return p, nil
		}
	}
	return status.Phone{}, fmt.Errorf("find phone %s: it has gone", udid)
}
