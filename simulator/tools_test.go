package simulator

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tool runs one of libimobiledevice's programs against a simulator and returns what it printed and its exit code.
func tool(t testing.TB, address, name string, args ...string) (string, int) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: apt-get install libimobiledevice-utils", name)
		}
		t.Skipf("%s is not installed", name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "USBMUXD_SOCKET_ADDRESS="+address)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s %v hangs:\n%s", name, args, out)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// expect runs a tool and checks its exit code and that its output has every text.
func expect(t *testing.T, address string, code int, texts []string, name string, args ...string) {
	t.Helper()
	out, got := tool(t, address, name, args...)
	if got != code {
		t.Errorf("%s %v: exit %d, want %d\n%s", name, args, got, code, out)
	}
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%s %v: no %q in\n%s", name, args, text, out)
		}
	}
}

func TestToolsListInfoAndPair(t *testing.T) {
	t.Parallel()
	s := startConfig(t, Config{
		Phones: []PhoneSpec{{UDID: testUDID, Name: "Anna's iPhone"}, {UDID: "0123456789abcdef0123456789abcdef01234567"}},
		Listen: []string{"tcp://127.0.0.1:0", "unix://" + socketPath(t)},
	})
	phone := s.Phone(testUDID)
	for _, address := range s.Addrs() {
		expect(t, address, 0, []string{testUDID, "0123456789abcdef"}, "idevice_id", "-l")
	}
	address := s.Addrs()[1]
	run := func(code int, text, name string, args ...string) {
		t.Helper()
		expect(t, address, code, []string{text}, name, append([]string{"-u", testUDID}, args...)...)
	}
	run(0, "DeviceName: Anna's iPhone", "ideviceinfo", "-s")
	run(1, "Please accept the trust dialog", "idevicepair", "pair")
	phone.Refuse()
	run(1, "said that the user denied the trust dialog", "idevicepair", "pair")
	phone.Trust()
	run(0, "SUCCESS: Paired", "idevicepair", "pair")
	run(0, "SUCCESS: Validated", "idevicepair", "validate")
	run(0, "SerialNumber: "+phone.Spec().SerialNumber, "ideviceinfo")
	run(0, "BatteryCurrentCapacity: 80", "ideviceinfo", "-q", "com.apple.mobile.battery")
	run(0, "false", "ideviceinfo", "-q", "com.apple.mobile.backup", "-k", "WillEncrypt")
	run(0, "18.5", "ideviceinfo", "-k", "ProductVersion")
	phone.Lock()
	run(0, "PasswordProtected: true", "ideviceinfo")
	run(0, "SUCCESS: Unpaired", "idevicepair", "unpair")
	run(1, "Please enter the passcode", "idevicepair", "validate")
	phone.Detach()
	if out, _ := tool(t, address, "idevice_id", "-l"); strings.Contains(out, testUDID) {
		t.Errorf("an unplugged phone is listed: %s", out)
	}
}

func TestToolsBackUpAndRestore(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, Files: 300, Bytes: 4 << 20})
	dir := t.TempDir()
	backup := func(args ...string) {
		t.Helper()
		expect(t, s.Addr(), 0, []string{"Backup Successful."}, "idevicebackup2", append(append([]string{"backup"}, args...), dir)...)
	}
	sent := func() int64 { return phone.Traffic(ChannelBackup).Out }
	backup()
	first := sent()
	if stats := phone.Agent().Stats(); !stats.Full || stats.Files < 300 {
		t.Errorf("first backup: %+v", stats)
	}
	if info, err := os.Stat(filepath.Join(dir, testUDID, "Manifest.db")); err != nil || info.Size() == 0 {
		t.Errorf("Manifest.db: %v %v", info, err)
	}
	phone.Modify(3)
	phone.Add(2)
	phone.Delete(1)
	backup()
	if stats := phone.Agent().Stats(); stats.Full || stats.Files > 10 {
		t.Errorf("incremental backup: %+v", stats)
	}
	if again := sent() - first; again > first/2 {
		t.Errorf("incremental backup sent %d bytes, the first one %d", again, first)
	}
	backup("--full")
	if stats := phone.Agent().Stats(); !stats.Full {
		t.Errorf("forced full backup: %+v", stats)
	}
	expect(t, s.Addr(), 0, []string{"Restore Successful."}, "idevicebackup2", "restore", "--system", "--no-reboot", dir)
	if r := phone.Agent().Stats().Restore; !phone.RestoredOK() || r.Files < 300 {
		t.Errorf("restore: %+v", r)
	}
	if counts := phone.Counts(); counts.Backups != 3 || counts.Sheets < 3 {
		t.Errorf("counts: %+v", counts)
	}
	phone.Play(PasscodeOnce{Passcode{Mode: PasscodeRefuse}})
	expect(t, s.Addr(), 48, []string{"ErrorCode 208"}, "idevicebackup2", "backup", dir)
	phone.Play(BackupResponse{Stage: "uploading", Code: 105})
	expect(t, s.Addr(), 151, []string{"ErrorCode 105"}, "idevicebackup2", "backup", dir)
}
