package main

import (
	"fmt"
	"path/filepath"

	"go.uber.org/zap"

	"homeport/agent"
	"homeport/agent/history"
)

// historyName is the file of the history in the state folder.
const historyName = "history.db"

// history is what happened so far, or nil when this system has no place for it. The
// caller closes nothing: it holds nothing until a run begins.
func (a *app) history() *history.DB {
	dir := a.stateFolder()
	if dir == "" {
		return nil
	}
	return history.Open(filepath.Join(dir, historyName), history.Options{SetAside: func(s history.SetAside) {
		a.warnOf("the history was damaged (%v); it is kept as %s, and a new one begins", s.Err, s.Path)
	}})
}

// keepHistory has the agents that are made from now on write into the history.
func (a *app) keepHistory() {
	db := a.history()
	if db == nil || a.recorder != nil {
		return
	}
	a.recorder = agent.NewRecorder(db, func(err error) {
		a.warnOf("%v", err)
		a.tellPanic(err)
	})
	a.closers = append(a.closers, func() { _ = a.recorder.Close() })
}

// warnOf tells what a person should know and nothing depends on, there and in the log.
func (a *app) warnOf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintf(a.stderr, "warning: %s\n", clean(text))
	if a.log != nil {
		a.log.Warn("warning", zap.String("text", text))
	}
}
