package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestUnitCommand reads command lines back by the rules of systemd.syntax(7), with an
// environment in which every variable has a value.
func TestUnitCommand(t *testing.T) {
	t.Parallel()
	for _, a := range hostile {
		for _, b := range hostile {
			if a == "" || unreadable(a) || unreadable(b) {
				continue
			}
			s := Spec{Program: a, Args: []string{"--state", b, "run"}}
			got, err := unitWords(unitCommand(s))
			want := append([]string{a}, s.Args...)
			if strings.ContainsAny(a, `"'\`) {
				want = append([]string{"/bin/sh", "-c", `exec "$0" "$@"`}, want...)
			}
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s\n got %q\nwant %q (%v)", unitCommand(s), got, want, err)
			}
		}
	}
}

// unreadable are the texts that fit refuses.
func unreadable(s string) bool { return errors.Is(Spec{Program: s}.fit(), ErrUnfit) && s != "" }

// unitWords is a reading of ExecStart apart from the writing of it: words in double
// quotes, C escapes, "%%", and in all but the first word "$$"; any other use of "%"
// and "$" would be filled in.
func unitWords(line string) ([]string, error) {
	var words []string
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		quoted := line[0] == '"'
		if !quoted {
			word, rest, _ := strings.Cut(line, " ")
			words, line = append(words, word), rest
			continue
		}
		var b strings.Builder
		rest := line[1:]
		for {
			if rest == "" {
				return nil, fmt.Errorf("quote without an end in %q", line)
			}
			c := rest[0]
			pair := len(rest) > 1 && rest[1] == c
			switch {
			case c == '"':
			case c == '\\' && len(rest) > 1 && (rest[1] == '\\' || rest[1] == '"'):
				b.WriteByte(rest[1])
				rest = rest[2:]
				continue
			case c == '%' && pair, c == '$' && pair && len(words) > 0:
				b.WriteByte(c)
				rest = rest[2:]
				continue
			case c == '\\', c == '%', c == '$' && len(words) > 0:
				return nil, fmt.Errorf("%q has a meaning at %q", line, rest)
			default:
				b.WriteByte(c)
				rest = rest[1:]
				continue
			}
			rest = rest[1:]
			break
		}
		if rest != "" && rest[0] != ' ' {
			return nil, fmt.Errorf("%q goes on after a quote", line)
		}
		words, line = append(words, b.String()), rest
	}
	return words, nil
}

// TestUnitVerify has systemd itself read units, of an account and of the system, with
// programs that are really there.
func TestUnitVerify(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"", "root"} {
		for _, name := range []string{"homeport", "home port", "100% sure", "$HOME", "it's \"mine\"", `back\slash`, "ünï"} {
			program := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			unit, err := Unit(Spec{Program: program, Args: []string{"--state", program, "service", "run"}, User: user, Env: []Variable{{"A", program}}})
			if err != nil {
				t.Fatal(err)
			}
			scope := "--user"
			if user != "" {
				scope = "--system"
			}
			if said := lint(t, UnitName, unit, "systemd-analyze", "verify", "--man=no", scope); strings.Contains(said, UnitName) {
				t.Errorf("%s: %s\n%s", name, said, unit)
			}
		}
	}
}

// TestUnitSecurity prints how systemd rates the units, and holds that they got no
// worse. An account's unit is rated as if it ran as root with all of root's rights; what
// it lacks besides needs a mount sandbox.
func TestUnitSecurity(t *testing.T) {
	t.Parallel()
	if os.Getenv("HOMEPORT_TEST_SECURITY") == "" {
		t.Skip("HOMEPORT_TEST_SECURITY is not set; make systemd")
	}
	for user, worst := range map[string]string{"": "6.4", "anna": "2.5"} {
		unit, err := Unit(Spec{Program: "/bin/true", Args: []string{"service", "run"}, User: user})
		if err != nil {
			t.Fatal(err)
		}
		said := lint(t, UnitName, unit, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold="+strings.ReplaceAll(worst, ".", ""))
		lines := strings.Split(strings.TrimSpace(said), "\n")
		t.Logf("user %q: %s", user, lines[len(lines)-1])
	}
}

// TestUnitSteps uses what only a newer systemd knows only there.
func TestUnitSteps(t *testing.T) {
	t.Parallel()
	for _, steps := range []bool{false, true} {
		unit, err := Unit(Spec{Program: "/p", Steps: steps})
		if err != nil || strings.Contains(string(unit), "RestartSteps=") != steps {
			t.Errorf("steps %v: %v\n%s", steps, err, unit)
		}
	}
	for text, want := range map[string]int{"systemd 252 (252.39-1~deb12u2)\n+PAM": 252, "systemd 257.9": 257, "systemd 256~rc3 (x)": 256} {
		if n, err := ParseSystemdVersion(text); n != want || err != nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	for _, bad := range []string{"", "systemd", "launchd 3", "systemd x"} {
		if _, err := ParseSystemdVersion(bad); err == nil {
			t.Errorf("%q is a version", bad)
		}
	}
}

func TestParseUnitState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want UnitState
	}{
		{"", UnitState{}},
		{"LoadState=not-found\nActiveState=inactive\nMainPID=0\nExecMainCode=0\n", UnitState{Active: "inactive"}},
		{"LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nStatusText=watching = waiting\nResult=success\nMainPID=77\nNRestarts=2\nFragmentPath=/a b/homeport.service\nNeedDaemonReload=yes",
			UnitState{Loaded: true, Enabled: true, Active: "active", Status: "watching = waiting", Result: "success", PID: 77, Restarts: 2, File: "/a b/homeport.service", Stale: true}},
		{"LoadState=loaded\nUnitFileState=disabled\nActiveState=failed\nResult=exit-code\nMainPID=0\nExecMainCode=1\nExecMainStatus=2", UnitState{Loaded: true, Active: "failed", Result: "exit-code", Exited: true, Exit: 2}},
		{"ExecMainCode=2\nExecMainStatus=9\nMainPID=-3\nNRestarts=x", UnitState{Exited: true, Signal: 9}},
	} {
		if got := ParseUnitState(c.text); got != c.want {
			t.Errorf("%q:\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}
