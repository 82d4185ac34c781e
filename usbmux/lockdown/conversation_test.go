package lockdown_test

import (
	"testing"

	"homeport/simulator"
)

// TestOneConversation: who a phone is, whether it trusts and what it tells are
// asked over one connection.
func TestOneConversation(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	for range 2 {
		if _, err := phone.Facts(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := phone.Trust(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := phone.Values(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	// A locked phone is asked anew each time, also in a session.
	for _, locked := range []bool{true, false} {
		if locked {
			sim.Lock()
		}
		phone.ForgetFacts()
		if facts, err := phone.Facts(t.Context()); err != nil || *facts.PasswordProtected != locked {
			t.Errorf("locked %v: %v", locked, err)
		}
		sim.Unlock()
	}
	if facts, err := phone.Facts(t.Context()); err != nil || *facts.PasswordProtected {
		t.Errorf("unlocked: %v", err)
	}
	if c := sim.Counts(); c.Lockdown != 1 || c.Sessions != 1 {
		t.Errorf("%d connections, %d sessions", c.Lockdown, c.Sessions)
	}
}

// TestDeadGreetingIsNotTold: a connection that broke between the question who the
// phone is and what follows is replaced.
func TestDeadGreetingIsNotTold(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	cut := func() {
		sim.Play(simulator.CutAfter{Channel: simulator.ChannelLockdown, Bytes: 1, Kind: simulator.FIN})
	}
	if _, err := phone.Facts(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut()
	phone.ForgetFacts()
	if _, err := phone.Facts(t.Context()); err != nil {
		t.Error(err)
	}
	cut()
	if err := phone.Trust(t.Context()); err != nil {
		t.Error(err)
	}
	cut()
	phone.ForgetFacts()
	if _, err := phone.Facts(t.Context()); err != nil {
		t.Error(err)
	}
	if c := sim.Counts(); c.Lockdown != 4 || c.Sessions != 1 {
		t.Errorf("%d connections, %d sessions", c.Lockdown, c.Sessions)
	}
}
