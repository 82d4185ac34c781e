package lockdown_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

func TestPairStates(t *testing.T) {
	t.Parallel()
	sim, phone, client := world(t, simulator.PhoneSpec{Locked: true})
	if err := phone.Trust(t.Context()); !isCause(err, cause.NotTrusted) {
		t.Errorf("before: %v", err)
	}
	var states []lockdown.PairState
	err := phone.Pair(t.Context(), func(s lockdown.PairState) {
		states = append(states, s)
		switch s {
		case lockdown.PairLocked:
			sim.Unlock()
		case lockdown.PairDialog:
			sim.Trust()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(states); got != "[asking locked dialog accepted]" {
		t.Errorf("states %s", got)
	}
	if c := sim.Counts(); c.Polls != 3 || c.Pairings != 1 || sim.TrustedHosts() != 1 {
		t.Errorf("%+v, %d hosts", c, sim.TrustedHosts())
	}
	// Trusted by the next Phone too, which asks nobody.
	other := lockdown.New(client, phone.Link())
	defer other.Close()
	if err := other.Trust(t.Context()); err != nil {
		t.Error(err)
	}
	states = nil
	if err := other.Pair(t.Context(), func(s lockdown.PairState) { states = append(states, s) }); err != nil || fmt.Sprint(states) != "[accepted]" {
		t.Errorf("again: %v, %v", states, err)
	}
	if record, err := client.PairRecord(t.Context(), udid); err != nil || len(record.EscrowBag) != 32 || record.WiFiMACAddress == "" {
		t.Errorf("record %v, %d bytes of escrow bag, %v", record, len(record.EscrowBag), err)
	}
}

func TestPairRefused(t *testing.T) {
	t.Parallel()
	sim, phone, client := world(t, simulator.PhoneSpec{Trust: simulator.Trust{Mode: simulator.TrustRefuse}})
	if err := phone.Pair(t.Context(), nil); !isCause(err, cause.TrustDenied) {
		t.Errorf("%v", err)
	}
	for code, want := range map[string]cause.ID{
		"MCProtected": cause.PairingProhibitedByPolicy, "MCChallengeRequired": cause.SupervisedHostMismatch,
	} {
		sim.SetPairingPolicy(code)
		err := phone.Pair(t.Context(), nil)
		e, ok := errors.AsType[*lockdown.Error](err)
		if !isCause(err, want) || !ok || e.Request != "Pair" || e.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := client.PairRecord(t.Context(), udid); !isCause(err, cause.PairRecordMissing) {
		t.Errorf("a record of a refusal: %v", err)
	}
}

// TestPairByCableOnly: over the air nobody is asked, and a pairing that there is
// counts.
func TestPairByCableOnly(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, simulator.PhoneSpec{Connection: "network"})
	if err := phone.Pair(t.Context(), nil); !isCause(err, cause.PairingNeedsUSB) {
		t.Errorf("%v", err)
	}
	if sim.DialogUp() || sim.Counts().Polls != 0 {
		t.Error("the phone was asked")
	}
	if err := sim.PairByDaemon(); err != nil {
		t.Fatal(err)
	}
	if err := phone.Pair(t.Context(), nil); err != nil {
		t.Errorf("paired: %v", err)
	}
}

// TestPairTellsWhatWasWrong with the key that there was.
func TestPairTellsWhatWasWrong(t *testing.T) {
	t.Parallel()
	auto := simulator.Trust{Mode: simulator.TrustAuto}
	for want, spoil := range map[lockdown.PairState]func(*simulator.Phone, *usbmux.Client) error{
		lockdown.PairStale: func(sim *simulator.Phone, _ *usbmux.Client) error { sim.Forget(); return nil },
		lockdown.PairDamaged: func(_ *simulator.Phone, client *usbmux.Client) error {
			return client.SavePairRecord(t.Context(), udid, usbmux.PairRecord{HostID: "H", SystemBUID: "B", HostCertificate: []byte("x"), HostPrivateKey: []byte("x"), DeviceCertificate: []byte("x")}, 0)
		},
	} {
		sim, phone, client := world(t, paired())
		if err := spoil(sim, client); err != nil {
			t.Error(err)
		}
		sim.SetTrust(auto)
		var states []lockdown.PairState
		if err := phone.Pair(t.Context(), func(s lockdown.PairState) { states = append(states, s) }); err != nil || len(states) != 2 || states[0] != want {
			t.Errorf("%s: %v, %v", want, states, err)
		}
	}
}

func TestPairCancelled(t *testing.T) {
	t.Parallel()
	_, phone, _ := world(t, simulator.PhoneSpec{})
	ctx, cancel := context.WithCancelCause(t.Context())
	unplugged := cause.New(cause.DeviceDisconnected, nil, nil)
	var cancelled time.Time // making keys takes its time before that
	err := phone.Pair(ctx, func(s lockdown.PairState) {
		if s == lockdown.PairDialog {
			cancelled = time.Now()
			cancel(unplugged)
		}
	})
	if !isCause(err, cause.DeviceDisconnected) || !errors.Is(err, context.Canceled) || time.Since(cancelled) > time.Second {
		t.Errorf("%v after %v", err, time.Since(cancelled))
	}
}

func TestStaleRecordIsReplaced(t *testing.T) {
	t.Parallel()
	spec := paired()
	sim, phone, client := world(t, spec)
	old, err := client.PairRecord(t.Context(), udid)
	if err != nil {
		t.Fatal(err)
	}
	sim.Forget()
	if err := phone.Trust(t.Context()); !isCause(err, cause.PairRecordStale) {
		t.Errorf("%v", err)
	}
	sim.SetTrust(simulator.Trust{Mode: simulator.TrustAuto})
	if err := phone.Pair(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	renewed, err := client.PairRecord(t.Context(), udid)
	if err != nil || renewed.HostID == old.HostID || renewed.SystemBUID != old.SystemBUID {
		t.Errorf("%v, %v", renewed, err)
	}
	if err := phone.Trust(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestUnpair(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	for range 2 { // the second time there is nothing to forget
		if err := phone.Unpair(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := sim.TrustedHosts(); n != 0 {
		t.Errorf("the phone still trusts %d", n)
	}
	if err := phone.Trust(t.Context()); !isCause(err, cause.NotTrusted) {
		t.Errorf("%v", err)
	}
}

func TestUnpairForgottenPhone(t *testing.T) {
	t.Parallel()
	sim, phone, client := world(t, paired())
	sim.Forget()
	if err := phone.Unpair(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := client.PairRecord(t.Context(), udid); !isCause(err, cause.PairRecordMissing) {
		t.Errorf("%v", err)
	}
}

// tool runs a stock tool against the client's usbmuxd.
func tool(t *testing.T, client *usbmux.Client, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), usbmux.AddressVariable+"="+client.Address().String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// TestStockToolsTakeOurRecord: paired by us, used by libimobiledevice.
func TestStockToolsTakeOurRecord(t *testing.T) {
	t.Parallel()
	_, phone, client := world(t, simulator.PhoneSpec{Trust: simulator.Trust{Mode: simulator.TrustAuto}})
	if err := phone.Pair(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if out := tool(t, client, "idevicepair", "-u", udid, "validate"); !strings.Contains(out, "SUCCESS") {
		t.Errorf("validate: %s", out)
	}
	if out := tool(t, client, "ideviceinfo", "-u", udid, "-q", "com.apple.mobile.backup"); !strings.Contains(out, "WillEncrypt: false") {
		t.Errorf("info: %s", out)
	}
	if out := tool(t, client, "idevicepair", "-u", udid, "unpair"); !strings.Contains(out, "SUCCESS") {
		t.Errorf("unpair: %s", out)
	}
}

// TestWeTakeTheStockRecord: paired by libimobiledevice, used by us.
func TestWeTakeTheStockRecord(t *testing.T) {
	t.Parallel()
	_, phone, client := world(t, simulator.PhoneSpec{Trust: simulator.Trust{Mode: simulator.TrustAuto}})
	if out := tool(t, client, "idevicepair", "-u", udid, "pair"); !strings.Contains(out, "SUCCESS") {
		t.Fatalf("pair: %s", out)
	}
	if err := phone.Trust(t.Context()); err != nil {
		t.Error(err)
	}
	if values, err := phone.Values(t.Context(), "com.apple.mobile.backup"); err != nil || values["WillEncrypt"] != false {
		t.Errorf("%v, %v", values, err)
	}
}
