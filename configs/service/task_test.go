package service

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// windowsSplit takes a command line apart as Microsoft's page "Parsing C command-line
// arguments" says, apart from the writing of one.
func windowsSplit(line string) []string {
	var words []string
	var b strings.Builder
	quoted, begun := false, false
	for i := 0; i < len(line); {
		slashes := 0
		for i < len(line) && line[i] == '\\' {
			slashes++
			i++
		}
		if slashes > 0 {
			begun = true
		}
		if i < len(line) && line[i] == '"' {
			b.WriteString(strings.Repeat(`\`, slashes/2))
			if slashes%2 == 1 {
				b.WriteByte('"')
			} else {
				quoted = !quoted
			}
			begun = true
			i++
			continue
		}
		b.WriteString(strings.Repeat(`\`, slashes))
		if i == len(line) {
			break
		}
		if (line[i] == ' ' || line[i] == '\t') && !quoted {
			if begun {
				words = append(words, b.String())
			}
			b.Reset()
			begun = false
			i++
			continue
		}
		b.WriteByte(line[i])
		begun = true
		i++
	}
	if begun {
		words = append(words, b.String())
	}
	return words
}

// TestWindowsWords reads every pair of hostile words back.
func TestWindowsWords(t *testing.T) {
	t.Parallel()
	for _, a := range hostile {
		for _, b := range hostile {
			want := []string{"p", a, b, "run"}
			if got := windowsSplit(windowsWords(want)); !slices.Equal(got, want) {
				t.Fatalf("%s\n got %q\nwant %q", windowsWords(want), got, want)
			}
		}
	}
}

// TestTask writes hostile texts into a task and reads them back; what the scheduler
// would take for variables is refused.
func TestTask(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		s := Spec{Program: "C:" + text, Args: []string{"--state", text, "service", "run"}, User: `PC\anna & "co"`}
		task, err := Task(s)
		if variables := strings.Count(text, "%") > 1 || strings.Contains(text, "$("); variables || err != nil {
			if variables != errors.Is(err, ErrUnfit) {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		got, err := ParseTask(task)
		if err != nil || got.Program != strings.TrimSpace(s.Program) || !slices.Equal(windowsSplit(got.Arguments), s.Args) || !got.Enabled {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	if _, err := Task(Spec{Program: "p", User: "u", Env: []Variable{{"A", "b"}}}); !errors.Is(err, ErrUnfit) {
		t.Errorf("an environment: %v", err)
	}
}

// TestTaskIsValid has a linter read it, as UTF-16, and holds it against the order that
// the scheduler's schema wants and the bounds of its values.
func TestTaskIsValid(t *testing.T) {
	t.Parallel()
	task, err := Task(Spec{Program: `C:\a & b\homeport.exe`, Args: []string{"service", "run"}, User: `PC\anna`})
	if err != nil {
		t.Fatal(err)
	}
	text := taskString(task)
	if task[0] != 0xff || task[1] != 0xfe || !strings.Contains(text, `encoding="UTF-16"`) {
		t.Error("it is not UTF-16 as it says")
	}
	at := 0
	for _, want := range []string{
		"<RegistrationInfo>", "<Triggers>", "<LogonTrigger>", "<Enabled>", "<Repetition>", "<Interval>PT5M<", "<StopAtDurationEnd>", "<UserId>", "<Principals>", "<Settings>", "<Actions ", "<Exec>", "<Command>", "<Arguments>",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%s is not where the schema wants it", want)
		}
		at += i
	}
	for _, want := range []string{"<MultipleInstancesPolicy>IgnoreNew<", "<ExecutionTimeLimit>PT0S<", "<DisallowStartIfOnBatteries>false<", "<StopIfGoingOnBatteries>false<", "<RunLevel>LeastPrivilege<", "<Count>255<", "<Hidden>true<", "<LogonType>InteractiveToken<"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	lint(t, "homeport.xml", task, "xmllint", "--noout", "--nonet")
}

func TestParseTaskResult(t *testing.T) {
	t.Parallel()
	const row = `"PC","\Homeport","N/A","Ready","Interactive only","11/25/2026 7:00:00 PM",%,"Homeport","C:\h.exe run"`
	for value, want := range map[string]int{`"0"`: 0, `"2"`: 2, `"-1073741510"`: -1073741510, `"0x2"`: 2} {
		if n, ok := ParseTaskResult(strings.ReplaceAll(row, "%", value)); !ok || n != want {
			t.Errorf("%s: %d, %v", value, n, ok)
		}
	}
	for _, text := range []string{"", "x", `"a","b`, strings.ReplaceAll(row, "%", `"267011"`), strings.ReplaceAll(row, "%", `"267009"`), strings.ReplaceAll(row, "%", `"x"`)} {
		if n, ok := ParseTaskResult(text); ok {
			t.Errorf("%q: %d", text, n)
		}
	}
	if _, err := ParseTask([]byte("<Task><")); err == nil {
		t.Error("half a task was read")
	}
}
