package main

import (
	"fmt"
	"math"
	"runtime"
	"strings"

	"homeport/agent"
	"homeport/cause"
	"homeport/preflight"
)

// outlookJSON is what to expect of the next backup, as doctor prints it.
type outlookJSON struct {
	agent.Outlook
	Passcode bool           `json:"passcode"` // the phone will ask for its passcode
	Slow     *agent.Failure `json:"slow,omitempty"`
}

func outlookOf(o agent.Outcome) *outlookJSON {
	if o.Outlook == nil {
		return nil
	}
	j := &outlookJSON{Outlook: *o.Outlook, Passcode: asksPasscode(o.Findings)}
	if o.Outlook.Slow != nil {
		j.Slow = agent.NewFailure(o.Outlook.Slow)
	}
	return j
}

// asksPasscode reports whether the phone will ask for its passcode before a backup.
func asksPasscode(list []preflight.Finding) bool {
	f, _ := preflight.Report{Findings: list}.ByCheck("passcode")
	asks, _ := f.Evidence["passcodeNeeded"].(bool)
	return asks
}

// outlookLines tell a person what to expect of the next backup.
func outlookLines(o agent.Outcome) []string {
	if o.Outlook == nil {
		return nil
	}
	var lines []string
	if s := expected(*o.Outlook); s != "" {
		lines = append(lines, s)
	}
	if slow := o.Outlook.Slow; slow != nil {
		s := "The last one: " + slow.Sentence() + "   (" + string(slow.ID) + ")"
		if hint := slow.Hint(runtime.GOOS); hint != "" {
			s += ". What helps: " + hint + "."
		}
		lines = append(lines, s)
	}
	if asksPasscode(o.Findings) {
		lines = append(lines, "The iPhone will ask for its passcode at the start: have it ready.")
	}
	return lines
}

// expected is the size and the time of the next backup; empty when nobody knows.
func expected(o agent.Outlook) string {
	if o.MostBytes <= 0 || o.MostSeconds <= 0 {
		return ""
	}
	s := fmt.Sprintf("The next backup: %s, in %s", sizeRange(o.Bytes, o.MostBytes), timeRange(o.Seconds, o.MostSeconds))
	switch {
	case o.First:
		return strings.Replace(s, "The next backup", "The first backup", 1) + "; that is a rough guess."
	case o.Rough:
		return s + "; that is a rough guess."
	}
	if o.Runs == 1 {
		return s + "; as the last one was."
	}
	return fmt.Sprintf("%s; as the last %d were.", s, o.Runs)
}

// sizeRange words a range of sizes, with one unit where one will do.
func sizeRange(least, most int64) string {
	low, high := cause.Bytes(least).String(), cause.Bytes(most).String()
	if low == high {
		return "about " + low
	}
	if number, unit, _ := strings.Cut(low, " "); strings.HasSuffix(high, " "+unit) {
		low = number
	}
	return low + " to " + high
}

// timeRange words a range of seconds, as coarse as it is worth.
func timeRange(least, most float64) string {
	unit, name := 1.0, "s"
	switch {
	case most >= 3*86400:
		unit, name = 86400, "d"
	case most >= 3*3600:
		unit, name = 3600, "h"
	case most >= 90:
		unit, name = 60, "min"
	}
	low, high := math.Floor(least/unit), math.Ceil(most/unit)
	switch {
	case low < 1:
		return fmt.Sprintf("up to %.0f %s", high, name)
	case low == high:
		return fmt.Sprintf("about %.0f %s", high, name)
	}
	return fmt.Sprintf("%.0f to %.0f %s", low, high, name)
}
