package agent

import (
	"fmt"
	"runtime"
	"time"

	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux/lockdown"
)

// Step is one of the things that have to come true, in this order, until a phone
// can be used.
type Step int

// The steps.
const (
	StepCable    Step = iota // the computer sees that something is plugged in
	StepPort                 // the phone is in usbmuxd's list, and answers
	StepUnlocked             // it is unlocked
	StepTrusted              // it trusts this computer
	StepReady                // all of them
)

// String names a step for programs: "cable", "port", "unlocked", "trusted",
// "ready".
func (s Step) String() string {
	return [...]string{"cable", "port", "unlocked", "trusted", "ready"}[min(max(s, 0), StepReady)]
}

// Words says to a person that the step is reached.
func (s Step) Words() string {
	return [...]string{
		"the computer sees that something is plugged in", "the iPhone answers", "it is unlocked", "it trusts this computer", "all is ready",
	}[min(max(s, 0), StepReady)]
}

// MarshalText gives the name, so that JSON has it too.
func (s Step) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Sight is what one look at the computer and the phone shows.
type Sight struct {
	// Absent says why usbmuxd does not show the phone, as preflight.Absence.Look
	// does; Settled that it will not clear up by itself. Both are of no meaning when
	// Phone is there.
	Absent  preflight.Finding
	Settled bool
	// Others are phones that are there, and are not the one that is waited for.
	Others []string
	// Wireless says that it is there over Wi-Fi, without a cable.
	Wireless bool

	Several bool               // it is one of several phones that are there
	Meeting bool               // it was asked who it is just now, and has not answered yet
	Phone   *Phone             // the phone that usbmuxd lists; nil: none
	Silent  error              // it is listed, and does not answer
	Locked  bool               // it is locked now
	Pairing lockdown.PairState // what it shows while it is asked for trust; "": it was not asked
	Trust   error              // why it does not trust this computer, when that is final
	Trusted bool
}

// Advice is what a person is told after a look.
type Advice struct {
	Step    Step     // what is waited for now
	Reached []Step   // what came true since the look before
	Lost    bool     // the phone was further, and went away
	Cause   cause.ID // why it does not go on; "" when nothing is wrong yet
	Text    string   // the hint
	Steps   []string // what the person can do, when that is more than the hint says
	Ready   bool     // the phone can be used, or something that no waiting helps is known
}

// Guide leads a person from "nothing appears" to a phone that can be used: facts
// in, one hint out. It asks nobody and is used by one goroutine.
type Guide struct {
	name    string    // of the phone, as the person named it; "" for any
	reached Step      // the step that is waited for
	nothing time.Time // since when nothing has been seen; zero: something is
	lost    int       // how often the phone went away
	away    *Advice   // it went away, and was not seen again
	others  bool      // another phone is there
}

// NewGuide begins a guide to the phone that is called name, or to any.
func NewGuide(name string) *Guide { return &Guide{name: name} }

// See draws the conclusion of one look.
func (g *Guide) See(s Sight, now time.Time) Advice {
	step, a := g.judge(s, now)
	switch wasThere := g.reached >= StepPort; {
	case ofCause(s.Silent, cause.DeviceDisconnected):
		step, a = StepCable, g.gone() // as the next look will show
	case step < StepPort && wasThere && s.Absent.Group == cause.Computer && s.Absent.Status == preflight.Fail:
		a.Lost = true // usbmuxd has ended, and nobody pulled a cable
	case step < StepPort && wasThere:
		step, a = StepCable, g.gone()
	}
	if s.Several && s.Phone != nil && s.Phone.Name != "" && !a.Ready && step >= StepPort {
		a.Text = s.Phone.Name + ": " + a.Text
	}
	for r := g.reached; r < step; r++ {
		a.Reached = append(a.Reached, r)
	}
	if step > StepCable {
		g.away = nil
	}
	g.reached, a.Step = step, step
	return a
}

// judge finds the step that is waited for now.
func (g *Guide) judge(s Sight, now time.Time) (Step, Advice) {
	g.others = s.Phone == nil && len(s.Others) > 0
	if s.Phone == nil {
		return g.absent(s, now)
	}
	g.nothing = time.Time{}
	switch {
	case s.Meeting:
		return StepPort, Advice{Text: "the computer sees the iPhone; one moment"}
	case s.Silent != nil:
		return StepPort, advise(s.Silent)
	case s.Trust != nil:
		a := advise(s.Trust)
		a.Ready = !needsReplug(a.Cause) && !waitable(a.Cause)
		return StepTrusted, a
	case s.Locked, s.Pairing == lockdown.PairLocked:
		return StepUnlocked, Advice{Cause: cause.DeviceLocked, Text: "unlock the iPhone, and leave it unlocked"}
	case s.Trusted:
		return StepReady, Advice{Text: "ready", Ready: true}
	case s.Pairing == lockdown.PairDialog:
		return StepTrusted, Advice{Cause: cause.NotTrusted, Text: PairWords(s.Pairing)}
	}
	return StepTrusted, Advice{Text: PairWords(s.Pairing)}
}

// absent words a phone that usbmuxd does not show.
func (g *Guide) absent(s Sight, now time.Time) (Step, Advice) {
	if s.Absent.Cause != "" && s.Absent.Cause != cause.CableNoData && s.Absent.Cause != cause.NoPhone {
		g.nothing = time.Time{}
		if !s.Settled {
			return StepPort, Advice{Text: "the computer sees the iPhone" + atPort(s.Absent.Evidence) + "; one moment"}
		}
		step := StepPort
		if s.Absent.Group == cause.Computer || unread(s.Absent.Cause) {
			step = StepCable // nothing says that a phone is there
		}
		return step, advise(s.Absent.Error())
	}
	if g.nothing.IsZero() {
		g.nothing = now
	}
	if g.away != nil {
		return StepCable, *g.away
	}
	a := g.plugIn(now.Sub(g.nothing), s.Others)
	if s.Wireless {
		if a.Cause == cause.NoPhone {
			a.Text = "the iPhone is here over Wi-Fi only: plug it into this computer with its cable"
		}
		a.Cause = cause.WiFiOnly
	}
	return StepCable, a
}

// The hints while nothing is seen, each from a time on.
var plugHints = []struct {
	from time.Duration
	text string
}{
	{100 * time.Second, "still nothing: restart the iPhone, and plug it in again when it is on"},
	{70 * time.Second, "still nothing: look into the iPhone's socket with a lamp, and remove lint with a wooden toothpick"},
	{40 * time.Second, "still nothing: use another port of this computer itself, not of a hub, screen or keyboard"},
	{15 * time.Second, "still nothing: this cable may carry power only; use the one that came with the iPhone, or one for data"},
}

// plugIn words that nothing has been seen for so long. What is wrong nobody knows
// before the person had time to plug it in.
func (g *Guide) plugIn(waited time.Duration, others []string) Advice {
	for _, h := range plugHints {
		if waited >= h.from {
			return Advice{Cause: cause.CableNoData, Text: h.text}
		}
	}
	what := "the iPhone"
	if g.name != "" {
		what = g.name
	}
	seen := "nothing yet"
	switch len(others) {
	case 0:
	case 1:
		seen = others[0] + " is here"
	case 2:
		seen = others[0] + " and " + others[1] + " are here"
	default:
		seen = fmt.Sprintf("%s and %d more are here", others[0], len(others)-1)
	}
	return Advice{Cause: cause.NoPhone, Text: fmt.Sprintf("%s: plug %s into this computer, and unlock it", seen, what)}
}

// gone words a phone that was there and went away. Often means a loose contact.
func (g *Guide) gone() Advice {
	g.lost++
	a := Advice{Cause: cause.DeviceDisconnected, Text: "it went away again: push the plug in firmly, and take off a thick case"}
	if g.lost >= 3 {
		a = advise(cause.New(cause.USBFlapping, cause.Evidence{"times": g.lost}, nil))
	}
	g.away = &a
	lost := a
	lost.Lost = true
	return lost
}

// advise is the advice that the catalogue has for an error.
func advise(err error) Advice {
	e := cause.From(err)
	return Advice{Cause: e.ID, Text: e.Sentence(), Steps: e.Remedy(runtime.GOOS)}
}

// ofCause reports whether err has the cause id.
func ofCause(err error, id cause.ID) bool {
	of, known := cause.Of(err)
	return known && of == id
}

// needsReplug reports whether the phone can be asked again once it was unplugged.
func needsReplug(id cause.ID) bool { return id == cause.TrustDenied || id == cause.DeviceDisconnected }

// unread reports whether the port notices something of which nobody can say that
// it is a phone.
func unread(id cause.ID) bool {
	switch id {
	case cause.USBEnumerationFailed, cause.AccessoryNotSupported, cause.USBFlapping:
		return true
	}
	return false
}

// atPort names the port, when it is known.
func atPort(ev cause.Evidence) string {
	s, _ := cause.Fill(" at port {port}", ev)
	if ev["port"] == nil {
		return ""
	}
	return s
}

// Furthest says in words how far it got, for a person who stops.
func (g *Guide) Furthest() string {
	switch {
	case g.reached == StepCable && g.lost > 0:
		return "the iPhone was there, and went away again"
	case g.reached == StepCable && g.others:
		return "only another iPhone was seen"
	case g.reached == StepCable:
		return "no iPhone was seen"
	case g.reached == StepPort:
		return "the computer sees the iPhone, which does not answer yet"
	case g.reached == StepUnlocked:
		return "the iPhone is there, and locked"
	case g.reached == StepTrusted:
		return "the iPhone is there, and does not trust this computer yet"
	}
	return "the iPhone is ready"
}
