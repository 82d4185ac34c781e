package main

import (
	"errors"
	"path/filepath"
	"sync"

	"go.uber.org/zap"

	"homeport/agent"
	"homeport/agent/notices"
	"homeport/backup"
	"homeport/cause"
	"homeport/configs"
)

// herald hands events to those who are not at the terminal: whoever is at the desktop, the
// webhook, the healthcheck. What cannot be told there is in the log, and changes nothing.
type herald struct {
	config  func() configs.Config
	log     *zap.Logger
	desktop bool // notices are shown, too
	board   *notices.Board
	hook    *notices.Outbox
	check   *notices.Outbox
	begun   map[string]string // by UDID: the run that the healthcheck knows of
}

// newHerald opens a herald; it is closed with the app.
func (a *app) newHerald(config func() configs.Config, desktop bool) *herald {
	log := a.openLog(config())
	h := &herald{config: config, log: log, desktop: desktop, begun: map[string]string{}}
	path := ""
	if dir := a.stateFolder(); dir != "" {
		path = filepath.Join(dir, "notices.json")
	}
	desk := notices.NewDesk(a.showOn(), h.noDesk())
	h.board = notices.NewBoard(notices.OpenMemory(path), desk)
	h.hook, h.check = notices.NewOutbox(h.notSent), notices.NewOutbox(h.notSent)
	a.closers = append(a.closers, func() {
		var wait sync.WaitGroup // each may take some seconds
		for _, end := range []func(){desk.Close, h.hook.Close, h.check.Close} {
			wait.Go(end)
		}
		wait.Wait()
	})
	return h
}

// alsoElsewhere has a verb's events told to the webhook and the healthcheck too. Whoever
// started it is at the terminal: nothing is shown on the desktop.
func (a *app) alsoElsewhere(cfg configs.Config, tell func(agent.Event)) func(agent.Event) {
	if cfg.Webhook == "" && cfg.Healthcheck == "" {
		return tell
	}
	h := a.newHerald(func() configs.Config { return cfg }, false)
	return func(e agent.Event) {
		tell(e)
		h.hear(e)
	}
}

// showOn is where notices are shown.
func (a *app) showOn() notices.Shower {
	if a.shower != nil {
		return a.shower
	}
	return notices.Desktop()
}

func (h *herald) notSent(err error) {
	h.log.Warn("not told elsewhere", textOf(err)...)
}

// textOf is an error for the log, and where it shows a mistake of ours.
func textOf(err error) []zap.Field {
	fields := []zap.Field{zap.String("text", err.Error())}
	if p, ok := errors.AsType[*cause.Panic](err); ok {
		fields = append(fields, zap.ByteString("stack", p.Stack))
	}
	return fields
}

// noDesk logs why a notice was not shown; that there is no desktop, as on a server, once.
func (h *herald) noDesk() func(error) {
	told := false
	return func(err error) {
		none := errors.Is(err, notices.ErrNoDesktop)
		if none && told {
			return
		}
		told = told || none
		h.log.Info("a notice was not shown", textOf(err)...)
	}
}

// hear takes note of an event. It never waits.
func (h *herald) hear(e agent.Event) {
	cfg := h.config()
	if h.desktop {
		h.board.Tell(forNotice(e), settingsOf(cfg.Notify))
	}
	if cfg.Healthcheck != "" {
		h.ping(string(cfg.Healthcheck), e)
	}
	if cfg.Webhook != "" && e.Kind != agent.Progress {
		h.post(string(cfg.Webhook), e)
	}
}

func settingsOf(n configs.Notify) notices.Settings {
	return notices.Settings{
		Waiting: n.Waiting, Failed: n.Failed, Overdue: n.Overdue, Damage: n.Damage,
		First: n.BackedUp == configs.TellFirst, Always: n.BackedUp == configs.TellAlways,
	}
}

// forNotice is an event as notices read it.
func forNotice(e agent.Event) notices.Event {
	n := notices.Event{Kind: string(e.Kind), Time: e.Time, Run: e.Run, Cause: e.Cause, Message: e.Message}
	if e.Phone != nil {
		n.UDID, n.Phone = e.Phone.UDID, e.Phone.Name
	}
	if e.Progress != nil {
		n.Phase = string(e.Progress.Phase)
	}
	switch {
	case e.Error != nil:
		n.Cause, n.Sentence, n.Steps = e.Error.Cause, e.Error.Message, e.Error.Remedy
	case e.Cause != "":
		f := agent.NewFailure(cause.New(e.Cause, nil, nil))
		n.Sentence, n.Steps = f.Message, f.Remedy
		if e.Kind == agent.Note || e.Kind == agent.Waiting { // it knows more than the catalogue
			n.Sentence = e.Message
		}
	}
	if r := e.Result; r != nil && e.Kind == agent.Finished {
		n.Done = &notices.Done{Files: r.Files, Bytes: r.Bytes, NewBytes: r.NewBytes, Seconds: r.Seconds}
		for _, f := range r.Notes {
			n.Done.Remarks = append(n.Done.Remarks, notices.Remark{Cause: f.Cause, Sentence: f.Message, Steps: f.Remedy})
		}
	}
	return n
}

// ping tells the healthcheck how backups go: each one that begins, and how it ends. One that
// a person or the end of the program stopped is no failure.
func (h *herald) ping(address string, e agent.Event) {
	if e.Phone == nil {
		return
	}
	who := e.Phone.Label()
	switch e.Kind {
	case agent.Progress:
		if e.Run != "" && h.begun[e.Phone.UDID] != e.Run && e.Progress.Phase != backup.PhaseConnecting {
			h.begun[e.Phone.UDID] = e.Run
			h.check.Ping(address, notices.Began, who)
		}
	case agent.Finished:
		h.check.Ping(address, notices.Went, who+": "+proved(*e.Result)+", version "+string(e.Result.Version))
	case agent.Failed:
		if e.Cause != cause.UserCancelled && e.Cause != cause.HostShutdown {
			h.check.Ping(address, notices.Broke, who+" was not backed up: "+e.Error.Message+" ("+string(e.Cause)+")")
		}
	}
}

func (h *herald) post(address string, e agent.Event) {
	udid, sentence := "", ""
	var remedy []string
	if e.Phone != nil {
		udid = e.Phone.UDID
	}
	if n := forNotice(e); n.Sentence != "" {
		sentence, remedy = n.Sentence, n.Steps
	}
	if err := h.hook.Webhook(address, e, udid, sentence, remedy); err != nil {
		h.notSent(err)
	}
}
