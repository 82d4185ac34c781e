package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"homeport/cause"
	"homeport/configs"
)

const phoneUDID = "00008120-000A11223344001E"

// fakeKeychain is a keychain in memory; err is what it always says, if set.
type fakeKeychain struct {
	entries map[string]string
	err     error
}

func (k *fakeKeychain) get(_ context.Context, service, account string) (string, error) {
	if k.err != nil {
		return "", k.err
	}
	if p, ok := k.entries[service+"/"+account]; ok {
		return p, nil
	}
	return "", errNotSaved
}

func (k *fakeKeychain) set(_ context.Context, service, account, password string) error {
	if k.err == nil {
		k.entries[service+"/"+account] = password
	}
	return k.err
}

func (k *fakeKeychain) remove(_ context.Context, service, account string) error {
	delete(k.entries, service+"/"+account)
	return k.err
}

// asking is an app with an empty keychain and nobody at the terminal; what it
// says goes into the buffer.
func asking() (*app, *fakeKeychain, *bytes.Buffer) {
	k := &fakeKeychain{entries: map[string]string{}}
	said := &bytes.Buffer{}
	return &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: said, keychain: k}, k, said
}

// types makes a person type these lines, one for each question.
func types(lines ...string) func() (string, error) {
	return func() (string, error) {
		if len(lines) == 0 {
			return "", io.EOF
		}
		line := lines[0]
		lines = lines[1:]
		return line, nil
	}
}

// all gathers every password that is offered.
func all(a *app, cfg configs.Config, p passwordFlags) (list []string, err error) {
	for password, e := range a.passwords(context.Background(), cfg, phoneUDID, "password", p) {
		if e != nil {
			return list, e
		}
		list = append(list, password)
	}
	return list, nil
}

func TestPasswordOrder(t *testing.T) {
	t.Parallel()
	configured := configs.Config{PasswordCommand: "echo from-config; echo second line"}
	for name, c := range map[string]struct {
		cfg   configs.Config
		flags passwordFlags
		stdin string
		want  []string
	}{
		"fd alone":              {configured, passwordFlags{fd: 0}, "from-fd\nnext\n", []string{"from-fd"}},
		"fd with a long ending": {configured, passwordFlags{fd: 0}, "from-fd\r\n", []string{"from-fd"}},
		"fd without an ending":  {configured, passwordFlags{fd: 0}, "from fd ", []string{"from fd "}},
		"command alone":         {configured, passwordFlags{fd: -1, command: "echo from-flag"}, "", []string{"from-flag"}},
		"config first":          {configured, noPasswordFlags, "", []string{"from-config", "saved", "one", "two", "three"}},
		"keychain, then person": {configs.Config{}, noPasswordFlags, "", []string{"saved", "one", "two", "three"}},
		"no keychain":           {configs.Config{}, passwordFlags{fd: -1, noKeychain: true}, "", []string{"one", "two", "three"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && strings.Contains(name, "co") {
				t.Skip("the commands are those of a Unix shell")
			}
			a, k, _ := asking()
			k.entries["homeport/"+strings.ToUpper(phoneUDID)] = "never"
			if err := a.rememberPassword(phoneUDID, "saved"); err != nil {
				t.Fatal(err)
			}
			a.stdin, a.typed = strings.NewReader(c.stdin), types("one", "two", "three", "four")
			got, err := all(a, c.cfg, c.flags)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("passwords %q, %v; want %q", got, err, c.want)
			}
			first, err := a.askPassword(context.Background(), c.cfg, strings.ToLower(phoneUDID), "password", passwordFlags{fd: -1})
			if err != nil || first == "" {
				t.Errorf("the same phone in small letters: %q, %v", first, err)
			}
		})
	}
}

// TestNoPassword holds what is told when there is none, and that nothing which
// was typed or printed gets into an error.
func TestNoPassword(t *testing.T) {
	t.Parallel()
	const canary = "k4n4ry"
	for name, c := range map[string]struct {
		flags passwordFlags
		stdin string
		typed string
		want  cause.ID // "": a usage error
	}{
		"nobody there":   {noPasswordFlags, canary, "", cause.BackupPasswordUnknown},
		"empty fd":       {passwordFlags{fd: 0}, "\n" + canary, "", cause.BackupPasswordUnknown},
		"endless fd":     {passwordFlags{fd: 0}, strings.Repeat(canary, 1000), "", cause.BackupPasswordUnknown},
		"binary fd":      {passwordFlags{fd: 0}, canary + "\xff\xfe\n", "", cause.BackupPasswordUnknown},
		"fd not open":    {passwordFlags{fd: 999}, canary, "", ""},
		"fd is stdout":   {passwordFlags{fd: 1}, canary, "", ""},
		"two ways":       {passwordFlags{fd: 0, command: "true"}, canary, "", ""},
		"command fails":  {passwordFlags{fd: -1, command: "echo " + canary + "; exit 3"}, canary, "", cause.BackupPasswordUnknown},
		"command silent": {passwordFlags{fd: -1, command: "true"}, canary, "", cause.BackupPasswordUnknown},
		"typed nothing":  {noPasswordFlags, canary, "-", cause.BackupPasswordUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, k, said := asking()
			k.err = errNoKeychain
			a.stdin = strings.NewReader(c.stdin)
			if c.typed != "" {
				a.typed = types("")
			}
			_, err := a.askPassword(context.Background(), configs.Config{}, phoneUDID, "password", c.flags)
			if id, _ := cause.Of(err); err == nil || c.want != "" && id != c.want || c.want == "" && !errors.As(err, &usageError{}) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if e := cause.From(err); strings.Contains(err.Error()+said.String()+e.Sentence(), canary) {
				t.Errorf("the password is told: %v, %s", err, said)
			}
		})
	}
}

// TestPasswordFd reads two lines from one inherited descriptor, as for a change of
// password, and gives up when it is told to.
func TestPasswordFd(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no descriptors to inherit")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := io.WriteString(w, "old one\nnew one\n"); err != nil {
		t.Fatal(err)
	}
	a, _, _ := asking()
	fd := passwordFlags{fd: int(r.Fd())}
	was, err := a.askPassword(context.Background(), configs.Config{}, phoneUDID, "password", fd)
	if err != nil || was != "old one" {
		t.Errorf("first line %q, %v", was, err)
	}
	is, err := a.askNewPassword(context.Background(), "new password", fd)
	if err != nil || is != "new one" {
		t.Errorf("second line %q, %v", is, err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(interrupted{os.Interrupt})
	if _, err := a.askPassword(ctx, configs.Config{}, phoneUDID, "password", fd); !errors.As(err, &interrupted{}) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestAskNewPassword(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typed []string
		want  string
	}{
		"twice the same":       {[]string{"a", "a"}, "a"},
		"wrong, then right":    {[]string{"a", "b", "c", "c"}, "c"},
		"never the same":       {[]string{"a", "b", "a", "b", "a", "b"}, ""},
		"nothing":              {[]string{""}, ""},
		"the terminal is gone": {nil, ""},
	} {
		a, k, _ := asking()
		k.entries["homeport/"+phoneUDID] = "the old one"
		a.typed = types(c.typed...)
		got, err := a.askNewPassword(context.Background(), "new password", noPasswordFlags)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	a, _, _ := asking()
	if _, err := a.askNewPassword(context.Background(), "new password", noPasswordFlags); !errors.As(err, &usageError{}) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestForgetPassword(t *testing.T) {
	t.Parallel()
	a, k, _ := asking()
	if err := a.rememberPassword(phoneUDID, "p"); err != nil || len(k.entries) != 1 {
		t.Fatalf("%v, %d entries", err, len(k.entries))
	}
	if err := a.forgetPassword(phoneUDID); err != nil || len(k.entries) != 0 {
		t.Errorf("%v, %d entries", err, len(k.entries))
	}
	k.err = errNoKeychain
	if err := a.forgetPassword(phoneUDID); err != nil {
		t.Errorf("without a keychain: %v", err)
	}
	if err := a.rememberPassword(phoneUDID, "p"); !errors.Is(err, errNoKeychain) {
		t.Errorf("kept without a keychain: %v", err)
	}
}

// TestPasswordCommandSeesStdin lets the command ask: it has our standard input and
// error.
func TestPasswordCommandSeesStdin(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the command is one of a Unix shell")
	}
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, []byte("typed to the command\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	a, _, said := asking()
	a.stdin = in
	got, err := a.askPassword(context.Background(), configs.Config{PasswordCommand: "echo asking >&2; cat"}, phoneUDID, "password", noPasswordFlags)
	if err != nil || got != "typed to the command" || said.String() != "asking\n" {
		t.Errorf("%q, %v, said %q", got, err, said)
	}
}

// TestPasswordFlags holds that no flag takes a password itself.
func TestPasswordFlags(t *testing.T) {
	t.Parallel()
	var now, next passwordFlags
	cmd := &cobra.Command{Use: "x"}
	addPasswordFlags(cmd, &now)
	addNewPasswordFlags(cmd, &next)
	if err := cmd.ParseFlags(nil); err != nil || now.named() || next.named() || now.check() != nil {
		t.Errorf("without flags: %+v, %+v, %v", now, next, err)
	}
	if err := cmd.ParseFlags([]string{"--password-fd", "3", "--new-password-command", "pass new", "--no-keychain"}); err != nil {
		t.Fatal(err)
	}
	if now.fd != 3 || !now.noKeychain || next.command != "pass new" || next.fd != -1 {
		t.Errorf("%+v, %+v", now, next)
	}
}
