package service

import (
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Task writes a task of Windows' Task Scheduler for Spec.User ("COMPUTER\anna"): it
// begins when that user logs on and is looked after every five minutes, since the
// scheduler takes a program that ended with an error for one that is done. The bytes
// are UTF-16 with a mark, as schtasks /Create /XML wants them. A task has no
// environment of its own: Spec.Env must be empty.
func Task(s Spec) ([]byte, error) {
	if err := s.fit(); err != nil {
		return nil, err
	}
	if s.User == "" || len(s.Env) > 0 {
		return nil, fmt.Errorf("a task needs a user and has no environment: %w", ErrUnfit)
	}
	arguments := windowsWords(s.Args)
	for _, text := range []string{s.Program, arguments} {
		// The scheduler fills in variables, and knows no way to write their signs.
		if strings.Count(text, "%") > 1 || strings.Contains(text, "$(") {
			return nil, fmt.Errorf("%q has signs that the Task Scheduler takes for variables: %w", text, ErrUnfit)
		}
	}
	text, err := render(taskTemplate, struct{ User, Program, Arguments string }{xmlText(s.User), xmlText(s.Program), xmlText(arguments)})
	if err != nil {
		return nil, err
	}
	return utf16Bytes(strings.ReplaceAll(string(text), "\n", "\r\n")), nil
}

func utf16Bytes(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(s)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

// CommandLine writes program and arguments in one line that Windows' own rules take
// apart again, for the Run key and the service manager.
func CommandLine(s Spec) (string, error) {
	if err := s.fit(); err != nil {
		return "", err
	}
	return windowsWords(append([]string{s.Program}, s.Args...)), nil
}

// windowsWords joins words as CommandLineToArgvW and the C run-time take them apart:
// quotes around what has blanks, and backslashes doubled before a quote.
func windowsWords(words []string) string {
	var out []string
	for _, word := range words {
		if word != "" && !strings.ContainsAny(word, " \t\"") {
			out = append(out, word)
			continue
		}
		var b strings.Builder
		b.WriteByte('"')
		slashes := 0
		for _, r := range word {
			switch r {
			case '\\':
				slashes++
				continue
			case '"':
				b.WriteString(strings.Repeat(`\`, 2*slashes+1))
			default:
				b.WriteString(strings.Repeat(`\`, slashes))
			}
			slashes = 0
			b.WriteRune(r)
		}
		b.WriteString(strings.Repeat(`\`, 2*slashes) + `"`)
		out = append(out, b.String())
	}
	return strings.Join(out, " ")
}

// TaskState is what the Task Scheduler says of a task.
type TaskState struct {
	Program, Arguments string // what it starts
	Enabled            bool
}

// ParseTask reads what schtasks /Query /XML prints, which is the same in every
// language of Windows.
func ParseTask(data []byte) (TaskState, error) {
	var task struct {
		Enabled *bool  `xml:"Settings>Enabled"`
		Command string `xml:"Actions>Exec>Command"`
		Args    string `xml:"Actions>Exec>Arguments"`
	}
	d := xml.NewDecoder(strings.NewReader(taskString(data)))
	// It says "UTF-16" whatever a console makes of it.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := d.Decode(&task); err != nil {
		return TaskState{}, fmt.Errorf("read task: %w", err)
	}
	return TaskState{strings.TrimSpace(task.Command), strings.TrimSpace(task.Args), task.Enabled == nil || *task.Enabled}, nil
}

// taskString makes a string of UTF-16 with a mark, and of anything else as it is.
func taskString(data []byte) string {
	if len(data) < 2 || data[0] != 0xff || data[1] != 0xfe {
		return string(data)
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i])|uint16(data[i+1])<<8)
	}
	return string(utf16.Decode(units))
}

// lastResult is the column of schtasks /Query /V /FO CSV with the last exit code. The
// names of the columns are translated, their order is not.
const lastResult = 6

// neverRan is SCHED_S_TASK_HAS_NOT_RUN, and stillRuns SCHED_S_TASK_RUNNING.
const (
	stillRuns = 0x41301
	neverRan  = 0x41303
)

// ParseTaskResult reads the last exit code from schtasks /Query /V /FO CSV /NH; false
// when the task never ended.
func ParseTaskResult(text string) (int, bool) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	row, err := r.Read()
	if err != nil || len(row) <= lastResult {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(row[lastResult]), 0, 64)
	if err != nil || n == stillRuns || n == neverRan {
		return 0, false
	}
	return int(n), true
}
