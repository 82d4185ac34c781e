package agent

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"homeport/agent/status"
	"homeport/cause"
	"homeport/configs"
)

// urgency orders phones: whoever needs somebody comes first.
func urgency(p status.Phone) int {
	if p.State == status.Away && p.LastGood == nil {
		p.State = status.New // nobody may take it for one that is safe
	}
	return slices.Index([]status.State{
		status.Waiting, status.BackingUp, status.Checking, status.Failed, status.Overdue, status.New, status.OK, status.Away, status.Ignored,
	}, p.State)
}

// word says in one word and in one line how a phone stands, which was first seen at first.
func (c composer) word(s *status.Phone, p portrait, mine configs.PhoneConfig, first time.Time) {
	troubled := s.Trouble != nil && !mild(s.Trouble.Cause)
	switch {
	case s.Run != nil && p.todo.cause != "":
		s.State, s.Message = status.Waiting, "waiting: "+p.todo.message
	case s.Run != nil:
		s.State, s.Message = status.BackingUp, underWay(*s.Run)
	case p.looked:
		s.State, s.Message = status.Checking, "plugged in; looking at it"
	case troubled && s.Trouble.Cause == cause.VersionDamaged:
		s.State, s.Message = status.Failed, s.Trouble.Message
	case troubled:
		s.State, s.Message, s.Note = status.Failed, "not backed up: "+s.Trouble.Message, p.aside
	case !mine.Enabled && c.asks(mine):
		s.State, s.Message = status.New, "new here; to back it up: homeport backup"
	case !mine.Enabled:
		s.State, s.Message = status.Ignored, "switched off in the settings"
	case s.LastGood == nil && c.long(first):
		s.State, s.Message = status.Overdue, plugIn(*s, "never backed up; it was first here "+AgoInWords(c.now.Sub(first)))
	case s.LastGood == nil && s.Plugged:
		s.State, s.Message = status.New, "not backed up yet"
	case s.LastGood == nil:
		s.State, s.Message = status.Away, "never backed up here; plug it in"
	case c.long(*s.LastGood):
		s.State, s.Message = status.Overdue, plugIn(*s, "last backed up "+AgoInWords(c.now.Sub(*s.LastGood)))
	case s.Plugged:
		s.State, s.Message = status.OK, c.backedUp(*s, mine)
	default:
		s.State, s.Message = status.Away, c.backedUp(*s, mine)
	}
	if s.Trouble != nil && mild(s.Trouble.Cause) && (s.State == status.OK || s.State == status.New) {
		s.Message += "; the last one was stopped, as asked"
	}
}

// long reports whether a phone without a good version since at is overdue.
func (c composer) long(at time.Time) bool {
	limit := c.cfg.Overdue.Std()
	return limit > 0 && !at.IsZero() && c.now.Sub(at) > limit
}

// plugIn asks for a phone that is away.
func plugIn(s status.Phone, message string) string {
	if s.Plugged {
		return message
	}
	return message + "; plug it in"
}

// withTask tells in a run what the person has to do now.
func withTask(r status.Run, do task) *status.Run {
	if do.cause != "" {
		r.Todo, r.Steps = do.message, cause.New(do.cause, nil, nil).Remedy(runtime.GOOS)
	}
	return &r
}

// asks reports whether a phone that is not listed waits for a person's word.
func (c composer) asks(mine configs.PhoneConfig) bool {
	return !mine.Listed && c.cfg.NewPhones == configs.AskNew
}

// backedUp tells of the newest backup, and when the next one is made.
func (c composer) backedUp(s status.Phone, mine configs.PhoneConfig) string {
	text := "backed up " + AgoInWords(c.now.Sub(*s.LastGood))
	switch {
	case !c.runs:
	case s.NextDue != nil && s.NextDue.After(c.now):
		text += "; next from " + clock(*s.NextDue, c.now)
	case s.Plugged && mine.MinInterval == 0:
		text += "; the next one when it is plugged in again"
	}
	return text
}

// underWay tells of a backup that goes on: "backing up, 43 %, about 9 min left".
func underWay(r status.Run) string {
	switch r.Phase {
	case phaseQueued:
		return "next: another iPhone is being backed up"
	case phasePreflight, "connecting", "waiting", "passcode":
		return "backing up: starting"
	case "finishing":
		return "backing up: finishing"
	}
	text := "backing up"
	if r.Percent > 0 {
		text += fmt.Sprintf(", %.0f %%", r.Percent)
	} else if r.Bytes > 0 {
		text += ", " + cause.Bytes(r.Bytes).String()
	}
	if r.Left > 0 {
		text += ", about " + leftInWords(r.Left) + " left"
	}
	return text
}

// leftInWords rounds a time left, in seconds, to what it is worth.
func leftInWords(seconds float64) string {
	if seconds < 90 {
		return cause.Seconds(max(1, float64(int(seconds)))).String()
	}
	return cause.Seconds(float64(int(seconds/60+0.5) * 60)).String()
}

// agoSlack is by how much clocks may differ, or be set back, without a word.
const agoSlack = 5 * time.Minute

// AgoInWords says how long ago something was, as people do: "12 minutes ago".
func AgoInWords(d time.Duration) string {
	unit := func(n int, one string) string {
		if n == 1 {
			return "1 " + one + " ago"
		}
		return fmt.Sprintf("%d %ss ago", n, one)
	}
	switch {
	case d < -agoSlack:
		return "in the future, by the clock of this computer"
	case d < time.Minute:
		return "a moment ago"
	case d < time.Hour:
		return unit(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return unit(int(d.Hours()), "hour")
	}
	return unit(int(d.Hours()/24), "day")
}
