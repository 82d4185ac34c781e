package main

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"homeport/agent"
	"homeport/cause"
	"homeport/preflight"
)

// The log of the system that a background program speaks to, beside its own file: the
// journal under systemd, with fields to search by; the Event Log of Windows, for what went
// wrong; macOS keeps what a LaunchAgent prints, and needs nothing.

// systemLine is an event in one line, without its time, which the system adds; "" when it
// is not told there.
func systemLine(e agent.Event) string {
	lines := newTeller(&live{w: nil, width: func() int { return 0 }}).lines(e)
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	if len(lines) == 0 {
		return ""
	}
	_, first, _ := strings.Cut(lines[0], " ") // its time
	lines[0] = first
	return strings.Join(lines, "; ")
}

// The priorities of syslog(3).
const (
	priorityError   = 3
	priorityWarning = 4
	priorityNotice  = 5
	priorityInfo    = 6
)

// priorityOf is how loud an event is.
func priorityOf(e agent.Event) int {
	row, known := cause.Lookup(e.Cause)
	switch {
	case e.Kind == agent.Failed:
		return priorityError
	case e.Kind == agent.Service && e.Error != nil, e.Kind == agent.Note && known && row.Severity != cause.Info:
		return priorityWarning
	case e.Kind == agent.Waiting, e.Kind == agent.Finished:
		return priorityNotice
	case e.Kind == agent.Preflight:
		for _, f := range e.Findings {
			if f.Status == preflight.Fail || f.Status == preflight.Warn {
				return priorityWarning
			}
		}
	}
	return priorityInfo
}

// journalEntry is an event in the journal's own form, as systemd's "Native Journal
// Protocol" page has it: FIELD=value, and for a value of several lines the field, its
// length in 64 bits, little-endian, and the value.
func journalEntry(e agent.Event) []byte {
	var b bytes.Buffer
	field := func(name, value string) {
		switch {
		case value == "":
		case strings.Contains(value, "\n"):
			b.WriteString(name + "\n")
			_ = binary.Write(&b, binary.LittleEndian, uint64(len(value)))
			b.WriteString(value + "\n")
		default:
			b.WriteString(name + "=" + value + "\n")
		}
	}
	field("MESSAGE", systemLine(e))
	field("PRIORITY", strconv.Itoa(priorityOf(e)))
	field("SYSLOG_IDENTIFIER", "homeport")
	field("HOMEPORT_EVENT", string(e.Kind))
	field("HOMEPORT_CAUSE", clean(string(e.Cause)))
	field("HOMEPORT_RUN", clean(e.Run))
	if e.Phone != nil {
		field("HOMEPORT_UDID", clean(e.Phone.UDID))
		field("HOMEPORT_DEVICE", clean(e.Phone.Name))
	}
	return b.Bytes()
}
