package agent

import (
	"time"

	"homeport/cause"
)

// The general limits of automatic tries: whatever fails, the phone and its owner
// are not nagged.
const (
	retryPause  = time.Hour
	retryWindow = 24 * time.Hour
	retryMost   = 3
	// wakePause is how long after a failure that a sleep of the computer explains: it is
	// awake again, and its USB ports may still be waking.
	wakePause = 5 * time.Second
)

// attempt is a try that failed.
type attempt struct {
	at    time.Time
	cause cause.ID // by which the next try is decided
	first cause.ID // as it was told by itself, without what came before
	place place    // where it stopped
	short int64    // bytes that were missing on the disk; 0: not known
}

// past is what is known about one phone when the next try is decided.
type past struct {
	lastGood    time.Time     // when the newest version was finished; zero: never
	minInterval time.Duration // between two good backups
	failures    []attempt     // oldest first
	acted       time.Time     // the last act of a person: plugged in, unlocked
	unlocked    time.Time     // the last unlock seen; also an act
	muxBack     time.Time     // when usbmuxd was last seen to be back; no act
	made        time.Time     // when this process last made a good version, by a clock that nobody sets
}

// plan says when to try next.
type plan struct {
	at    time.Time // not before; with never: from when on an act of the person counts, zero is at once
	never bool      // not without a new act of the person
	why   cause.ID  // the failure that makes it wait; "" when the newest backup is fresh enough
	open  bool      // an unlock brings it sooner
}

// words say when a phone is tried again that was not backed up, and how to have it at once.
func (p plan) words(now time.Time) string {
	when := "at " + clock(p.at, now)
	switch back := p.why == cause.DestinationMissing || p.why == cause.DestinationOffline; {
	case p.never && p.at.After(now):
		when = "when you plug the iPhone in after " + clock(p.at, now)
	case p.never && p.open:
		when = "when you unlock the iPhone, or plug it in again"
	case p.never && back:
		when = "when the backup disk is back"
	case p.never && tooFull(p.why):
		when = "when there is room for it, or you plug the iPhone in again"
	case p.never:
		when = "when you plug the iPhone in again"
	case p.open:
		when = "when you unlock the iPhone, or " + when
	case back:
		when = "when the backup disk is back, or " + when
	}
	return "the next try is " + when + "; to start one at once: homeport backup"
}

// decide is the whole retry policy, as a function of what happened.
func decide(p past, now time.Time) plan {
	due := now
	if p.lastGood.After(now) {
		// A last backup in the future is a clock that jumped: it must not keep the phone
		// from being backed up for years, nor make up for what fails now. What counts is the
		// one that this process has made, so that there is not one after the other.
		p.lastGood = p.made
	}
	if next := p.lastGood.Add(p.minInterval); !p.lastGood.IsZero() && next.After(now) {
		due = next
	}
	failures := sinceGood(p.failures, p.lastGood)
	if len(failures) == 0 {
		// With no interval, one good backup belongs to each time it is plugged in.
		if p.minInterval == 0 && p.lastGood.After(p.acted) {
			return plan{never: true}
		}
		return plan{at: due}
	}
	retry := afterFailure(p, failures, now)
	if !retry.never && due.After(now) && due.After(retry.at) {
		return plan{at: due}
	}
	return retry
}

// sinceGood drops the failures that a good backup has made up for.
func sinceGood(failures []attempt, lastGood time.Time) []attempt {
	for i, f := range failures {
		if f.at.After(lastGood) {
			return failures[i:]
		}
	}
	return nil
}

// afterFailure applies the retry rule of the newest failure.
func afterFailure(p past, failures []attempt, now time.Time) plan {
	last := failures[len(failures)-1]
	row, _ := cause.Lookup(last.cause)
	wait := plan{at: last.at.Add(pauseOf(row.Retry)), why: last.cause}
	if passcodeWasUp(last.cause) {
		return afterPasscode(p, failures, wait, now)
	}
	if p.acted.After(last.at) {
		return plan{at: now, why: last.cause}
	}
	if !automatic(row.Retry.On) || tooOften(failures, row.Retry, p.acted, now) {
		return plan{never: true, why: last.cause, open: row.Retry.On == cause.OnUnlock}
	}
	if muxWasGone(last.cause) && p.muxBack.After(last.at) {
		return plan{at: now, why: last.cause}
	}
	return wait
}

// pauseOf is the time between a failure and the next automatic try.
func pauseOf(r cause.Retry) time.Duration {
	switch {
	case r.Pause > 0:
		return r.Pause
	case r.On == cause.OnWake:
		return wakePause
	}
	return retryPause
}

// automatic reports whether the agent may try again with nobody there. What
// waits for an unlock, a re-plug or a drive is tried when that happens.
func automatic(on cause.Trigger) bool {
	switch on {
	case cause.Auto, cause.OnReturn, cause.OnWake:
		return true
	}
	return false
}

// muxWasGone reports whether usbmuxd itself was the reason.
func muxWasGone(id cause.ID) bool {
	return id == cause.MuxServiceStopped || id == cause.MuxServiceNotRunning || id == cause.MuxNotAnswering
}

// passcodeWasUp reports whether the phone has shown its passcode prompt in vain.
// A re-plug alone does not bring such a prompt back before the pause is over.
func passcodeWasUp(id cause.ID) bool {
	return id == cause.PasscodePromptUnanswered || id == cause.PasscodePromptCancelled
}

// afterPasscode lets a missed prompt come back once at the next unlock; then, and
// after a cancelled one, only an act of the person after the pause brings it back.
func afterPasscode(p past, failures []attempt, wait plan, now time.Time) plan {
	last := failures[len(failures)-1]
	if tooOften(failures, cause.Retry{}, time.Time{}, now) {
		wait.at = oldestCounting(failures, now).Add(retryWindow)
		return wait
	}
	missed := last.cause == cause.PasscodePromptUnanswered
	once := missed && !missedBefore(failures)
	if once && p.unlocked.After(last.at) {
		return plan{at: now, why: last.cause}
	}
	wait.open = once
	if missed || p.acted.After(wait.at) {
		return wait
	}
	return plan{never: true, at: wait.at, why: last.cause}
}

// missedBefore reports whether the prompt was missed twice in a row.
func missedBefore(failures []attempt) bool {
	n := len(failures)
	return n > 1 && failures[n-2].cause == cause.PasscodePromptUnanswered
}

// tooOften reports whether the automatic tries are used up: those of the cause
// and those of the day, counted since the person last did something.
func tooOften(failures []attempt, r cause.Retry, acted, now time.Time) bool {
	most := retryMost
	if r.Tries > 0 && r.Tries < most {
		most = r.Tries
	}
	n := 0
	for _, f := range failures {
		if now.Sub(f.at) < retryWindow && f.at.After(acted) {
			n++
		}
	}
	if !acted.IsZero() {
		n-- // the first was the person's own doing
	}
	return n >= most
}

// oldestCounting is the time of the oldest failure within the window.
func oldestCounting(failures []attempt, now time.Time) time.Time {
	for _, f := range failures {
		if now.Sub(f.at) < retryWindow {
			return f.at
		}
	}
	return now
}
