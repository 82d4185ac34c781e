package service

import (
	"fmt"
	"strconv"
	"strings"
)

// Unit writes the systemd unit of one user, or with Spec.User that of the system.
func Unit(s Spec) ([]byte, error) {
	if err := s.fit(); err != nil {
		return nil, err
	}
	data := struct {
		Edit, Command, User, WantedBy string
		Environment                   []string
		Steps                         bool
	}{"systemctl --user edit homeport", unitCommand(s), unitUser(s.User), "default.target", nil, s.Steps}
	if s.User != "" {
		data.Edit, data.WantedBy = "systemctl edit homeport", "multi-user.target"
	}
	for _, v := range s.Env {
		data.Environment = append(data.Environment, unitQuote(v.Name+"="+v.Value))
	}
	return render(unitTemplate, data)
}

// unitCommand writes a command line as systemd.service(5) and systemd.syntax(7) read
// it: words in double quotes with C escapes, "%%" for a percent sign, "$$" for a
// dollar in all words but the program's. A program whose path has quotes or
// backslashes is refused there, and started through a shell.
func unitCommand(s Spec) string {
	words := []string{unitQuote(s.Program)}
	if strings.ContainsAny(s.Program, `"'\`) {
		words = []string{"/bin/sh", "-c", unitQuote(`exec "$$0" "$$@"`), dollars(unitQuote(s.Program))}
	}
	for _, arg := range s.Args {
		words = append(words, dollars(unitQuote(arg)))
	}
	return strings.Join(words, " ")
}

func unitQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`).Replace(s) + `"`
}

func dollars(s string) string { return strings.ReplaceAll(s, "$", "$$") }

func unitUser(name string) string { return strings.ReplaceAll(name, "%", "%%") }

// UnitState is what systemd says of the unit.
type UnitState struct {
	Loaded   bool   // there is such a unit
	Enabled  bool   // it starts by itself
	Active   string // "active", "inactive", "failed", "activating", "deactivating", "reloading"
	Status   string // what the program last said of itself
	Result   string // "success", or why it ended: "exit-code", "signal", "timeout"
	PID      int
	Exit     int // of the last process that has ended, with Exited
	Exited   bool
	Signal   int // that ended it, instead of Exit
	Restarts int
	File     string
	Stale    bool // the file was changed after systemd read it
}

// UnitProperties are what ParseUnitState reads, as an argument of systemctl show.
const UnitProperties = "--property=LoadState,UnitFileState,ActiveState,StatusText,Result,MainPID,ExecMainPID,ExecMainCode,ExecMainStatus,NRestarts,FragmentPath,NeedDaemonReload"

// The values of ExecMainCode, from waitid(2).
const (
	codeExited = 1
	codeKilled = 2
	codeDumped = 3
)

// ParseUnitState reads the output of systemctl show. What it does not say is zero.
func ParseUnitState(text string) UnitState {
	var u UnitState
	var code, status int
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		number, _ := strconv.Atoi(value)
		switch name {
		case "LoadState":
			u.Loaded = value == "loaded"
		case "UnitFileState":
			u.Enabled = value == "enabled" || value == "enabled-runtime"
		case "ActiveState":
			u.Active = value
		case "StatusText":
			u.Status = value
		case "Result":
			u.Result = value
		case "MainPID":
			u.PID = max(number, 0)
		case "ExecMainCode":
			code = number
		case "ExecMainStatus":
			status = number
		case "NRestarts":
			u.Restarts = max(number, 0)
		case "FragmentPath":
			u.File = value
		case "NeedDaemonReload":
			u.Stale = value == "yes"
		}
	}
	switch code {
	case codeExited:
		u.Exited, u.Exit = true, status
	case codeKilled, codeDumped:
		u.Exited, u.Signal = true, status
	}
	return u
}

// ParseSystemdVersion reads the number in the first line of systemctl --version,
// "systemd 252 (252.39-1~deb12u1)".
func ParseSystemdVersion(text string) (int, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 || fields[0] != "systemd" {
		return 0, fmt.Errorf("read version of systemd: %.80q", text)
	}
	digits, _, _ := strings.Cut(fields[1], "~")
	digits, _, _ = strings.Cut(digits, ".")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0, fmt.Errorf("read version of systemd: %w", err)
	}
	return n, nil
}
