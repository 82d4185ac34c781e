package notices

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"homeport/cause"
)

// Pause is how long the same thing is not told again.
const Pause = time.Hour

// Decide says which notice an event becomes, if any, from what was told before, and notes in
// m what it will need to know of the next. It asks and changes nothing else.
func Decide(e Event, s Settings, m *Memory) (Notice, bool) {
	n, wanted := Notice{}, false
	switch e.Kind {
	case "waiting":
		n, wanted = waiting(e, s)
	case "finished":
		n, wanted = finished(e, s, m)
	case "failed":
		n, wanted = failed(e, s, m)
	case "note":
		n, wanted = noted(e, s)
	case "service":
		n, wanted = damaged(e, s)
	}
	if !wanted || m.Within(n.key, Pause, e.Time) {
		return Notice{}, false
	}
	if e.Kind == "failed" || e.Cause == cause.BackupOverdue {
		m.Note(troubleKey(e), e.Time)
	}
	m.Note(n.key, e.Time)
	n.Title, n.Text = clean(n.Title, mostTitle), clean(n.Text, mostText)
	return n, true
}

func troubleKey(e Event) string { return "trouble " + e.UDID }

// who is what the phone is called in a notice.
func who(e Event) string {
	if name := clean(e.Phone, mostName); name != "" {
		return name
	}
	return "an iPhone"
}

// waiting tells what a person has to do at the phone now. A passcode prompt that is reminded
// of, first only guessed, or up again because nobody answered it, is one thing; the one after
// it was answered is another (Board).
func waiting(e Event, s Settings) (Notice, bool) {
	n := Notice{About: aboutPrompt(e), key: string(e.Cause) + " " + e.UDID}
	switch e.Cause {
	case cause.PasscodePromptUnanswered:
		n.Title, n.Text = "Passcode wanted", "Enter the passcode on "+who(e)+": the backup is waiting."
		if strings.HasPrefix(e.Message, "look at ") {
			n.Text = "Look at " + who(e) + ": it may ask for its passcode, and the backup waits for that."
		}
		n.key = passcodeKey(e)
	case cause.NotTrusted, cause.PairRecordMissing, cause.PairRecordStale, cause.PairRecordUnreadable:
		n.Title, n.Text = "Trust wanted", "Unlock "+who(e)+" and tap Trust: the backup is waiting."
		n.key = "trust " + e.UDID
	case cause.DeviceLocked, cause.DeviceNotUnlockedSinceBoot:
		n.Title, n.Text = "Unlock wanted", "Unlock "+who(e)+": the backup is waiting."
		n.key = "unlock " + e.UDID
	default:
		return Notice{}, false
	}
	return n, s.Waiting
}

func passcodeKey(e Event) string { return "passcode " + e.UDID }

// finished tells of a backup: of what is odd about it, or that it is there. By default that
// is told for the first one, and after trouble that was told.
func finished(e Event, s Settings, m *Memory) (Notice, bool) {
	good, trouble := "good "+e.UDID, troubleKey(e)
	first, better := m.At(good).IsZero(), !m.At(trouble).IsZero()
	m.Note(good, e.Time)
	m.Forget(trouble)
	m.Forget(failingKey(e))
	if e.Done == nil {
		return Notice{}, false
	}
	for _, r := range e.Done.Remarks {
		if s.Damage && slices.Contains(warns, r.Cause) {
			return Notice{Title: "Look at the new backup: " + who(e), Text: told(r.Sentence, r.Steps), About: aboutStanding(e), key: string(r.Cause) + " " + e.UDID}, true
		}
	}
	d := e.Done
	n := Notice{Title: "Backed up: " + who(e), About: aboutStanding(e), key: "backed up " + e.UDID + " " + e.Run}
	n.Text = fmt.Sprintf("%s in %s, %s of it new, in %s.", files(d.Files), cause.Bytes(d.Bytes), cause.Bytes(d.NewBytes), cause.Seconds(d.Seconds))
	if better && !first {
		n.Title = "Backed up again: " + who(e)
	}
	return n, s.Always || s.First && (first || better)
}

// warns are the remarks about a finished backup that somebody should look at.
var warns = []cause.ID{cause.BackupShrank, cause.ManifestMismatch}

func files(n int64) string {
	if n == 1 {
		return "1 file"
	}
	return humanize.Comma(n) + " files"
}

func failingKey(e Event) string { return "failing " + e.UDID }

// own are the ends of a run that the person wanted.
var own = []cause.ID{cause.UserCancelled, cause.HostShutdown}

// failed tells that a phone was not backed up. What the agent tries again by itself, with
// nobody's help, is told when the next try failed as well; not a command of the person's
// own, which will not mend itself. A folder that does not take
// backups is one thing for all phones.
func failed(e Event, s Settings, m *Memory) (Notice, bool) {
	if slices.Contains(own, e.Cause) {
		return Notice{}, false
	}
	row, _ := cause.Lookup(e.Cause)
	again := !m.At(failingKey(e)).IsZero()
	m.Note(failingKey(e), e.Time)
	soon := row.Retry.On == cause.Auto || row.Retry.On == cause.OnWake
	if soon && !again && e.Cause != cause.CommandFailed {
		return Notice{}, false
	}
	key := "failed " + string(e.Cause)
	if row.Layer != cause.Destination && row.Layer != cause.Homeport {
		key += " " + e.UDID
	}
	return Notice{Title: "Not backed up: " + who(e), Text: told(e.Sentence, e.Steps), About: aboutStanding(e), key: key}, s.Failed
}

// noted tells that a phone has had no backup for long, which the agent says once a day; and
// that the command after a backup failed.
func noted(e Event, s Settings) (Notice, bool) {
	switch e.Cause {
	case cause.BackupOverdue:
	case cause.CommandFailed:
		return Notice{Title: "After the backup: " + who(e), Text: told(e.Sentence, e.Steps), About: "after", key: "after"}, s.Failed
	default:
		return Notice{}, false
	}
	return Notice{Title: "No recent backup: " + who(e), Text: told(e.Sentence, e.Steps), About: aboutStanding(e), key: "overdue " + e.UDID}, s.Overdue
}

// damaged tells of a version that the drive has spoiled.
func damaged(e Event, s Settings) (Notice, bool) {
	if e.Cause != cause.VersionDamaged {
		return Notice{}, false
	}
	return Notice{Title: "Damaged backup: " + who(e), Text: told(e.Sentence, e.Steps), About: "damage " + e.UDID, key: "damaged " + e.UDID}, s.Damage
}
