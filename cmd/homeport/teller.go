package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"homeport/agent"
	"homeport/backup"
	"homeport/cause"
	"homeport/preflight"
)

// narrow is the width of a terminal, in columns, below which the line about a run
// keeps what changes and leaves the rest away.
const narrow = 90

// indent aligns a second line with the text column of the first.
const indent = "                         "

// teller turns events into lines for a person.
type teller struct {
	out  *live
	last map[string]spoken // by UDID: what was last said about progress
	mux  bool              // usbmuxd was there
	said map[string]bool   // notes and warnings that were shown, by UDID and cause
	todo map[string]task   // by UDID: what the person has to do at the phone now
}

// task is a thing to do at the phone before it sends, and the phase in which it is.
type task struct {
	message string
	phase   backup.Phase // "": that of the next progress
}

// spoken is the progress that was last printed where there is no live line.
type spoken struct {
	at      time.Time
	percent float64
}

func newTeller(out *live) *teller {
	return &teller{out: out, last: map[string]spoken{}, said: map[string]bool{}, todo: map[string]task{}}
}

// tell prints one event. It is called from one goroutine at a time.
func (t *teller) tell(e agent.Event) {
	if e.Kind == agent.Progress {
		t.progress(e)
		return
	}
	if e.Phone != nil {
		t.out.set(e.Phone.UDID, "")
		delete(t.last, e.Phone.UDID)
		t.note(e)
	}
	if lines := t.lines(e); len(lines) > 0 {
		t.out.print(lines...)
	}
}

// note keeps what the person has to do at the phone, until something else happens.
func (t *teller) note(e agent.Event) {
	delete(t.todo, e.Phone.UDID)
	if e.Kind == agent.Waiting && e.Cause == cause.PasscodePromptUnanswered {
		t.todo[e.Phone.UDID] = task{message: e.Message}
	}
}

// stillToDo is what the person has to do all the while; "" when that is over.
func (t *teller) stillToDo(e agent.Event) string {
	do, known := t.todo[e.Phone.UDID]
	phase := e.Progress.Phase
	switch {
	case !known:
		return ""
	case phaseWord(phase) != "starting", do.phase != "" && do.phase != phase:
		delete(t.todo, e.Phone.UDID)
		return ""
	}
	do.phase = phase
	t.todo[e.Phone.UDID] = do
	return do.message
}

// lines words an event.
func (t *teller) lines(e agent.Event) []string {
	switch e.Kind {
	case agent.Plugged:
		return []string{line(e, "plugged in", describe(*e.Phone))}
	case agent.Unplugged:
		return []string{line(e, "unplugged", strings.TrimPrefix(e.Message, "unplugged "))}
	case agent.Preflight:
		return append([]string{line(e, "preflight", tally(e.Findings))}, t.notes(e)...)
	case agent.Waiting:
		return []string{line(e, "waiting", e.Message)}
	case agent.Verified:
		return []string{line(e, "verified", proved(*e.Result))}
	case agent.Finished:
		r := e.Result
		lines := []string{line(e, "backed up", fmt.Sprintf("version %s, %s", r.Version, cause.Seconds(r.Seconds)))}
		for _, n := range r.Notes {
			lines = append(lines, indent+noteWord(n.Cause)+": "+clean(n.Message)+"   ("+string(n.Cause)+")")
		}
		return lines
	case agent.Failed:
		return failed(e)
	case agent.Skipped:
		return []string{line(e, "not now", e.Message)}
	case agent.Note:
		return []string{line(e, "note", e.Message)}
	case agent.Service:
		return t.service(e)
	}
	return nil
}

// noteWord is what a remark about a finished backup is called.
func noteWord(id cause.ID) string {
	if row, ok := cause.Lookup(id); ok && row.Severity == cause.Info {
		return "note"
	}
	return "warning"
}

// service words what is told about usbmuxd, or about Homeport itself. Why usbmuxd
// does not answer, and what helps, is said once.
func (t *teller) service(e agent.Event) []string {
	what, ofMux := strings.CutPrefix(e.Message, "usbmuxd ")
	if ofMux && what == "is gone" && !t.mux {
		what = "does not answer" // it never was there
	}
	t.mux = ofMux && e.Error == nil
	lines := []string{line(e, what, "")}
	if !ofMux {
		lines = []string{line(e, "note", e.Message)}
	}
	key := "usbmuxd " + string(e.Cause)
	if e.Error == nil || ofMux && t.said[key] {
		return lines
	}
	t.said[key] = true
	return append(lines, indent+clean(e.Error.Message), hint(e.Error))
}

func line(e agent.Event, what, text string) string {
	who := "homeport"
	switch {
	case e.Phone != nil:
		who = clean(e.Phone.Label())
	case strings.HasPrefix(e.Message, "usbmuxd "):
		who = "usbmuxd"
	}
	return strings.TrimRight(fmt.Sprintf("%s  %s  %s %s", e.Time.Local().Format("15:04:05"),
		pad(who, 14), pad(what, 21), clean(text)), " ")
}

// pad fills s with spaces to n columns, and cuts it when it is much longer.
func pad(s string, n int) string {
	s = cut(s, 2*n)
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}

func describe(p agent.Phone) string {
	parts := []string{}
	if p.Model != "" {
		parts = append(parts, p.Model)
	}
	if p.IOSVersion != "" {
		parts = append(parts, "iOS "+p.IOSVersion)
	}
	if p.Speed > 0 {
		parts = append(parts, usbName(p.Speed))
	}
	return strings.Join(parts, ", ")
}

func usbName(speed int64) string {
	rate := cause.BitRate(speed).String()
	switch {
	case speed >= 5_000_000_000:
		return "USB 3 (" + rate + ")"
	case speed >= 480_000_000:
		return "USB 2 (" + rate + ")"
	}
	return "USB 1 (" + rate + ")"
}

// tally counts the findings of a preflight.
func tally(list []preflight.Finding) string {
	n := map[preflight.Status]int{}
	for _, f := range list {
		n[f.Status]++
	}
	s := count(n[preflight.Pass]+n[preflight.Info]+n[preflight.Warn], "check", "checks") + " passed"
	for _, part := range []struct {
		n    int
		one  string
		many string
	}{{n[preflight.Fail], "failed", "failed"}, {n[preflight.Warn], "warning", "warnings"}, {n[preflight.Info], "note", "notes"}} {
		if part.n > 0 {
			s += ", " + count(part.n, part.one, part.many)
		}
	}
	return s
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// notes words what is worth reading of a preflight. What was said about this
// phone before is not said again, and the failure that decides is left to the line
// that tells that there is no backup. The others are told with what to do: who
// mends the one has not to come back for the next.
func (t *teller) notes(e agent.Event) []string {
	var lines []string
	for _, f := range e.Findings {
		key := e.Phone.UDID + " " + string(f.Cause)
		word := ""
		switch {
		case f.Status == preflight.Fail:
			if f.Cause != e.Cause {
				word = "failed"
			}
		case t.said[key]:
		case f.Status == preflight.Warn:
			word = "warning"
		case f.Status == preflight.Info:
			word = "note"
		}
		if word == "" {
			continue
		}
		t.said[key] = f.Status != preflight.Fail
		lines = append(lines, indent+word+": "+clean(f.Sentence())+"   ("+string(f.Cause)+")")
		if word == "failed" {
			lines = append(lines, hint(&agent.Failure{Cause: f.Cause, Remedy: f.Remedy(runtime.GOOS)}))
		}
	}
	return lines
}

func proved(r agent.Result) string {
	return fmt.Sprintf("%s, %s, %s new", count64(r.Files, "file", "files"), cause.Bytes(r.Bytes), cause.Bytes(r.NewBytes))
}

func count64(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func failed(e agent.Event) []string {
	f := e.Error
	lines := []string{line(e, "not backed up", f.Message)}
	if f.Cause != "" {
		lines = append(lines, hint(f))
	}
	if e.Message != "" {
		lines = append(lines, indent+clean(e.Message))
	}
	return lines
}

// hint is the first step of a remedy, with the command that tells more.
func hint(f *agent.Failure) string {
	step := ""
	if len(f.Remedy) > 0 {
		step = lowerFirst(strings.TrimSuffix(f.Remedy[0], ".")) + "; "
	}
	return indent + "hint: " + clean(step) + "homeport explain " + string(f.Cause)
}

// progress shows how far a run is: on a terminal in its live line, elsewhere a
// line at every tenth or every half minute.
func (t *teller) progress(e agent.Event) {
	text := line(e, phaseWord(e.Progress.Phase), progressText(*e.Progress))
	do := t.stillToDo(e)
	switch {
	case e.Shown > 0 && e.Progress.Phase == backup.PhasePasscode:
		text = line(e, "waiting", "the iPhone has asked for its passcode for "+cause.Seconds(float64(int(e.Shown))).String())
	case do != "" && t.out.terminal():
		text = line(e, "waiting", do)
	case do != "":
		return // it is the last line, and stays it
	}
	if t.out.terminal() {
		if t.out.width() < narrow && do == "" {
			text = inBrief(e)
		}
		t.out.set(e.Phone.UDID, text)
		return
	}
	was, known := t.last[e.Phone.UDID]
	p := e.Progress.Percent
	if known && int(p/10) == int(was.percent/10) && e.Time.Sub(was.at) < 30*time.Second {
		return
	}
	if e.Progress.Bytes > 0 {
		t.last[e.Phone.UDID] = spoken{e.Time, p}
		t.out.print(text)
	}
}

// inBrief is the line about a run for a narrow terminal, which cuts its end.
func inBrief(e agent.Event) string {
	text := phaseWord(e.Progress.Phase)
	if text == "backing up" {
		text = strings.TrimSpace(progressText(*e.Progress))
	}
	return text + "   " + clean(e.Phone.Label())
}

func phaseWord(p backup.Phase) string {
	switch p {
	case backup.PhaseConnecting, backup.PhaseWaiting, backup.PhasePasscode:
		return "starting"
	case backup.PhaseFinishing:
		return "finishing"
	case agent.PhaseChecking:
		return "checking the version"
	case agent.PhaseCopying:
		return "copying the earlier version"
	case backup.PhaseSending:
		return "restoring"
	}
	return "backing up"
}

func progressText(p agent.RunProgress) string {
	// Until the phone has said how far it is, 0 % would look like standing still.
	s := fmt.Sprintf("%3.0f %%   ", p.Percent)
	if p.Percent == 0 && p.Bytes > 0 {
		s = "        "
	}
	s += cause.Bytes(p.Bytes).String()
	if p.Speed >= 1000 {
		s += fmt.Sprintf("   %s/s", cause.Bytes(p.Speed))
	}
	if p.Left > 0 {
		s += fmt.Sprintf("   about %s left", roughly(p.Left))
	}
	return s
}

// roughly rounds a time left to what it is worth.
func roughly(seconds float64) string {
	if seconds < 90 {
		return cause.Seconds(max(1, float64(int(seconds)))).String()
	}
	return cause.Seconds(float64(int(seconds/60+0.5) * 60)).String()
}
