package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"homeport/agent/history"
	"homeport/cause"
)

// historyPage prints runs for a person.
type historyPage struct {
	app  *app
	now  time.Time
	live *live
	day  string // the last heading
	same twins
}

// nothing says what to do when there is nothing to show.
func (p *historyPage) nothing(ctx context.Context, db *history.DB) error {
	any, err := db.Runs(ctx, history.Filter{Limit: 1})
	if err != nil {
		return err
	}
	if len(any) > 0 {
		p.app.printf("nothing that fits; all that happened: homeport history\n")
		return nil
	}
	p.app.printf("the history has nothing yet\nhint: plug an iPhone in while homeport run is running, or start a backup now: homeport backup\n")
	return nil
}

func (p *historyPage) print(list []history.Run) {
	for _, r := range list {
		p.heading(r.Started)
		p.live.print(p.line(r))
	}
	if slices.ContainsFunc(list, func(r history.Run) bool { return r.Outcome == history.Failed && r.Cause != "" }) {
		p.app.printf("\nwhat to do about a cause, the word in brackets: homeport explain CAUSE\n")
	}
}

// heading begins a day.
func (p *historyPage) heading(at time.Time) {
	day := dayOf(at, p.now)
	if day == p.day {
		return
	}
	if p.day != "" {
		p.live.print("")
	}
	p.day = day
	p.live.print(day)
}

// dayOf is a day as a person calls it.
func dayOf(at, now time.Time) string {
	at, now = at.Local(), now.Local()
	text := at.Format("Monday, 2 January 2006")
	switch at.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return text + " (today)"
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return text + " (yesterday)"
	}
	return text
}

// line is one run, in the columns of what a run prints.
func (p *historyPage) line(r history.Run) string {
	who := p.same.label(r.UDID, r.Name)
	what, text := wordsOf(r)
	return fmt.Sprintf("%s     %s  %s %s", r.Started.Local().Format("15:04"), pad(clean(who), 14), pad(what, 21), text)
}

// wordsOf says how a run ended, in two or three words and in a sentence.
func wordsOf(r history.Run) (what, text string) {
	why := clean(r.Message)
	if r.Cause != "" {
		why += "   (" + clean(string(r.Cause)) + ")"
	}
	after := ""
	if r.Version != "" && r.Seconds >= 1 {
		after = "after " + wholeSeconds(r.Seconds) + ": "
	}
	switch r.Outcome {
	case history.BackedUp:
		return "backed up", made(r)
	case history.Failed:
		return "not backed up", after + why
	case history.Cancelled:
		return "cancelled", after + why
	case history.Interrupted:
		if why == "" {
			why = "Homeport or the computer stopped in the middle"
		}
		return "broke off", after + why
	case history.Skipped:
		if r.Times > 1 {
			why += fmt.Sprintf("   (%d times until %s)", r.Times, r.Ended.Local().Format("15:04"))
		}
		return "not now", why
	}
	return "under way", "version " + clean(r.Version)
}

// made words a version that was made.
func made(r history.Run) string {
	if r.NewBytes == 0 {
		return "nothing new, in " + wholeSeconds(r.Seconds) + ", version " + clean(r.Version)
	}
	s := cause.Bytes(r.NewBytes).String() + " new in " + wholeSeconds(r.Seconds)
	if r.Speed >= leastTold {
		s += ", received at " + cause.Bytes(r.Speed).String() + "/s"
	}
	return s + ", version " + clean(r.Version)
}

// leastTold is the slowest that is told, in bytes per second.
const leastTold = 1000

func wholeSeconds(s float64) string {
	if s >= 10 {
		s = float64(int64(s + 0.5))
	}
	return cause.Seconds(s).String()
}
