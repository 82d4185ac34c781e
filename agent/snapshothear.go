package agent

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"homeport/agent/status"
	"homeport/backup"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// The phases of a run before the engine has the word.
const (
	phasePreflight = "preflight" // it is about to start
	phaseQueued    = "queued"    // another phone goes first
)

// picture is what the events so far tell. It is safe for concurrent use.
type picture struct {
	mu     sync.Mutex
	mux    status.Usbmuxd
	phones map[string]portrait // by canonical UDID
}

// portrait is what was heard of one phone. What its pointers point to is never changed.
type portrait struct {
	known   Phone
	plugged bool
	seen    *time.Time // plugged or unplugged
	looked  bool       // it is being looked at, and nothing was said yet
	run     *status.Run
	todo    task   // what the person has to do now
	aside   string // why nothing happens now
	left    string // why there was no backup while it was here last
	next    *time.Time
	lastTry time.Time // the end of the last try
	trouble *status.Trouble

	lastGood    time.Time
	lastVersion string
	findings    []status.Finding
	findingsAt  *time.Time
}

// task is something to wait for.
type task struct {
	cause   cause.ID
	message string
	phase   backup.Phase // of the run in which it is; "": not known yet
}

func newPicture() *picture { return &picture{phones: map[string]portrait{}} }

// heard is a copy of the picture.
type heard struct {
	mux    status.Usbmuxd
	phones map[string]portrait
}

func (p *picture) copied() heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := heard{p.mux, make(map[string]portrait, len(p.phones))}
	for k, v := range p.phones {
		h.phones[k] = v
	}
	return h
}

// see notes phones that a verb has found.
func (p *picture) see(list []Phone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range list {
		p.phones[usbmux.CanonicalUDID(known.UDID)] = portrait{known: known, plugged: known.Connection == usbmux.USB}
	}
}

// starts notes that a person has asked for a backup, which will be told soon.
func (p *picture) starts(known Phone, full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := usbmux.CanonicalUDID(known.UDID)
	one := p.phones[key]
	one.known = known
	one.run = &status.Run{Phase: phasePreflight, Started: time.Now(), Full: full}
	p.phones[key] = one
}

// hear takes an event into the picture.
func (p *picture) hear(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Phone == nil {
		p.hearOfMux(e)
		return
	}
	key := usbmux.CanonicalUDID(e.Phone.UDID)
	one := p.phones[key]
	one.known = *e.Phone
	one.hear(e)
	p.phones[key] = one
}

func (p *picture) hearOfMux(e Event) {
	if e.Kind == Service && strings.HasPrefix(e.Message, "usbmuxd ") {
		p.mux = status.Usbmuxd{There: e.Error == nil, Error: troubleOf(e.Error, e.Time)}
	}
}

func (p *portrait) hear(e Event) {
	at := e.Time
	switch e.Kind {
	case Plugged:
		p.plugged, p.seen, p.looked, p.aside, p.left, p.next = true, &at, true, "", "", nil
	case Unplugged:
		p.left = e.Message
		p.plugged, p.seen, p.looked, p.run, p.todo, p.next = false, &at, false, nil, task{}, nil
	case Preflight:
		p.looked, p.todo = false, task{}
		p.findings, p.findingsAt = checksOf(e.Findings), &at
		if e.Cause == "" && p.run == nil {
			p.run = &status.Run{Phase: phasePreflight, Started: at}
		}
	case Waiting:
		p.wait(e)
	case Progress:
		p.progress(e)
	case Finished:
		p.over(at)
		p.trouble, p.lastGood, p.lastVersion = nil, at, string(e.Result.Version)
	case Failed:
		p.over(at)
		p.trouble = troubleOf(e.Error, at)
	case Skipped:
		p.looked, p.run, p.todo, p.aside, p.next = false, nil, task{}, e.Message, e.Next
		if e.Cause == "" && e.Next != nil { // how long ago the last one was, the reader sees
			p.aside = "the next one is made from " + clock(*e.Next, at)
		}
	case Note:
		if e.Error != nil && p.trouble != nil && e.Cause != p.trouble.Cause {
			p.trouble = troubleOf(e.Error, at) // why it failed has shown later
		}
	}
}

// over ends the try.
func (p *portrait) over(at time.Time) {
	p.run, p.todo, p.looked, p.aside, p.next, p.lastTry = nil, task{}, false, "", nil, at
}

// wait notes what has to be waited for. What the run itself does is no task of a person.
func (p *portrait) wait(e Event) {
	p.looked = false
	run := status.Run{Phase: phasePreflight, Started: e.Time}
	if p.run != nil {
		run = *p.run
	}
	switch {
	case e.Cause == cause.AlreadyRunning:
		run.Phase = phaseQueued
		p.run = &run
		return
	case e.Cause == "":
		return // it says what goes on
	}
	p.todo = task{cause: e.Cause, message: e.Message}
	run.WaitingFor = e.Cause
	p.run = &run
}

func (p *portrait) progress(e Event) {
	run := status.Run{Started: e.Time}
	if p.run != nil {
		run = *p.run
	}
	phase := e.Progress.Phase
	early := slices.Contains([]backup.Phase{backup.PhaseConnecting, backup.PhaseWaiting, backup.PhasePasscode}, phase)
	switch {
	case !early, p.todo.phase != "" && p.todo.phase != phase:
		p.todo, run.WaitingFor = task{}, ""
	case p.todo.cause != "":
		p.todo.phase = phase
	}
	run.Version, run.Phase = e.Run, string(phase)
	run.Percent, run.Bytes, run.Files = max(run.Percent, e.Progress.Percent), max(run.Bytes, e.Progress.Bytes), max(run.Files, e.Progress.Files)
	run.Speed, run.Left = e.Progress.Speed, e.Progress.Left
	p.run, p.looked = &run, false
}

// checksOf is what checks found, as status shows it.
func checksOf(list []preflight.Finding) []status.Finding {
	told := make([]status.Finding, len(list))
	for i, f := range list {
		told[i] = status.Finding{
			Check: f.Check, Group: string(f.Group), Status: string(f.Status), Needs: f.Needs, Cause: f.Cause,
			Sentence: f.Sentence(), Remedy: f.Remedy(runtime.GOOS), Evidence: f.Evidence,
		}
	}
	return told
}
