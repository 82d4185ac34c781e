package main

import (
	"golang.org/x/sys/windows/svc/eventlog"

	"homeport/agent"
)

// eventSource is the name in the Event Log, and eventID that of every entry.
const (
	eventSource = "Homeport"
	eventID     = 1
)

// systemLog writes what went wrong to the Event Log, beside all else. The name can be
// registered by an administrator only; without that Windows writes the entries all the
// same, and shows before each text that the description of its number is missing.
func (a *app) systemLog() (tell func(agent.Event), instead bool) {
	_ = eventlog.InstallAsEventCreate(eventSource, eventlog.Error|eventlog.Warning|eventlog.Info) // is there, or may not
	log, err := eventlog.Open(eventSource)
	if err != nil {
		return nil, false
	}
	a.closers = append(a.closers, func() { _ = log.Close() })
	return func(e agent.Event) {
		if priorityOf(e) == priorityError {
			_ = log.Error(eventID, systemLine(e))
		}
	}, false
}
