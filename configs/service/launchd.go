package service

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
)

// LaunchAgent writes the property list of one user's agent, or with Spec.User that
// of a daemon of the system.
func LaunchAgent(s Spec) ([]byte, error) {
	if err := s.fit(); err != nil {
		return nil, err
	}
	data := struct {
		Label, User, Errors string
		Command             []string
		Environment         []Variable
	}{Label: Label, User: xmlText(s.User), Errors: xmlText(s.Errors)}
	for _, word := range append([]string{s.Program}, s.Args...) {
		data.Command = append(data.Command, xmlText(word))
	}
	for _, v := range s.Env {
		data.Environment = append(data.Environment, Variable{xmlText(v.Name), xmlText(v.Value)})
	}
	return render(plistTemplate, data)
}

// xmlText escapes a text that fit has let through.
func xmlText(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}

// AgentState is what launchd says of an agent.
type AgentState struct {
	Running bool
	PID     int
	Exit    int // of the last process that has ended, with Exited
	Exited  bool
	Signal  string // that ended it, as launchd names it
	Runs    int
	File    string
}

// ParseAgentState reads the output of launchctl print: lines "name = value" at the
// first level of indentation; deeper ones belong to something else. Apple calls the
// form no interface, so what is not found is zero.
func ParseAgentState(text string) AgentState {
	var a AgentState
	depth := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "}" {
			depth--
			continue
		}
		name, value, found := strings.Cut(line, " = ")
		if strings.HasSuffix(line, "{") {
			depth++
			continue
		}
		if !found || depth != 1 {
			continue
		}
		number, err := strconv.Atoi(value)
		switch name {
		case "state":
			a.Running = value == "running"
		case "pid":
			a.PID = max(number, 0)
		case "path":
			a.File = value
		case "runs":
			a.Runs = max(number, 0)
		case "last exit code":
			a.Exited, a.Exit = err == nil, number // "(never exited)"
		case "last terminating signal":
			a.Signal = value
		}
	}
	return a
}
