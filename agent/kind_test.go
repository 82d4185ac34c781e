package agent

import (
	"strings"
	"testing"

	"homeport/agent/status"
	"homeport/cause"
	"homeport/simulator"
)

// TestDevice calls an iPad an iPad, and nothing else.
func TestDevice(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"unlock the iPhone":                                         "unlock the iPad",
		"The iPhone's passcode; this iPhone.":                       "The iPad's passcode; this iPad.",
		"homeport devices lists the iPhones that are plugged in":    "homeport devices lists the iPhones that are plugged in",
		"next: another iPhone is being backed up":                   "next: another iPhone is being backed up",
		`more than one iPhone fits: Anna's iPhone, "iPhone" (004E)`: `more than one iPhone fits: Anna's iPhone, "iPhone" (004E)`,
	} {
		if got := deviceOf("iPad13,18").text(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := deviceOf("iPhone14,2").text(in); got != in {
			t.Errorf("%q", got)
		}
	}
	f := &Failure{Message: "the iPhone is locked", Remedy: []string{"Unlock the iPhone."}}
	if e := deviceOf("iPad1,1").event(Event{Error: f}); e.Error.Remedy[0] != "Unlock the iPad." || f.Remedy[0] != "Unlock the iPhone." || f.Message != "the iPhone is locked" {
		t.Errorf("%+v; it was %+v", e.Error, f)
	}
}

// TestAnIPadIsTold follows an iPad: what is told and shown of it speaks of an iPad.
func TestAnIPadIsTold(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.ProductType, spec.Locked, spec.Passcode.Mode = "iPad13,18", true, simulator.PasscodeRefuse
	w := newWorld(t, spec)
	a := w.agent()
	w.run(t, a)
	w.phone.Attach()
	if p := awaitState(t, a, status.Waiting); p.Message != "waiting: unlock the iPad" {
		t.Errorf("locked: %+v", p)
	}
	if e := w.diary.await(t, Waiting); e.Message != "unlock the iPad" {
		t.Errorf("told: %+v", e)
	}
	w.phone.Unlock()
	p := awaitState(t, a, status.Failed)
	said := strings.Join(append(p.Trouble.Remedy, p.Message, p.Note), " ")
	if p.Trouble.Cause == cause.Unknown || strings.Contains(said, "the iPhone") || !strings.Contains(said, "iPad") {
		t.Errorf("failed: %s: %s", p.Trouble.Cause, said)
	}
}
