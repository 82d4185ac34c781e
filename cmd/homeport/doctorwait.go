package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeport/agent"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// errNobodyCame ends a wait for a person at the phone.
var errNobodyCame = errors.New("wait for the iPhone: the time is up")

// waitedInVain is an error after a wait for a person that ran out, whatever the
// likeliest cause is.
type waitedInVain struct{ err error }

func (w waitedInVain) Error() string { return w.err.Error() }
func (w waitedInVain) Unwrap() error { return w.err }

// runDoctorWait guides a person until the phone can be used, and then runs the
// checks.
func runDoctorWait(ctx context.Context, a *app, s settings, name string, timeout time.Duration) error {
	cfg, err := a.load(s)
	if err != nil {
		return err
	}
	mux, err := a.mux()
	if err != nil {
		return err
	}
	a.asItIs = s.dest != ""
	watcher := usbmux.NewWatcher(mux, usbmux.WatcherOptions{})
	if err := watcher.Open(ctx); err != nil {
		return err
	}
	defer watcher.Close()
	ag := a.newAgent(cfg, mux, false, func(agent.Event) {})
	limited, cancel := context.WithTimeoutCause(ctx, timeout, errNobodyCame)
	defer cancel()
	limited, stop := context.WithCancelCause(limited)
	defer stop(nil)
	who := awaited(ctx, cfg, mux, name)
	who.stop = stop
	tell := a.newGuideTeller(name)
	tell.begin()
	link, err := ag.Await(limited, watcher, who.Awaited, tell.guide, tell.tell)
	tell.end()
	if err != nil {
		return tell.ended(ctx, err, who)
	}
	if name != "" {
		name = link.UDID
	}
	d, err := a.diagnose(ctx, ag, mux, cfg, name) // who named no phone hears of all
	if err != nil {
		return err
	}
	if !a.json {
		a.page().blank()
	}
	return a.tellDiagnosis(d)
}

// known is who a person waits for, and who the phones are that are there.
type known struct {
	agent.Awaited
	mux    *usbmux.Client
	phones map[int]plugged // by DeviceID
	asked  map[int]time.Time
	here   []plugged               // at the last look
	stop   context.CancelCauseFunc // ends the wait
}

// awaited finds out what there is to know of the phone called name before it is
// plugged in.
func awaited(ctx context.Context, cfg configs.Config, mux *usbmux.Client, name string) *known {
	k := &known{Awaited: agent.Awaited{Name: name}, mux: mux, phones: map[int]plugged{}, asked: map[int]time.Time{}}
	if gone := findAbsent(ctx, cfg, name); gone != nil {
		k.UDID = gone.udid()
	} else if usbmux.ValidUDID(name) {
		k.UDID = usbmux.CanonicalUDID(name)
	}
	k.Pick = k.pick
	return k
}

// askAgain is how often a phone that did not say who it is, is asked again.
const askAgain = 3 * time.Second

// pick finds the phone by its name, which each phone is asked for once. Of several
// that nobody named it is the first.
func (k *known) pick(ctx context.Context, links []usbmux.Link) (usbmux.Link, bool, []string) {
	var list []plugged
	for _, l := range links {
		p, met := k.phones[l.DeviceID]
		if !met || p.link.UDID != l.UDID {
			p = plugged{link: l, phone: agent.Phone{UDID: l.UDID}}
		}
		if k.Name != "" && p.phone.Name == "" && time.Since(k.asked[l.DeviceID]) >= askAgain {
			handset := lockdown.New(k.mux, l)
			introduce(ctx, handset, &p)
			_ = handset.Close()
			k.asked[l.DeviceID] = time.Now()
		}
		k.phones[l.DeviceID] = p
		list = append(list, p)
	}
	var others []string
	for _, p := range list {
		others = append(others, p.phone.Label())
	}
	k.here = list
	found, err := choose(list, k.Name)
	if err == nil {
		return found[0].link, true, nil
	}
	if id, _ := cause.Of(err); id == cause.PhoneAmbiguous {
		k.stop(err) // no waiting tells which one is meant
	}
	return usbmux.Link{}, false, others
}

// guideTeller tells a person, or a program, what the guide says.
type guideTeller struct {
	app   *app
	guide *agent.Guide
	out   *live
	begun time.Time
	told  map[string]bool // hints that were printed since the phone was last lost
	last  agent.Advice
}

func (a *app) newGuideTeller(name string) *guideTeller {
	return &guideTeller{app: a, guide: agent.NewGuide(name), out: newLive(a.stdout), begun: time.Now(), told: map[string]bool{}}
}

// begin shows that something goes on: a first look may take seconds.
func (t *guideTeller) begin() {
	if !t.app.json {
		t.out.set("guide", t.clock()+"  ...   looking for the iPhone")
	}
}

// guideEvent is an advice as a line of JSON.
type guideEvent struct {
	Event   string     `json:"event"` // waiting, reached or ready
	Time    time.Time  `json:"time"`
	Step    agent.Step `json:"step"`
	Cause   cause.ID   `json:"cause,omitempty"`
	Message string     `json:"message"`
	Remedy  []string   `json:"remedy,omitempty"`
}

// tell says what is new: the steps that were reached, and the hint, once.
func (t *guideTeller) tell(a agent.Advice) {
	t.last = a
	if a.Lost {
		clear(t.told)
	}
	if fresh := !t.told[a.Text]; fresh || len(a.Reached) > 0 {
		t.out.set("guide", "") // it is of an earlier moment
	}
	for _, s := range a.Reached {
		t.reached(s)
	}
	if !t.told[a.Text] {
		t.told[a.Text] = true
		t.hint(a)
	}
	if !t.app.json {
		t.out.set("guide", fmt.Sprintf("%s  ...   %s", t.clock(), clean(a.Text)))
	}
}

func (t *guideTeller) reached(s agent.Step) {
	if t.app.json {
		t.app.printJSON(guideEvent{Event: "reached", Time: time.Now(), Step: s, Message: s.Words()})
		return
	}
	t.line(markOK, s.Words())
}

// hint prints what the person can do. On a terminal a hint that is one line stands
// in the live line alone.
func (t *guideTeller) hint(a agent.Advice) {
	if t.app.json {
		event := "waiting"
		if a.Ready {
			event = "ready"
		}
		t.app.printJSON(guideEvent{Event: event, Time: time.Now(), Step: a.Step, Cause: a.Cause, Message: a.Text, Remedy: a.Steps})
		return
	}
	if a.Step == agent.StepReady || t.out.terminal() && len(a.Steps) == 0 {
		return
	}
	t.line("->", upperFirst(a.Text))
	for i, s := range a.Steps {
		t.line("", fmt.Sprintf("%d. %s", i+1, s))
	}
}

// guideColumn is where the text of a guide's line begins.
const guideColumn = 14

// line prints one line with the time since the beginning.
func (t *guideTeller) line(mark, text string) {
	width := t.out.width()
	if width == 0 {
		width = pageColumns
	}
	head := t.clock()
	if mark == "" {
		head = pad("", len(head))
	}
	column := guideColumn
	if number, _, numbered := strings.Cut(text, ". "); mark == "" && numbered {
		column += len(number) + len(". ")
	}
	folded := fold(fmt.Sprintf("%s  %s  %s", head, pad(mark, markWidth), clean(text)), pad("", column), min(width, mostColumns))
	t.out.print(strings.Split(folded, "\n")...)
}

// clock is the time since the beginning, " 1:05".
func (t *guideTeller) clock() string {
	s := int(time.Since(t.begun).Seconds())
	return fmt.Sprintf("%3d:%02d", s/60, s%60)
}

func (t *guideTeller) end() { t.out.set("guide", "") }

// ended tells a wait that was no good, and returns what decides the exit code.
func (t *guideTeller) ended(ctx context.Context, err error, who *known) error {
	took := time.Since(t.begun)
	if ctx.Err() != nil {
		if !t.app.json {
			t.app.printf("stopped after %s: %s\n", roughly(took.Seconds()), t.guide.Furthest())
			return said{err}
		}
		return fmt.Errorf("%w; %s", err, t.guide.Furthest())
	}
	if !errors.Is(err, errNobodyCame) {
		return err
	}
	id, ev := t.last.Cause, cause.Evidence{"waited": cause.Seconds(took.Seconds())}
	if id == "" || id == cause.NoPhone {
		id = cause.CableNoData
	}
	if id == cause.CableNoData && who.Name != "" && len(who.here) > 0 { // the cable of another one is good
		id, ev["name"], ev["phones"] = cause.NoSuchPhone, who.Name, labels(who.here)
	}
	return waitedInVain{cause.New(id, ev, fmt.Errorf("%w; %s", err, t.guide.Furthest()))}
}
