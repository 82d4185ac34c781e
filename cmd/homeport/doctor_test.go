package main

import (
	"os"
	"slices"
	"testing"

	"homeport/agent"
	"homeport/configs"
	"homeport/preflight"
	"homeport/simulator"
	"homeport/usbmux"
)

// TestEveryCheckHasWords holds that doctor tells every check in people's words: a
// phone that is well is told as such in each group.
func TestEveryCheckHasWords(t *testing.T) {
	t.Parallel()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: stageUDID, Files: 10, Bytes: 1000, Trust: simulator.Trust{Mode: simulator.TrustPaired},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	address, err := usbmux.ParseAddress(sim.Addr())
	if err != nil {
		t.Fatal(err)
	}
	mux := usbmux.NewClient(address)
	dir := t.TempDir()
	cfg, err := configs.Load(configs.Options{Flags: map[string]string{"destination": dir, "log.dir": dir}, File: os.DevNull})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{stateDir: dir}
	defer a.close()
	d, err := a.diagnose(t.Context(), a.newAgent(cfg, mux, false, func(agent.Event) {}), mux, cfg, "")
	if err != nil || len(d.phones) != 1 || d.decides() != nil {
		t.Fatalf("diagnosed %+v, %v", d, err)
	}
	for _, f := range d.phones[0].Findings {
		if checkWords[f.Check].about == "" {
			t.Errorf("check %s has no words", f.Check)
		}
	}
	for _, g := range preflight.Groups() {
		if groupNames[g] == "" || !slices.ContainsFunc(d.phones[0].Findings, func(f preflight.Finding) bool { return f.Group == g }) {
			t.Errorf("nothing was checked of %q, or it has no name", g)
		}
	}
}
