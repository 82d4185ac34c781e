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
	backup(true, "")
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
	run(49, "ErrorCode 207", "encryption", "off", "first pass")
	run(0, "Backup encryption has been disabled successfully.", "encryption", "off", "sécond")
	backup(true, "")
}
