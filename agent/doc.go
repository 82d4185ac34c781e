// Package agent owns the life of each phone: it is plugged in, checked, backed
// up, proven, published, and told about; and it decides when to try again.
//
// One goroutine lives with each phone while a USB link to it exists (a visit).
// A visit identifies the phone, asks the schedule whether a backup is due, waits
// for what a person has to do (unlock, trust), and makes one run at a time. A
// run is bound to its link: a Detached event ends it at once, with the cause
// device-disconnected.
//
// Only this package and cmd speak. Everything that happens becomes an Event,
// handed to the Tell function of the Options; the terminal, the JSON lines and
// the log file are three readers of the same events, and a Recorder, which keeps
// the history, is a fourth.
package agent
