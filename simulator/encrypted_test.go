package simulator

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/simulator/contents"
)

// decrypt has a program that shares no code with this repository read a backup, and returns a line per file. The exit code is 3 for a
// wrong password and 1 for a broken backup.
func decrypt(t testing.TB, folder, password string) (lines []string, code int) {
	t.Helper()
	const python = "/usr/bin/python3" // the system's: another one that comes first in PATH may lack the package
	if err := exec.Command(python, "-c", "import cryptography").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("python3-cryptography is missing: apt-get install python3-cryptography")
		}
		t.Skip("python3-cryptography is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, filepath.Join("..", "testdata", "decrypt.py"), folder)
	cmd.Stdin = strings.NewReader(password + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if stderr.Len() > 0 {
		t.Logf("decrypt.py: %s", stderr.String())
	}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines, cmd.ProcessState.ExitCode()
}

// onPhone returns the lines that decrypt should.
func onPhone(t testing.TB, v *contents.View) (lines []string) {
	t.Helper()
	for _, i := range v.ByID() {
		if v.Row(int(i)).Kind != contents.File {
			continue
		}
		body, sum := v.Body(int(i)), sha256.New()
		_, err := body.WriteTo(sum)
		must(t, err)
		domain, path := v.Names(int(i))
		line, err := json.Marshal([]any{hex.EncodeToString(sum.Sum(nil)), body.Size(), domain, path})
		must(t, err)
		lines = append(lines, string(line))
	}
	return lines
}

// readable checks that a backup holds what the phone does, to a reader that knows the password.
func readable(t testing.TB, folder, password string, v *contents.View) {
	t.Helper()
	got, code := decrypt(t, folder, password)
	if code != 0 {
		t.Fatalf("decrypt: exit %d", code)
	}
	normal := func(lines []string) (all []string) {
		for _, line := range lines {
			var fields []any
			must(t, json.Unmarshal([]byte(line), &fields))
			plain, err := json.Marshal(fields)
			must(t, err)
			all = append(all, string(plain))
		}
		return all
	}
	if want := normal(onPhone(t, v)); !slices.Equal(normal(got), want) {
		t.Errorf("%d files in the backup, %d on the phone, or they differ", len(got), len(want))
	}
}

func TestToolsEncrypt(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, Files: 300, Bytes: 4 << 20})
	dir := t.TempDir()
	folder := filepath.Join(dir, testUDID)
	run := func(code int, text string, args ...string) {
		t.Helper()
		expect(t, s.Addr(), code, []string{text}, "idevicebackup2", append(args, dir)...)
	}
	backup := func(full bool, password string) {
		t.Helper()
		run(0, "Backup Successful.", "backup")
		if stats := phone.Agent().Stats(); stats.Full != full || stats.Encrypted != (password != "") {
			t.Errorf("backup: %+v", stats)
		}
		readable(t, folder, password, phone.Contents().View())
	}
	run(0, "Backup encryption has been enabled successfully.", "encryption", "on", "first pass")
	if !phone.HasBackupPassword() || phone.domain(domainBackup, true)["WillEncrypt"] != true {
		t.Error("the phone says that no password is set")
	}
	backup(true, "first pass")
	phone.Modify(30)
	phone.Add(5)
	phone.Delete(10)
	backup(false, "first pass")
	run(49, "ErrorCode 207", "changepw", "wrong", "second")
	run(0, "Backup encryption password has been changed successfully.", "changepw", "first pass", "sécond")
	if _, code := decrypt(t, folder, "sécond"); code != 3 {
		t.Errorf("the backup from before opens with the new password: exit %d", code)
	}
	backup(true, "sécond")
	run(49, "ErrorCode 207", "restore", "--system", "--no-reboot", "--password", "first pass")
	run(0, "Restore Successful.", "restore", "--system", "--no-reboot", "--password", "sécond")
	if r := phone.Agent().Stats().Restore; !phone.RestoredOK() || r.Files != phone.Contents().View().Files() || !r.Encrypted {
		t.Errorf("restore: %+v", r)
	}
	run(0, "Backup encryption has been disabled successfully.", "encryption", "off", "sécond")
	backup(true, "")
}

func TestToolsRestoreAfterWipe(t *testing.T) {
	t.Parallel()
	const oldUDID, newUDID = testUDID, "00008120-00112233445566AA"
	s := startConfig(t, Config{Phones: []PhoneSpec{
		{UDID: oldUDID, Trust: Trust{Mode: TrustPaired}, Files: 200, Bytes: 3 << 20, Seed: 1, BackupPassword: "pw"},
		{UDID: newUDID, Trust: Trust{Mode: TrustPaired}, Files: 100, Bytes: 1 << 20, Seed: 2},
	}})
	phone, other := s.Phone(oldUDID), s.Phone(newUDID)
	dir := t.TempDir()
	run := func(code int, text, udid string, args ...string) {
		t.Helper()
		expect(t, s.Addr(), code, []string{text}, "idevicebackup2", append(append([]string{"-u", udid}, args...), dir)...)
	}
	run(0, "Backup Successful.", oldUDID, "backup")
	want := onPhone(t, phone.Contents().View())
	_, err := s.Command("wipe @" + oldUDID)
	must(t, err)
	if phone.Contents().View().Files() != 0 || phone.HasBackupPassword() {
		t.Error("the phone is not empty")
	}

	// The tool knows that this backup needs a password, and asks nothing of the phone.
	run(255, "password is required", oldUDID, "restore")
	if requests := phone.Agent().Stats().RestoreRequests; len(requests) != 0 {
		t.Errorf("restore without a password reached the phone: %v", requests)
	}
	phone.SetValue(domainFindMy, "IsAssociated", true)
	run(45, "ErrorCode 211", oldUDID, "restore", "--password", "pw")
	phone.SetValue(domainFindMy, "IsAssociated", false)
	run(0, "Restore Successful.", oldUDID, "restore", "--system", "--settings", "--password", "pw")
	options, _ := phone.Agent().Stats().RestoreRequests[1]["Options"].(map[string]any)
	if options["RestoreSystemFiles"] != true || options["RestorePreserveSettings"] != false || options["Password"] != "pw" {
		t.Errorf("options %v", options)
	}
	if got := onPhone(t, phone.Contents().View()); !phone.RestoredOK() || !slices.Equal(got, want) || !phone.IsBackupPassword("pw") {
		t.Errorf("the phone holds %d files, of %d: %+v", len(got), len(want), phone.Agent().Stats().Restore)
	}

	run(0, "Restore Successful.", newUDID, "-s", oldUDID, "restore", "--system", "--password", "pw")
	if got := onPhone(t, other.Contents().View()); !other.RestoredOK() || !slices.Equal(got, want) {
		t.Errorf("the other phone holds %d files, of %d: %+v", len(got), len(want), other.Agent().Stats().Restore)
	}
	run(0, "Backup Successful.", newUDID, "backup")
	readable(t, filepath.Join(dir, newUDID), "pw", other.Contents().View())
}

// A key bag with a phone's own rounds, as another program opens it.
func TestTenMillionRounds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds of key derivation")
	}
	s, phone := start(t, PhoneSpec{
		Trust: Trust{Mode: TrustPaired}, Files: 50, Bytes: 1 << 20, BackupPassword: "correct horse", KeybagRounds: 10_000_000,
	})
	dir := t.TempDir()
	expect(t, s.Addr(), 0, []string{"Backup Successful."}, "idevicebackup2", "backup", dir)
	readable(t, filepath.Join(dir, testUDID), "correct horse", phone.Contents().View())
}

// The phone's values follow its backup password, and whoever observes it is told.
func TestBackupPassword(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, BackupPassword: "a"})
	will := func(want any) {
		t.Helper()
		c, _ := session(t, s)
		if got := c.ask(map[string]any{"Request": "GetValue", "Domain": domainBackup, "Key": "WillEncrypt"})["Value"]; got != want {
			t.Errorf("WillEncrypt is %v", got)
		}
	}
	will(true)
	watch := open(t, s, serviceNotify)
	must(t, writePlist(watch, map[string]any{"Command": "ObserveNotification", "Name": domainChanged}))
	must(t, writePlist(watch, map[string]any{"Command": "PostNotification", "Name": "com.example.here"}))
	eventually(t, "the observer is heard", func() bool { return slices.Contains(phone.Counts().Posted, "com.example.here") })
	for _, step := range []struct {
		command string
		opens   string
		will    bool
	}{{"password two words", "two words", true}, {"password", "", false}, {"password x", "x", true}, {"wipe", "", false}} {
		_, err := s.Command(step.command)
		must(t, err)
		will(step.will)
		if phone.HasBackupPassword() != step.will || phone.IsBackupPassword(step.opens) != step.will || phone.IsBackupPassword("a") {
			t.Errorf("after %q: another password", step.command)
		}
		told, err := readPlist(watch)
		must(t, err)
		if told["Name"] != domainChanged {
			t.Errorf("told %v", told)
		}
	}
	if text, err := s.Command("status"); err != nil || strings.Contains(text, "encrypts") {
		t.Errorf("status: %q, %v", text, err)
	}
	phone.SetBackupPassword("y")
	if text, err := s.Command("status"); err != nil || !strings.Contains(text, "encrypts its backups") {
		t.Errorf("status: %q, %v", text, err)
	}
}

// What the values of a phone keep it from.
func TestConditions(t *testing.T) {
	t.Parallel()
	_, phone := start(t, PhoneSpec{FindMy: true, InSetup: true, CloudRestore: true, RestoreForbidden: true, RequiresEncryption: true})
	if c := phone.conditions(); !c.FindMy || !c.InSetup || !c.CloudRestore || !c.RestoreForbidden || !c.RequiresEncryption {
		t.Errorf("%+v", c)
	}
	phone.SetValue(domainFindMy, "IsAssociated", false)
	phone.SetValue(domainSetup, "SetupDone", nil)
	phone.SetValue(domainBackup, "RequiresEncryption", false)
	phone.SetCloudRestore(false)
	if c := phone.conditions(); c.FindMy || c.InSetup || c.CloudRestore || !c.RestoreForbidden || c.RequiresEncryption {
		t.Errorf("%+v", c)
	}
}

// A phone that restarts after a restore does so when the host has heard that it went well, and not when it was asked to stay up.
func TestToolsRestoreReboots(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, Files: 30, Bytes: 1 << 16, RebootAfterRestore: true})
	dir := t.TempDir()
	expect(t, s.Addr(), 0, []string{"Backup Successful."}, "idevicebackup2", "backup", dir)
	expect(t, s.Addr(), 0, []string{"Restore Successful."}, "idevicebackup2", "restore", "--no-reboot", dir)
	if phone.Locked() {
		t.Error("restarted")
	}
	expect(t, s.Addr(), 0, []string{"Restore Successful."}, "idevicebackup2", "restore", dir)
	eventually(t, "the phone has restarted", func() bool { return phone.Locked() && phone.Attached() })
}
