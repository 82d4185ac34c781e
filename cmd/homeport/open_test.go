//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/cause"
	"homeport/simulator"
	"homeport/simulator/contents"
)

// backedUp is one encrypted version of a simulated phone, and an app that looks at
// it with an empty keychain and nobody at the terminal.
func backedUp(t *testing.T, password string) (*app, *fakeKeychain, *bytes.Buffer, pickOptions, *simulator.Phone) {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: signalUDID, Seed: 5, Files: 150, Bytes: 3 << 20, Trust: simulator.Trust{Mode: simulator.TrustPaired}, BackupPassword: password,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	place := t.TempDir()
	dest := filepath.Join(place, "backups")
	if out, err := command(t, sim.Addr(), "backup", "--dest", dest).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	settings := filepath.Join(place, "config.yaml")
	if err := os.WriteFile(settings, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a, keys, said := asking()
	a.configFile, a.stateDir = settings, place
	return a, keys, said, pickOptions{dest: dest, password: noPasswordFlags}, sim.Phone(signalUDID)
}

// TestOpenAsksAgain tries the keychain's password, which is an older one, then asks
// a person, who mistypes it once, and keeps the right one.
func TestOpenAsksAgain(t *testing.T) {
	t.Parallel()
	a, keys, said, o, _ := backedUp(t, "the right one")
	ctx := context.Background()
	if err := a.rememberPassword(signalUDID, "an old one"); err != nil {
		t.Fatal(err)
	}
	err := runLs(ctx, a, lsOptions{pickOptions: o}, nil)
	if id, _ := cause.Of(err); id != cause.BackupPasswordUnknown || exitCode(ctx, err) != cause.ExitFailed {
		t.Errorf("with the old one: %v", err)
	}
	if !strings.Contains(said.String(), "does not open") || !strings.Contains(said.String(), "Reset All Settings") {
		t.Errorf("said: %s", said)
	}
	a.typed, o.remember = types("mistyped", "the right one"), true
	said.Reset()
	var out bytes.Buffer
	a.stdout = &out
	if err := runLs(ctx, a, lsOptions{pickOptions: o}, nil); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(said.String(), "does not open"); n != 2 || !strings.Contains(out.String(), "in all") {
		t.Errorf("said: %s\n%s", said, out.String())
	}
	if got := keys.entries["homeport/"+signalUDID]; got != "the right one" {
		t.Errorf("the keychain has %q", got)
	}
	a.typed = types() // nobody is asked any more
	if err := runLs(ctx, a, lsOptions{pickOptions: o}, nil); err != nil {
		t.Error(err)
	}
	a.typed = types("x", "y", "z", "the right one")
	keys.entries = map[string]string{}
	if err := runLs(ctx, a, lsOptions{pickOptions: o}, nil); err == nil {
		t.Error("a fourth password is asked for")
	}
}

// TestExtractIsThePhone compares what comes out with what is on the phone.
func TestExtractIsThePhone(t *testing.T) {
	t.Parallel()
	a, _, _, o, phone := backedUp(t, "pw")
	a.typed = types("pw")
	to := filepath.Join(t.TempDir(), "out")
	if err := runExtract(context.Background(), a, extractOptions{pickOptions: o, to: to}, nil); err != nil {
		t.Fatal(err)
	}
	var want, got [][sha256.Size]byte
	view := phone.Contents().View()
	for _, i := range view.ByID() {
		if view.Row(int(i)).Kind != contents.File {
			continue
		}
		sum := sha256.New()
		if _, err := view.Body(int(i)).WriteTo(sum); err != nil {
			t.Fatal(err)
		}
		want = append(want, [sha256.Size]byte(sum.Sum(nil)))
	}
	if err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		got = append(got, sha256.Sum256(data))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	order := func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) }
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	if len(want) < 100 || !slices.Equal(got, want) {
		t.Errorf("%d files came out, %d are on the phone, or some differ", len(got), len(want))
	}
}

// TestInterruptWhileThePasswordIsAwaited stops the verb, and the command that it
// waits for.
func TestInterruptWhileThePasswordIsAwaited(t *testing.T) {
	t.Parallel()
	_, _, _, o, _ := backedUp(t, "pw")
	ls := command(t, "UNIX:///nowhere", "ls", "--dest", o.dest, "--password-command", "echo waiting >&2; exec sleep 50")
	said, err := ls.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ls.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil || line != "waiting\n" {
		t.Fatalf("said %q, %v", line, err)
	}
	if err := ls.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, said)
	if err := ls.Wait(); ls.ProcessState.ExitCode() != cause.ExitInterrupted {
		t.Errorf("ended with %v", err)
	}
}
