package idevicebackup2

import (
	"context"
	"errors"

	"os"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

const testUDID = "00008110-000A1B2C3D4E5F60"

// stack is a simulated phone, our own way to it, and an engine with the installed
// tool.
type stack struct {
	sim    *simulator.Simulator
	device *simulator.Phone
	phone  *lockdown.Phone
	engine *Engine
}

func newStack(t testing.TB, spec simulator.PhoneSpec, opts Options) *stack {
	t.Helper()
	installed(t)
	spec.UDID, spec.Trust.Mode = testUDID, simulator.TrustPaired
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{spec}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	opts.Mux = sim.Addr()
	s := &stack{sim: sim, device: sim.Phone(testUDID), engine: New(opts)}
	s.plug(t)
	return s
}

// toolVariable names the program to test with, for another version than the one
// that is installed.
const toolVariable = "HOMEPORT_TEST_IDEVICEBACKUP2"

// installed finds the tool, or skips; where CI runs it is there.
func installed(t testing.TB) Tool {
	t.Helper()
	tool, err := Find(t.Context(), os.Getenv(toolVariable))
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return tool
}

// plug finds the phone again after it was attached.
func (s *stack) plug(t testing.TB) {
	t.Helper()
	addr, err := usbmux.ParseAddress(s.sim.Addr())
	if err != nil {
		t.Fatal(err)
	}
	client := usbmux.NewClient(addr)
	links, _, err := client.Devices(t.Context())
	if err != nil || len(links) != 1 {
		t.Fatalf("%d links, %v", len(links), err)
	}
	s.phone = lockdown.New(client, links[0])
	t.Cleanup(func() { s.phone.Close() })
}

func (s *stack) job(dir string) backup.Job {
	return backup.Job{
		UDID: testUDID, Dir: dir, Phone: s.phone,
		Free: func(context.Context) (int64, error) { return 50 << 30, nil },
	}
}

// quick are deadlines for a phone that does not move.
var quick = Deadlines{FirstMessage: 500 * time.Millisecond, Stall: 700 * time.Millisecond, Exit: time.Second}

func want(t testing.TB, err error, id cause.ID) {
	t.Helper()
	if got, _ := cause.Of(err); err == nil || got != id {
		t.Errorf("want %s: %v", id, err)
	}
}

// TestNobodyTypesThePasscode has the sheet stay up.
func TestNobodyTypesThePasscode(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Files: 5, Passcode: simulator.Passcode{Mode: simulator.PasscodeManual}}, Options{Deadlines: quick})
	_, err := s.engine.Backup(t.Context(), s.job(t.TempDir()), nil)
	want(t, err, cause.PasscodePromptUnanswered)
}

// TestStallInsideAFile stops the bytes in the middle of a body, for ever.
func TestStallInsideAFile(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Files: 20, Bytes: 8 << 20}, Options{Deadlines: Deadlines{Stall: quick.Stall}})
	stall := s.device.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 4 << 20})[0]
	_, err := s.engine.Backup(t.Context(), s.job(t.TempDir()), nil)
	want(t, err, cause.TransferStalled)
	stall.Cancel()
}

// TestTornFile lets the bytes go on after a silence in which the tool might have
// lost its place. Whether it did cannot be seen.
func TestTornFile(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Files: 20, Bytes: 8 << 20}, Options{Deadlines: Deadlines{Tear: 200 * time.Millisecond}})
	s.device.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 4 << 20, For: time.Second})
	_, err := s.engine.Backup(t.Context(), s.job(t.TempDir()), nil)
	want(t, err, cause.TransferStalled)
}

// TestNewerPhone offers a version of the protocol that the tool does not know.
func TestNewerPhone(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Files: 5}, Options{})
	s.device.Agent().Major = 500
	_, err := s.engine.Backup(t.Context(), s.job(t.TempDir()), nil)
	want(t, err, cause.HostSoftwareTooOld)
	if !errors.Is(err, ErrTooOld) {
		t.Errorf("not ErrTooOld: %v", err)
	}
	if n := s.device.Counts().Sheets; n != 0 {
		t.Errorf("%d passcode sheets were shown", n)
	}
}

// TestNoMux has a usbmuxd that does not answer for the tool.
func TestNoMux(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Files: 5}, Options{})
	s.engine.opts.Mux = "127.0.0.1:1"
	_, err := s.engine.Backup(t.Context(), s.job(t.TempDir()), nil)
	want(t, err, cause.MuxServiceNotRunning)
}

// TestLeavesNoSocket looks for what the relay left in the folder for temporary
// files.
func TestLeavesNoSocket(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := newStack(t, simulator.PhoneSpec{Files: 5}, Options{})
	if _, err := s.engine.Backup(t.Context(), s.job(t.TempDir()), nil); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
