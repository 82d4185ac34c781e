package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"homeport/agent"
	"homeport/agent/history"
	"homeport/cause"
	"homeport/preflight"
)

// logPage prints lines of the log, once it is clear which are the last.
type logPage struct {
	app     *app
	last    int // only so many of those before the flush; 0 is all
	live    *live
	teller  *teller
	day     string
	flushed bool
	kept    []history.Entry
	printed int
	left    int // broken lines that have no place in JSON
	same    twins
}

func newLogPage(ctx context.Context, a *app, last int) *logPage {
	l := newLive(a.stdout)
	return &logPage{app: a, last: last, live: l, teller: newTeller(l), flushed: last == 0, same: twinsOf(ctx, a.history())}
}

// see takes a line, and answers false when nobody reads any more.
func (p *logPage) see(e history.Entry) bool {
	if p.flushed {
		return p.print(e)
	}
	e.Raw = slices.Clone(e.Raw)
	if len(p.kept) >= p.last {
		p.kept = slices.Delete(p.kept, 0, len(p.kept)-p.last+1)
	}
	p.kept = append(p.kept, e)
	return true
}

// flush prints the last of what there was; from now on all is printed at once.
func (p *logPage) flush() {
	p.flushed = true
	for _, e := range p.kept {
		if !p.print(e) {
			break
		}
	}
	p.kept = nil
}

func (p *logPage) print(e history.Entry) bool {
	if p.app.json {
		if !e.Valid() {
			p.left++
			return true
		}
		_, err := p.app.stdout.Write(append(slices.Clone(e.Raw), '\n'))
		p.printed++
		return err == nil
	}
	p.heading(e.Time)
	p.live.print(p.lines(e)...)
	p.printed++
	out, ours := p.app.stdout.(*output)
	return !ours || out.failure() == nil
}

// heading begins a day; a broken line belongs to the one before.
func (p *logPage) heading(at time.Time) {
	if at.IsZero() {
		return
	}
	day := dayOf(at, time.Now())
	if day == p.day {
		return
	}
	if p.day != "" {
		p.live.print("")
	}
	p.day = day
	p.live.print(day)
}

// logged is what a line of an event has besides.
type logged struct {
	Phone    *agent.Phone    `json:"phone"`
	Result   *agent.Result   `json:"result"`
	Findings []loggedFinding `json:"findings"`
}

type loggedFinding struct {
	Check    string           `json:"check"`
	Status   preflight.Status `json:"status"`
	Cause    cause.ID         `json:"cause"`
	Sentence string           `json:"sentence"` // its figures have units, which those of the evidence have lost
}

// lines words a line as the terminal showed it when it happened.
func (p *logPage) lines(e history.Entry) []string {
	if e.Broken {
		return []string{indent + "unreadable: " + clean(e.Text)}
	}
	var more logged
	_ = json.Unmarshal(e.Raw, &more) // what does not fit stays away
	event, ok := eventOf(e, more)
	if !ok {
		return []string{line(agent.Event{Time: e.Time}, logWord(e), withReason(e.Kind, firstNonEmpty(e.Text, e.Sentence)))}
	}
	if event.Phone != nil {
		event.Phone.Name = p.same.label(event.Phone.UDID, event.Phone.Name)
	}
	if event.Kind == agent.Preflight {
		return append([]string{line(event, "preflight", remarks(event.Findings))}, more.notes(e.Cause)...)
	}
	return p.teller.lines(event)
}

// findingWords are what findings are called that are worth reading.
var findingWords = map[preflight.Status]string{preflight.Fail: "failed", preflight.Warn: "warning", preflight.Info: "note"}

// notes are the findings, but for the one that the next line tells of.
func (l logged) notes(decides cause.ID) []string {
	var lines []string
	for _, f := range l.Findings {
		if word := findingWords[f.Status]; word != "" && (f.Status != preflight.Fail || f.Cause != decides) {
			lines = append(lines, indent+word+": "+clean(f.Sentence)+"   ("+clean(string(f.Cause))+")")
		}
	}
	return lines
}

// withReason is what happened, and why: "a notice was not shown: nobody is logged in".
func withReason(what, why string) string {
	if what == "" || why == "" {
		return what + why
	}
	return what + ": " + why
}

func firstNonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// logWord is what a line is called that is no event.
func logWord(e history.Entry) string {
	switch e.Level {
	case "warn":
		return "warning"
	case "info":
		return "note"
	}
	return clean(e.Level)
}

// remarks counts what is worth reading of a preflight; what passed is not in the log.
func remarks(list []preflight.Finding) string {
	if len(list) == 0 {
		return "all checks passed"
	}
	_, text, _ := strings.Cut(tally(list), " passed, ")
	return text
}

// plainCause is a cause that may be printed; the file may say anything.
func plainCause(id cause.ID) cause.ID { return cause.ID(clean(string(id))) }

// eventOf makes of a line the event that it tells of; false: it tells of none, or not of
// enough.
func eventOf(e history.Entry, more logged) (agent.Event, bool) {
	id := plainCause(e.Cause)
	event := agent.Event{Kind: agent.Kind(e.Kind), Time: e.Time, Run: e.Run, Cause: id, Message: e.Text}
	if event.Result = more.Result; event.Result != nil {
		event.Result.Notes = slices.DeleteFunc(event.Result.Notes, func(f *agent.Failure) bool { return f == nil })
		for _, n := range event.Result.Notes {
			n.Cause = plainCause(n.Cause)
		}
	}
	if e.UDID != "" {
		event.Phone = &agent.Phone{UDID: e.UDID, Name: e.Device}
		if more.Phone != nil {
			more.Phone.UDID, more.Phone.Name = e.UDID, e.Device
			event.Phone = more.Phone
		}
	}
	for _, f := range more.Findings {
		event.Findings = append(event.Findings, preflight.Finding{Check: f.Check, Status: f.Status, Cause: f.Cause})
	}
	if e.Sentence != "" {
		event.Error = &agent.Failure{Cause: id, Message: e.Sentence, Remedy: e.Hint}
	}
	switch event.Kind {
	case agent.Service:
		return event, true
	case agent.Verified, agent.Finished:
		return event, event.Phone != nil && event.Result != nil
	case agent.Failed:
		return event, event.Phone != nil && event.Error != nil
	case agent.Plugged, agent.Unplugged, agent.Preflight, agent.Waiting, agent.Skipped, agent.Note:
		return event, event.Phone != nil
	}
	return event, false
}
