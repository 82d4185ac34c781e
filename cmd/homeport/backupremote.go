package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux"
)

// errAllDone ends the following of events.
var errAllDone = errors.New("every backup has ended")

// stopLimit is how long is waited for the end of a backup that was cancelled.
const stopLimit = 15 * time.Second

// remoteBackup is one backup verb that the daemon carries out. Two programs must not
// speak to a phone at a time, and the daemon has it.
type remoteBackup struct {
	app    *app
	client *status.Client
	ask    agent.Request
	tell   func(agent.Event)

	mu   sync.Mutex
	runs []*remoteRun
	lost bool // events were left out
}

// remoteRun is the backup of one phone.
type remoteRun struct {
	phone   status.Phone
	ours    bool // this verb has started it
	over    bool
	outcome agent.Outcome
}

// backupRemotely has the daemon make the backups, if there is one that would do what this
// verb asks for; ok is false when there is none.
func (a *app) backupRemotely(ctx context.Context, cfg configs.Config, r agent.Request, name string) (list []agent.Outcome, ok bool) {
	mux, err := a.mux()
	if err != nil {
		return nil, false
	}
	c, s, runs := a.askDaemon(ctx)
	if !runs {
		return nil, false
	}
	found, err := choose(pluggedIn(s), name)
	if err != nil {
		return nil, false // it may have come this moment
	}
	b := &remoteBackup{app: a, client: c, ask: r, tell: func(agent.Event) {}}
	if !a.json {
		b.tell = newTeller(newLive(a.stdout)).tell
	}
	for _, one := range found {
		p, err := phoneIn(s, one.phone.UDID)
		if err != nil || !p.Plugged || !meansTheSame(s, p, cfg, mux.Address().String()) {
			return nil, false
		}
		b.runs = append(b.runs, &remoteRun{phone: p, outcome: agent.Outcome{Phone: one.phone}})
	}
	return b.carryOut(ctx), true
}

// carryOut starts the backups, and follows them to their end. The first Ctrl-C cancels
// those that this verb has started.
func (b *remoteBackup) carryOut(ctx context.Context) []agent.Outcome {
	follow, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(ended)
		if !b.cancel(follow) {
			stop()
		}
		select {
		case <-follow.Done():
		case <-time.After(stopLimit):
			stop()
		}
	})
	err := b.client.Events(follow, func() { b.start(follow) }, b.hear)
	stop()
	if !unhook() {
		<-ended
	}
	return b.outcomes(ctx, err)
}

// outcomes are how the phones fared; err is what ended the following.
func (b *remoteBackup) outcomes(ctx context.Context, err error) []agent.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []agent.Outcome
	for _, r := range b.runs {
		if !r.over && ctx.Err() != nil {
			r.outcome.Err = context.Cause(ctx)
		} else if !r.over {
			if _, refused := errors.AsType[*status.RemoteError](err); refused {
				r.outcome.Err = err // it was not even begun
			} else {
				r.outcome.Err = cause.New(cause.HostShutdown, nil, fmt.Errorf("follow the backup: %w", err))
			}
			b.tellFailure(r)
		}
		if r.outcome.Err != nil && r.outcome.Findings == nil {
			r.outcome.Findings = b.findings(r.phone.UDID)
		}
		list = append(list, r.outcome)
	}
	return list
}

// findings are those of the last checks of a phone, for a verb that joined a try after
// they were told; nil when they cannot be had.
func (b *remoteBackup) findings(udid string) (list []preflight.Finding) {
	ctx, cancel := context.WithTimeout(context.Background(), glanceAtDaemon)
	defer cancel()
	p, err := b.phoneNow(ctx, udid)
	if err != nil {
		return nil
	}
	data, err := json.Marshal(p.Findings) // the two are written alike
	if err != nil || json.Unmarshal(data, &list) != nil {
		return nil
	}
	return list
}

// start asks for every backup, once nothing that is told of them can be missed.
func (b *remoteBackup) start(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.runs {
		b.startOne(ctx, r)
	}
}

// startOne asks for one backup. One that is under way already is joined, unless this verb
// wants it otherwise than it is.
func (b *remoteBackup) startOne(ctx context.Context, r *remoteRun) {
	_, err := b.client.Start(ctx, status.StartRequest{Phone: r.phone.UDID, Full: b.ask.Full, NoWait: b.ask.NoWait})
	switch id, _ := cause.Of(err); {
	case err == nil:
		r.ours = true
	case id == cause.AlreadyRunning && !b.ask.Full && !b.ask.NoWait:
		message := "it is being backed up already; this shows how that goes on"
		if p, err := b.phoneNow(ctx, r.phone.UDID); err == nil && p.State == status.Waiting {
			message += "; " + p.Message
		}
		b.tell(agent.Event{Kind: agent.Note, Time: time.Now(), Phone: &r.outcome.Phone, Message: message})
	default:
		r.over, r.outcome.Err = true, err
		b.tellFailure(r)
	}
}

func (b *remoteBackup) phoneNow(ctx context.Context, udid string) (status.Phone, error) {
	s, err := b.client.Status(ctx)
	if err != nil {
		return status.Phone{}, err
	}
	return phoneIn(s, udid)
}

// tellFailure tells of a failure that no event has told.
func (b *remoteBackup) tellFailure(r *remoteRun) {
	f := b.app.failureOf(r.outcome.Err)
	b.tell(agent.Event{Kind: agent.Failed, Time: time.Now(), Phone: &r.outcome.Phone, Cause: f.Cause, Error: f})
}

// cancel ends the backups that this verb has started, and answers whether there were any
// whose end is to be told. One that it only looked at goes on.
func (b *remoteBackup) cancel(ctx context.Context) (any bool) {
	b.mu.Lock()
	runs := slices.Clone(b.runs)
	b.mu.Unlock()
	for _, r := range runs {
		b.mu.Lock()
		ours, over := r.ours, r.over
		if !ours && !over {
			r.over, r.outcome.Err = true, errors.New("follow the backup: stopped")
			b.tell(agent.Event{Kind: agent.Note, Time: time.Now(), Phone: &r.outcome.Phone, Message: "its backup goes on without this window"})
		}
		b.mu.Unlock()
		if ours && !over {
			any = true
			_, _ = b.client.Cancel(ctx, r.phone.UDID) // how it ends is told as an event
		}
	}
	return any
}

// hear takes an event of the daemon.
func (b *remoteBackup) hear(kind string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch kind {
	case "lost":
		b.lost = true
	case "status":
		b.catchUp(data)
	default:
		var e agent.Event
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("follow the backup: %w", err)
		}
		b.take(e)
	}
	for _, r := range b.runs {
		if !r.over {
			return nil
		}
	}
	return errAllDone
}

// take draws the conclusions of an event about one of the phones.
func (b *remoteBackup) take(e agent.Event) {
	if e.Phone == nil {
		return
	}
	i := slices.IndexFunc(b.runs, func(r *remoteRun) bool { return usbmux.SameUDID(r.phone.UDID, e.Phone.UDID) })
	if i < 0 || b.runs[i].over {
		return
	}
	r := b.runs[i]
	r.outcome.Phone = *e.Phone
	b.tell(e)
	switch e.Kind {
	case agent.Preflight:
		r.outcome.Findings = e.Findings
	case agent.Finished:
		r.over, r.outcome.Result = true, e.Result
	case agent.Failed:
		r.over, r.outcome.Err = true, &status.RemoteError{Told: status.Failure(*e.Error)}
	case agent.Unplugged:
		r.over, r.outcome.Err = true, cause.New(cause.DeviceDisconnected, nil, errors.New("follow the backup: unplugged before it began"))
		b.tellFailure(r)
	case agent.Skipped:
		if !r.ours { // what was under way found that it was not due
			ctx, cancel := context.WithTimeout(context.Background(), glanceAtDaemon)
			defer cancel()
			b.startOne(ctx, r)
		}
	}
}

// catchUp learns from the picture how backups have ended whose events were left out.
func (b *remoteBackup) catchUp(data []byte) {
	var s status.Snapshot
	if !b.lost || json.Unmarshal(data, &s) != nil {
		return
	}
	b.lost = false
	for _, r := range b.runs {
		p, err := phoneIn(s, r.phone.UDID)
		if err != nil || r.over || p.Run != nil {
			continue
		}
		r.over = true
		if t := p.Trouble; t != nil {
			e := cause.New(t.Cause, t.Evidence, nil)
			r.outcome.Err = &status.RemoteError{Told: status.Failure{Cause: t.Cause, Message: t.Message, Remedy: t.Remedy, Evidence: t.Evidence, ExitCode: e.ExitCode()}}
			b.tellFailure(r)
			continue
		}
		r.outcome.Result = &agent.Result{Version: store.VersionID(p.LastVersion)}
		for _, v := range p.Versions {
			if v.ID == p.LastVersion {
				*r.outcome.Result = agent.Result{Version: store.VersionID(v.ID), Files: v.Files, Bytes: v.Bytes, NewBytes: v.NewBytes,
					Full: v.Full, Engine: v.Engine, Seconds: v.Seconds, Path: v.Path}
			}
		}
		b.tell(agent.Event{Kind: agent.Finished, Time: time.Now(), Phone: &r.outcome.Phone, Result: r.outcome.Result})
	}
}
