package cause

import (
	"fmt"
	"time"
)

// Does says what Homeport itself does about a cause, as whole sentences; it is empty
// where there is nothing to do.
func (r Row) Does() string {
	switch {
	case r.Severity == Warn:
		return "Homeport makes the backup all the same."
	case r.Severity == Info && r.Retry.Full:
		return "Homeport makes a full backup next, by itself."
	case r.Severity == Info:
		return ""
	case r.When == ByRestore:
		return "Homeport does not start a restore again by itself."
	}
	return r.Retry.sentence()
}

// sentence is the retry rule of something that stops a backup.
func (r Retry) sentence() string {
	again := "Homeport tries again by itself"
	if r.Tries == 1 {
		again = "Homeport tries once more by itself"
	}
	switch {
	case r.On == Never:
		return "Homeport does not try again by itself: it would end the same way."
	case r.On == AfterAct:
		return "Homeport does not try again by itself; plug the iPhone in anew or start the backup when that is done."
	case r.For > 0:
		return fmt.Sprintf("Homeport keeps trying for %s and goes on by itself.", inWords(r.For))
	}
	if r.Full {
		again += ", with a full backup"
	}
	again += moment(r.On)
	if r.Tries > 1 {
		again += fmt.Sprintf(", up to %d times", r.Tries)
	}
	if r.Pause > 0 && r.On == Auto {
		again += fmt.Sprintf(", after %s", inWords(r.Pause))
	}
	return again + "."
}

// moment says when a try makes sense.
func moment(on Trigger) string {
	switch on {
	case OnUnlock:
		return " when the iPhone is unlocked"
	case OnReattach:
		return " when the iPhone is plugged in again"
	case OnReturn:
		return " when what is missing is back"
	case OnWake:
		return " when the computer is awake"
	}
	return ""
}

// inWords says "5 minutes", "an hour".
func inWords(d time.Duration) string {
	switch {
	case d == time.Hour:
		return "an hour"
	case d >= time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}
