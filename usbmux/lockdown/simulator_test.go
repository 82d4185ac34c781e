package lockdown_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/afc"
	"homeport/usbmux/lockdown"
	"homeport/usbmux/notify"
)

const udid = "00008110-000A1B2C3D4E5F60"

// world starts one simulated phone and returns it with a Phone of ours.
func world(t *testing.T, spec simulator.PhoneSpec) (*simulator.Phone, *lockdown.Phone, *usbmux.Client) {
	t.Helper()
	spec.UDID, spec.Files, spec.Bytes = udid, 10, 1000
	dir, err := os.MkdirTemp("", "mux")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	sim, err := simulator.Start(simulator.Config{
		Phones: []simulator.PhoneSpec{spec}, Listen: []string{"unix://" + filepath.Join(dir, "s")},
	})
	if err != nil {
		t.Fatal(err)
	}
	address, err := usbmux.ParseAddress(sim.Addr())
	if err != nil {
		t.Fatal(err)
	}
	client := usbmux.NewClient(address)
	links, bad, err := client.Devices(t.Context())
	if err != nil || len(bad) > 0 || len(links) != 1 {
		t.Fatalf("devices: %v, %v, %v", links, bad, err)
	}
	phone := lockdown.New(client, links[0])
	t.Cleanup(func() {
		if err := phone.Close(); err != nil {
			t.Error(err)
		}
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim.Phone(udid), phone, client
}

func paired() simulator.PhoneSpec {
	return simulator.PhoneSpec{Trust: simulator.Trust{Mode: simulator.TrustPaired}}
}

func isCause(err error, want cause.ID) bool {
	id, _ := cause.Of(err)
	return err != nil && id == want
}

func inTime(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if d := time.Since(start); d > limit {
		t.Errorf("took %v, at most %v", d, limit)
	}
}

func TestFactsWithoutTrust(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, simulator.PhoneSpec{Name: "Anna's\x1b[31m iPhone", Locked: true})
	facts, err := phone.Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if facts.PasswordProtected == nil || !*facts.PasswordProtected {
		t.Error("not locked")
	}
	facts.PasswordProtected = nil
	want := lockdown.Facts{
		UDID: udid, DeviceName: "Anna's[31m iPhone", DeviceClass: "iPhone", ProductType: "iPhone14,2",
		ProductVersion: "18.5", BuildVersion: "22F76", ActivationState: "Activated",
	}
	if facts != want {
		t.Errorf("%+v", facts)
	}
	if c := sim.Counts(); c.Lockdown != 1 || c.Sessions != 0 || phone.Sessions() != 0 {
		t.Errorf("%+v", c)
	}
}

func TestValuesShareASession(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	for range 3 {
		values, err := phone.Values(t.Context(), "com.apple.mobile.backup")
		if err != nil || values["WillEncrypt"] != false {
			t.Fatalf("%v, %v", values, err)
		}
	}
	if values, err := phone.Values(t.Context(), "com.apple.absent"); err != nil || values == nil || len(values) != 0 {
		t.Errorf("absent domain: %v, %v", values, err)
	}
	if root, err := phone.Values(t.Context(), ""); err != nil || root["UniqueDeviceID"] != udid {
		t.Errorf("root: %v, %v", root["UniqueDeviceID"], err)
	}
	if err := phone.Trust(t.Context()); err != nil {
		t.Error(err)
	}
	if c := sim.Counts(); c.Sessions != 1 || phone.Sessions() != 1 {
		t.Errorf("%d sessions, %d counted", c.Sessions, phone.Sessions())
	}
}

// TestDeadSessionIsNotTold: a session that broke while it was idle is replaced.
func TestDeadSessionIsNotTold(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	for want := 1; want <= 3; want++ {
		if err := phone.Trust(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := sim.Counts(); c.Sessions != want {
			t.Errorf("%d sessions, want %d", c.Sessions, want)
		}
		if want < 3 {
			sim.Play(simulator.CutAfter{Channel: simulator.ChannelLockdown, Bytes: 1, Kind: simulator.FIN})
		}
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	if err := sim.SetMediaFile("/iTunes_Control/iTunes/Ringtones.plist", []byte("rings")); err != nil {
		t.Fatal(err)
	}
	conn, err := phone.Open(t.Context(), "com.apple.afc")
	if err != nil {
		t.Fatal(err)
	}
	files := afc.New(conn)
	defer files.Close()
	if data, err := files.ReadFile(t.Context(), "/iTunes_Control/iTunes/Ringtones.plist", 100); err != nil || string(data) != "rings" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := files.ReadFile(t.Context(), "/absent", 100); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if names, _, err := files.ReadDir(t.Context(), "/iTunes_Control"); err != nil || !slices.Equal(names, []string{"iTunes"}) {
		t.Errorf("%q, %v", names, err)
	}
	if info, err := files.Stat(t.Context(), "/iTunes_Control"); err != nil || !info.Dir {
		t.Errorf("%+v, %v", info, err)
	}
	f, err := files.Open(t.Context(), "/new", afc.WriteOnly)
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("0123456789"), 30_000)
	if _, err := f.Write(t.Context(), big); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if data, err := files.ReadFile(t.Context(), "/new", len(big)); err != nil || !bytes.Equal(data, big) {
		t.Errorf("%d bytes, %v", len(data), err)
	}

	conn, err = phone.Open(t.Context(), "com.apple.mobile.notification_proxy")
	if err != nil {
		t.Fatal(err)
	}
	proxy := notify.New(conn)
	defer proxy.Close()
	if err := proxy.Observe("com.apple.mobile.backup.domain_changed"); err != nil {
		t.Fatal(err)
	}
	if err := proxy.Post("com.apple.mobile.backup.domain_changed"); err != nil { // comes back to us
		t.Fatal(err)
	}
	if name := <-proxy.Events(); name != "com.apple.mobile.backup.domain_changed" {
		t.Errorf("%q", name)
	}
	if c := sim.Counts(); c.Sessions != 1 {
		t.Errorf("%d sessions for two services", c.Sessions)
	}
	if _, err := phone.Open(t.Context(), "com.apple.absent"); !isCause(err, cause.BackupServiceRefused) {
		t.Errorf("absent service: %v", err)
	}
}

func TestSyncLock(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	release, err := phone.TrySyncLock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !sim.SyncLocked() {
		t.Error("nothing is locked")
	}
	if _, err := phone.TrySyncLock(t.Context()); !isCause(err, cause.SyncLockHeld) {
		t.Errorf("the second: %v", err)
	}
	if err := release(); err != nil || sim.SyncLocked() {
		t.Errorf("released: %v, locked %v", err, sim.SyncLocked())
	}
	sim.HoldSyncLock(0)
	if _, err := phone.TrySyncLock(t.Context()); !isCause(err, cause.SyncLockHeld) {
		t.Errorf("held: %v", err)
	}
}

func TestLockedPhone(t *testing.T) {
	t.Parallel()
	spec := paired()
	spec.Locked = true
	_, phone, _ := world(t, spec)
	if err := phone.Trust(t.Context()); err != nil {
		t.Errorf("locked is trusted all the same: %v", err)
	}
	conn, err := phone.Open(t.Context(), "com.apple.mobilebackup2") // the escrow bag opens it
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestNotUnlockedSinceBoot(t *testing.T) {
	t.Parallel()
	spec := paired()
	spec.BeforeBoot = true
	sim, phone, _ := world(t, spec)
	if err := phone.Trust(t.Context()); !isCause(err, cause.DeviceNotUnlockedSinceBoot) {
		t.Errorf("%v", err)
	}
	if _, err := phone.TrySyncLock(t.Context()); !isCause(err, cause.DeviceNotUnlockedSinceBoot) {
		t.Errorf("%v", err)
	}
	sim.Unlock()
	if err := phone.Trust(t.Context()); err != nil {
		t.Errorf("unlocked: %v", err)
	}
}

// TestImpostor: the phone at the other end has another key than the one that was
// paired. Not one session and not one service gets past TLS.
func TestImpostor(t *testing.T) {
	t.Parallel()
	sim, phone, client := world(t, paired())
	if err := phone.Trust(t.Context()); err != nil {
		t.Fatal(err)
	}
	sim.SetImpostor(true)
	if conn, err := phone.Open(t.Context(), "com.apple.mobilebackup2"); !isCause(err, cause.DeviceIdentityMismatch) { // in the open session
		t.Errorf("service: %v, %v", conn, err)
	}
	other := lockdown.New(client, phone.Link())
	defer other.Close()
	for name, f := range map[string]func() error{
		"trust": func() error { return other.Trust(t.Context()) },
		"pair":  func() error { return other.Pair(t.Context(), nil) },
	} {
		if err := f(); !isCause(err, cause.DeviceIdentityMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := sim.Counts(); c.Handshake != 1 || other.Sessions() != 0 {
		t.Errorf("%d handshakes succeeded, %d sessions", c.Handshake, other.Sessions())
	}
}

func TestUDIDMismatch(t *testing.T) {
	t.Parallel()
	spec := paired()
	spec.Values = map[string]map[string]any{"": {"UniqueDeviceID": strings.Repeat("ab", 20)}}
	_, phone, _ := world(t, spec)
	if _, err := phone.Facts(t.Context()); !isCause(err, cause.DeviceIdentityMismatch) {
		t.Errorf("facts: %v", err)
	}
	if err := phone.Trust(t.Context()); !isCause(err, cause.DeviceIdentityMismatch) {
		t.Errorf("trust: %v", err)
	}
	if err := phone.Unpair(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := phone.Pair(t.Context(), nil); !isCause(err, cause.DeviceIdentityMismatch) {
		t.Errorf("pair: %v", err)
	}
}

func TestServiceLimit(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	sim.Play(simulator.LockdownError{Request: "StartService", Code: "ServiceLimit"})
	_, err := phone.Open(t.Context(), "com.apple.afc")
	e, ok := errors.AsType[*lockdown.Error](err)
	if !isCause(err, cause.ServiceLimit) || !ok || *e != (lockdown.Error{Request: "StartService", Key: "com.apple.afc", Code: "ServiceLimit"}) {
		t.Errorf("%v", err)
	}
	if err := phone.Trust(t.Context()); err != nil || phone.Sessions() != 1 {
		t.Errorf("the session did not survive a refusal: %v", err)
	}
}

// TestCuts cuts the link at points spread over a session and the opening of a
// service. Each is told at once, and the phone works again afterwards.
// TestForbiddenBackup: an unlocked phone that trusts us and does not open its backup
// service has been told not to; one that is locked may be waiting for its owner.
func TestForbiddenBackup(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	refuse := func(service string) {
		sim.Play(simulator.LockdownError{Request: "StartService", Name: service, Code: "ServiceProhibited"})
	}
	const backup = "com.apple.mobilebackup2"
	refuse(backup)
	if _, err := phone.Open(t.Context(), backup); !isCause(err, cause.BackupBlockedByRestriction) {
		t.Errorf("unlocked: %v", err)
	}
	refuse("com.apple.afc")
	if _, err := phone.Open(t.Context(), "com.apple.afc"); !isCause(err, cause.BackupServiceRefused) {
		t.Errorf("another service: %v", err)
	}
	sim.Lock()
	refuse(backup)
	if _, err := phone.Open(t.Context(), backup); !isCause(err, cause.BackupServiceRefused) {
		t.Errorf("locked: %v", err)
	}
}

func TestCuts(t *testing.T) {
	t.Parallel()
	sim, phone, client := world(t, paired())
	before := sim.Traffic(simulator.ChannelLockdown)
	conn, err := phone.Open(t.Context(), "com.apple.afc")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	after := sim.Traffic(simulator.ChannelLockdown)
	total := after.Total() - before.Total()
	_ = phone.Close()
	step := max(total/60, 1)
	for at := int64(0); at < total; at += step {
		for _, kind := range []simulator.CutKind{simulator.FIN, simulator.RST, simulator.Detached} {
			links, _, err := client.Devices(t.Context())
			if err != nil || len(links) != 1 {
				t.Fatalf("devices: %v, %v", links, err)
			}
			phone := lockdown.New(client, links[0])
			phone.ExpectNews(10 * time.Millisecond)
			cut := sim.Play(simulator.CutAfter{Channel: simulator.ChannelLockdown, Bytes: at, Kind: kind})[0]
			inTime(t, 5*time.Second, func() {
				conn, err := phone.Open(t.Context(), "com.apple.afc")
				if err == nil {
					_ = conn.Close()
				} else if id, _ := cause.Of(err); kind == simulator.Detached && id != cause.DeviceDisconnected ||
					kind != simulator.Detached && id != cause.MuxConnectFailed && id != cause.PairRecordStale {
					t.Errorf("%s at %d: %v", kind, at, err)
				}
			})
			if !cut.Fired() {
				cut.Cancel()
			}
			if err := phone.Close(); err != nil {
				t.Error(err)
			}
			if !sim.Attached() {
				sim.Attach()
			}
		}
	}
}

func TestSlowAndSplitBytes(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	sim.Play(simulator.SplitBytes{Channel: simulator.ChannelLockdown})
	conn, err := phone.Open(t.Context(), "com.apple.afc")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestCancelAndCloseEndAtOnce(t *testing.T) {
	t.Parallel()
	sim, phone, _ := world(t, paired())
	sim.Play(simulator.Stall{Channel: simulator.ChannelLockdown})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	inTime(t, time.Second, func() {
		if err := phone.Trust(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := phone.Trust(context.Background()); err == nil {
				t.Error("trusted over a stalled link")
			}
		})
	}
	inTime(t, time.Second, func() {
		if err := phone.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	if _, err := phone.Facts(t.Context()); err == nil {
		t.Error("a closed phone answers")
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	_, phone, _ := world(t, paired())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			var err error
			switch i % 4 {
			case 0:
				_, err = phone.Facts(t.Context())
			case 1:
				err = phone.Trust(t.Context())
			case 2:
				_, err = phone.Values(t.Context(), "com.apple.disk_usage")
			default:
				var conn io.Closer
				if conn, err = phone.Open(t.Context(), "com.apple.afc"); err == nil {
					err = conn.Close()
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := phone.Sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}
