package mobilebackup2

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// stack is a simulated phone behind a simulated usbmuxd, and our own way to it:
// sockets, lockdown, TLS.
type stack struct {
	sim    *simulator.Simulator
	device *simulator.Phone
	phone  *lockdown.Phone
}

func newStack(t testing.TB, spec simulator.PhoneSpec) *stack {
	t.Helper()
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
	s := &stack{sim: sim, device: sim.Phone(testUDID)}
	s.plug(t)
	return s
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

func (s *stack) job(t testing.TB) backup.Job { return testJob(t, s.phone) }

// tool backs up into dir with idevicebackup2.
func (s *stack) tool(t testing.TB, dir string, args ...string) {
	t.Helper()
	s.runTool(t, append(append([]string{"backup"}, args...), dir)...)
}

// runTool runs idevicebackup2.
func (s *stack) runTool(t testing.TB, args ...string) {
	t.Helper()
	path, err := exec.LookPath("idevicebackup2")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-u", testUDID}, args...)...)
	cmd.Env = append(os.Environ(), "USBMUXD_SOCKET_ADDRESS="+s.sim.Addr())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("idevicebackup2: %v\n%s", err, out)
	}
}

// TestSameTreeAsIdevicebackup2 makes the same three backups with both engines,
// each from its own phone with the same seed.
func TestSameTreeAsIdevicebackup2(t *testing.T) {
	t.Parallel()
	spec := simulator.PhoneSpec{Seed: 7, Files: 400, Bytes: 12 << 20}
	ours, theirs := newStack(t, spec), newStack(t, spec)
	job, dir := ours.job(t), t.TempDir()
	e := New(testOptions())
	for run, change := range []func(p *simulator.Phone){
		func(*simulator.Phone) {},
		func(p *simulator.Phone) { p.Modify(20); p.Add(9); p.Delete(11) },
		func(*simulator.Phone) {},
	} {
		change(ours.device)
		change(theirs.device)
		job.Full = run == 2
		r, err := e.Backup(t.Context(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Full != (run != 1) {
			t.Errorf("run %d: %+v", run, r)
		}
		if job.Full {
			theirs.tool(t, dir, "--full")
		} else {
			theirs.tool(t, dir)
		}
		a, b := hashTree(t, job.Dir), hashTree(t, dir)
		for _, tree := range []map[string][32]byte{a, b} {
			delete(tree, testUDID+"/Info.plist")
		}
		if len(a) != len(b) || len(a) < 300 {
			t.Errorf("run %d: %d files, the tool has %d", run, len(a), len(b))
		}
		for p, sum := range b {
			if a[p] != sum {
				t.Errorf("run %d: %s differs", run, p)
			}
		}
	}
}

func TestInfoFromThePhone(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Seed: 3, Files: 20, Bytes: 1 << 20, Name: "Anna"})
	job := s.job(t)
	r, err := New(testOptions()).Backup(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	info := content(job, "Info.plist")
	for _, want := range []string{"<key>Installed Applications</key>", "PlaceholderIcon", "ApplicationSINF", "<string>Anna</string>", "iTunes Files", "iTunes Settings"} {
		if !strings.Contains(info, want) {
			t.Errorf("Info.plist lacks %s; odd: %q", want, r.Odd)
		}
	}
	if n := s.device.SyncLocked(); n {
		t.Error("the sync lock is still held")
	}
}

func TestSyncLockHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("waits 10 s")
	}
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Files: 5, Bytes: 1000})
	s.device.HoldSyncLock(time.Minute)
	_, err := New(testOptions()).Backup(t.Context(), s.job(t), nil)
	if id, _ := cause.Of(err); id != cause.SyncLockHeld {
		t.Errorf("err = %v", err)
	}
}

func TestPasscode(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Seed: 3, Files: 20, Bytes: 1 << 20, Passcode: simulator.Passcode{Mode: simulator.PasscodeManual}})
	var phases []backup.Phase
	report := func(p backup.Progress) {
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
		if p.Phase == backup.PhasePasscode && s.device.SheetUp() {
			go s.device.EnterPasscode()
		}
	}
	if _, err := New(testOptions()).Backup(t.Context(), s.job(t), report); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(phases); !strings.HasPrefix(got, "[connecting waiting passcode") || !strings.HasSuffix(got, "receiving moving finishing]") {
		t.Errorf("phases %v", got)
	}
	s.device.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeRefuse})
	_, err := New(testOptions()).Backup(t.Context(), s.job(t), nil)
	shown, told := cause.From(err).Evidence["shownFor"].(cause.Seconds)
	if id, _ := cause.Of(err); id != cause.PasscodePromptUnanswered || !told || shown < 0 {
		t.Errorf("refused: %v, %v", err, cause.From(err).Evidence)
	}
}

// errPulled is what the agent would say of a Detached event.
var errPulled = cause.New(cause.DeviceDisconnected, nil, errors.New("detached"))

// TestCuts cuts the link at points all over a backup. Each time the run must end
// soon and say that the phone has gone; what was there before and what has its
// name must be whole; and the next run must succeed, with what it can reuse.
func TestCuts(t *testing.T) {
	t.Parallel()
	spec := simulator.PhoneSpec{Seed: 5, Files: 200, Bytes: 3 << 20}
	kinds := []simulator.CutKind{simulator.FIN, simulator.RST, simulator.Detached}
	s := newStack(t, spec)
	job := s.job(t)
	e := New(testOptions())
	before := s.device.Traffic(simulator.ChannelBackup)
	if _, err := e.Backup(t.Context(), job, nil); err != nil {
		t.Fatal(err)
	}
	after := s.device.Traffic(simulator.ChannelBackup)
	whole := after.Total() - before.Total()
	points := 30
	if testing.Short() {
		points = 6
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range points {
		job := s.job(t)
		job.Full = false
		kind := kinds[i%len(kinds)]
		at := rnd.Int64N(whole * 9 / 10)
		s.device.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: at, Kind: kind})
		start := time.Now()
		_, err := e.Backup(t.Context(), job, nil)
		if id, _ := cause.Of(err); id != cause.DeviceDisconnected {
			t.Errorf("cut %s at %d of %d: %v", kind, at, whole, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("cut %s at %d: told after %v", kind, at, d)
		}
		noLeftovers(t, job)
		if kind == simulator.Detached {
			s.device.Attach()
			s.plug(t)
		}
		job.Phone = s.phone
		r, err := e.Backup(t.Context(), job, nil)
		if err != nil {
			t.Fatalf("after cut %s at %d: %v", kind, at, err)
		}
		if len(hashTree(t, job.Dir)) < 150 {
			t.Errorf("after cut %s at %d: %+v", kind, at, r)
		}
	}
}

// noLeftovers looks for unfinished bodies.
func noLeftovers(t *testing.T, job backup.Job) {
	t.Helper()
	for p := range hashTree(t, job.Dir) {
		if strings.Contains(filepath.Base(p), "hp-part") {
			t.Errorf("left behind: %s", p)
		}
	}
}

// TestResume proves that a cut at nine tenths costs little the second time.
func TestResume(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Seed: 6, Files: 1000, Bytes: 16 << 20, Profile: "small"})
	job := s.job(t)
	s.device.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 16 << 20 * 9 / 10, Kind: simulator.RST})
	if _, err := New(testOptions()).Backup(t.Context(), job, nil); err == nil {
		t.Fatal("not cut")
	}
	r, err := New(testOptions()).Backup(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A tenth was never sent; the manifests and one body in flight come on top.
	if again := r.Bytes - 16<<20/10; again > 16<<20*15/100 {
		t.Errorf("%d bytes of %d came again", again, 16<<20)
	}
}
