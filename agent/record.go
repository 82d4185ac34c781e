package agent

import (
	"context"
	"maps"
	"slices"
	"time"

	"homeport/agent/history"
	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// recording is what is known of one phone's try until it ends.
type recording struct {
	row      *history.Run // as it is to be written at the end
	id       *int64       // of the row that was begun; only the writer looks there
	first    time.Time    // the first event of the try; zero: there is none
	begun    time.Time    // the engine began; zero: not yet
	waiting  *Event       // what the phone waits for
	phase    backup.Phase
	since    time.Time
	received int64
	ended    bool // a try ended since the phone was plugged in
}

// Tell takes note of an event. It never waits.
func (r *Recorder) Tell(e Event) {
	if r == nil || e.Phone == nil || e.Phone.UDID == "" {
		return
	}
	r.tellMu.Lock()
	defer r.tellMu.Unlock()
	if e.Kind == Note {
		r.interrupted(e)
		return
	}
	key := usbmux.CanonicalUDID(e.Phone.UDID)
	of := r.phones[key]
	if of == nil {
		of = &recording{}
		r.phones[key] = of
	}
	r.take(of, e)
	if e.Kind == Unplugged && of.begun.IsZero() {
		delete(r.phones, key)
	}
}

func (r *Recorder) take(of *recording, e Event) {
	switch e.Kind {
	case Plugged:
		of.ended = false
		r.see(e)
	case Unplugged:
		r.see(e)
		r.unplugged(of, e)
	case Waiting:
		of.start(e)
		of.waiting = &e
	case Preflight:
		of.start(e)
		of.row.Findings = findingsOf(e.Findings)
		if e.Cause == "" {
			of.waiting = nil
		}
	case Progress:
		r.progress(of, e)
	case Finished:
		r.finished(of, e)
	case Failed:
		r.failed(of, e)
	case Skipped:
		if !of.ended && of.begun.IsZero() {
			r.skip(e, e.Cause, e.Message, reasonOf(e))
		}
	}
}

// start begins a try with its first event.
func (of *recording) start(e Event) {
	if of.first.IsZero() {
		of.first = e.Time
		of.row = rowOf(e)
	}
}

func rowOf(e Event) *history.Run {
	return &history.Run{
		UDID: e.Phone.UDID, Name: e.Phone.Name, Started: e.Time, IOSVersion: e.Phone.IOSVersion, Connection: string(e.Phone.Connection),
	}
}

// see notes that a phone was there.
func (r *Recorder) see(e Event) {
	p := history.Phone{
		UDID: e.Phone.UDID, Name: e.Phone.Name, Model: e.Phone.Model, ProductType: e.Phone.ProductType,
		IOSVersion: e.Phone.IOSVersion, LastSeen: e.Time,
	}
	r.later(func(ctx context.Context, db *history.DB) error { return db.See(ctx, p) })
}

// phaseChecks is the phase of a try before the engine is asked: checks, and waits for
// what a person has to do for them.
const phaseChecks = "checks"

// progress follows a run: its first one is where the row begins.
func (r *Recorder) progress(of *recording, e Event) {
	if e.Run == "" || e.Progress == nil || e.Progress.Phase == backup.PhaseSending {
		return
	}
	of.start(e)
	if of.begun.IsZero() {
		of.begun, of.phase, of.since = e.Time, e.Progress.Phase, e.Time
		of.row.Version, of.row.Started = e.Run, e.Time
		of.spend(phaseChecks, e.Time.Sub(of.first))
		begun, id := *of.row, new(int64)
		begun.Phases, of.id = nil, id
		r.later(func(ctx context.Context, db *history.DB) (err error) {
			*id, err = db.Begin(ctx, begun)
			return err
		})
	}
	of.waiting = nil
	of.received = max(of.received, e.Progress.Bytes)
	if e.Progress.Phase != of.phase {
		of.enter(e.Progress.Phase, e.Time)
	}
}

// enter ends a phase and begins another.
func (of *recording) enter(p backup.Phase, at time.Time) {
	of.spend(string(of.phase), at.Sub(of.since))
	of.phase, of.since = p, at
}

func (of *recording) spend(phase string, d time.Duration) {
	if d <= 0 {
		return
	}
	i := slices.IndexFunc(of.row.Phases, func(p history.Phase) bool { return p.Phase == phase })
	if i < 0 {
		of.row.Phases = append(of.row.Phases, history.Phase{Phase: phase})
		i = len(of.row.Phases) - 1
	}
	of.row.Phases[i].Seconds = tenths(time.Duration(of.row.Phases[i].Seconds*float64(time.Second)) + d)
}

// finished ends a run that made a version.
func (r *Recorder) finished(of *recording, e Event) {
	of.start(e)
	row := of.row
	row.Outcome = history.BackedUp
	if res := e.Result; res != nil {
		row.Version, row.Engine, row.Full = string(res.Version), res.Engine, res.Full
		row.Files, row.Bytes, row.NewBytes, row.Seconds = res.Files, res.Bytes, res.NewBytes, res.Seconds
		for _, n := range res.Notes {
			row.Findings = append(row.Findings, history.Finding{Status: string(preflight.Warn), Cause: n.Cause, Sentence: n.Message, Evidence: maps.Clone(n.Evidence)})
		}
	}
	row.Message = e.Message
	r.end(of, e)
	r.see(e)
}

// failed ends a try that made none.
func (r *Recorder) failed(of *recording, e Event) {
	of.start(e)
	row := of.row
	row.Outcome, row.Cause = kindOfEnd(e.Cause), e.Cause
	if e.Error != nil {
		row.Message, row.Evidence = e.Error.Message, maps.Clone(e.Error.Evidence)
	}
	if c, _ := cause.Lookup(e.Cause); c.ExitCode == cause.ExitBusy && of.begun.IsZero() {
		r.skip(e, row.Cause, row.Message, string(row.Cause))
		*of = recording{ended: true}
		return
	}
	r.end(of, e)
}

// kindOfEnd is what a failure is called.
func kindOfEnd(id cause.ID) history.Outcome {
	switch id {
	case cause.UserCancelled, cause.DeviceCancelled:
		return history.Cancelled
	case cause.HostShutdown:
		return history.Interrupted
	}
	return history.Failed
}

// end writes down how a try ended, and forgets it.
func (r *Recorder) end(of *recording, e Event) {
	row := *of.row
	row.Ended = e.Time
	if row.Name == "" {
		row.Name = e.Phone.Name
	}
	if row.Seconds == 0 {
		row.Seconds = tenths(max(0, e.Time.Sub(row.Started)))
	}
	if !of.begun.IsZero() {
		of.enter("", e.Time)
		row.Phases, row.Received = of.row.Phases, of.received
		row.Speed = speedOf(row)
	}
	id := of.id
	if id == nil {
		id = new(int64) // it never began
	}
	r.later(func(ctx context.Context, db *history.DB) error { return db.End(ctx, *id, row) })
	if r.each != nil {
		r.each(row)
	}
	*of = recording{ended: true}
}

// speedOf is how fast a phone sent while it sent, in bytes per second.
func speedOf(r history.Run) float64 {
	var seconds float64
	for _, p := range r.Phases {
		if p.Phase == string(backup.PhaseReceiving) || p.Phase == string(backup.PhaseMoving) {
			seconds += p.Seconds
		}
	}
	if seconds <= 0 {
		return 0
	}
	return float64(int64(float64(r.Received) / seconds))
}

// unplugged ends a try that had not begun when the phone went: nobody else tells of it.
func (r *Recorder) unplugged(of *recording, e Event) {
	if of.first.IsZero() || !of.begun.IsZero() || of.ended {
		return
	}
	if of.waiting != nil {
		r.skip(e, of.waiting.Cause, goneWaiting(of.waiting.Cause, of.waiting.Message), "unplugged "+string(of.waiting.Cause))
		return
	}
	r.skip(e, "", "unplugged before the backup began", "unplugged")
}

// skip notes why there was no backup.
func (r *Recorder) skip(e Event, why cause.ID, message, reason string) {
	row := rowOf(e)
	row.Cause, row.Message = why, message
	if e.Error != nil {
		row.Evidence = maps.Clone(e.Error.Evidence)
	}
	r.later(func(ctx context.Context, db *history.DB) error { return db.Skip(ctx, *row, reason) })
}

// reasonOf is by what a skip is the same as another one: its words have times in them.
func reasonOf(e Event) string {
	switch {
	case e.Cause != "":
		return string(e.Cause)
	case e.Next != nil:
		return "not-due"
	}
	return e.Message
}

// interrupted notes of a run that an earlier program left in the middle.
func (r *Recorder) interrupted(e Event) {
	if e.Cause != cause.HostShutdown || e.Run == "" {
		return
	}
	row := rowOf(e)
	row.Version, row.Cause, row.Message = e.Run, e.Cause, e.Message
	if e.Error != nil {
		row.Evidence = maps.Clone(e.Error.Evidence)
		if text, ok := e.Error.Evidence["started"].(string); ok {
			if at, err := time.Parse(time.RFC3339, text); err == nil {
				row.Started = at
			}
		}
	}
	r.later(func(ctx context.Context, db *history.DB) error { return db.Interrupt(ctx, *row) })
}

// findingsOf keeps what says something: a pass says nothing.
func findingsOf(list []preflight.Finding) []history.Finding {
	var kept []history.Finding
	for _, f := range worthLogging(list) {
		kept = append(kept, history.Finding{Check: f.Check, Status: string(f.Status), Cause: f.Cause, Sentence: f.Sentence(), Evidence: maps.Clone(f.Evidence)})
	}
	return kept
}

// found notes that a run which never told its end has made its version.
func (r *Recorder) found(run history.Run, v store.Version) {
	run.Outcome, run.Ended, run.Seconds, run.Engine, run.Full = history.BackedUp, v.Finished, tenths(max(0, v.Finished.Sub(run.Started))), v.Engine, v.Full
	run.Files, run.Bytes, run.NewBytes = int64(v.Files), v.Bytes, v.NewBytes
	r.later(func(ctx context.Context, db *history.DB) error { return db.End(ctx, run.ID, run) })
}
