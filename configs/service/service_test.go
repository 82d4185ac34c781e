package service

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hostile are paths and values that some format has a meaning for.
var hostile = []string{
	`/opt/home port/homeport`, `/opt/100%/homeport`, `/opt/%h/%n`, `/opt/$HOME/${USER}`, `/opt/a&b<c>"d'e`, `/opt/back\slash\`,
	`/opt/it's`, `/opt/ünï/日本/😀`, `/opt/;rm -rf ~`, `/opt/]]>`, `/opt/-x`, `/opt/#no`, `/opt/{{.User}}`, `/opt/ends `,
	`/opt/` + strings.Repeat("long/", 700) + `homeport`, `C:\Program Files\Homeport\homeport.exe`, `C:\ends\`, `C:\a "b" \\c\\"d\`, ``, `"`, `\`, `\\"`, `%`, `$`,
}

// TestUnfit refuses what no format can hold.
func TestUnfit(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"a\nb", "a\x00b", "a\rb", "\x1b[31m", "\xff", "\ufffe"} {
		for _, s := range []Spec{{Program: bad}, {Program: "/p", Args: []string{bad}}, {Program: "/p", Env: []Variable{{"N", bad}}}, {Program: "/p", User: bad}} {
			_, unit := Unit(s)
			_, agent := LaunchAgent(s)
			_, task := Task(s)
			_, line := CommandLine(s)
			for _, err := range []error{unit, agent, task, line} {
				if !errors.Is(err, ErrUnfit) {
					t.Errorf("%q: %v", bad, err)
				}
			}
		}
	}
}

// lint runs a checker over a text. One that is not installed is a visible skip; the
// one that make peers installs is a failure where CI runs.
func lint(t *testing.T, name string, text []byte, prog string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(prog); err != nil {
		if os.Getenv("CI") == "true" && prog == "xmllint" {
			t.Fatal(err)
		}
		t.Skipf("%s is not installed", prog)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(prog, append(args, file)...)
	cmd.Env = append(cmd.Environ(), "XDG_RUNTIME_DIR="+filepath.Dir(file))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s\n%s", prog, err, out, text)
	}
	return string(out)
}
