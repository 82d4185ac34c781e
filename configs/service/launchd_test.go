package service

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// plistStrings are the texts of all strings in a property list, in order.
func plistStrings(t *testing.T, text []byte) []string {
	t.Helper()
	var list []string
	in := false
	d := xml.NewDecoder(strings.NewReader(string(text)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if in = token.Name.Local == "string"; in {
				list = append(list, "")
			}
		case xml.EndElement:
			in = false
		case xml.CharData:
			if in {
				list[len(list)-1] += string(token)
			}
		}
	}
}

// TestLaunchAgent reads every hostile text back out of the property list.
func TestLaunchAgent(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		if text == "" {
			continue
		}
		list, err := LaunchAgent(Spec{Program: text, Args: []string{text, "service", "run"}, Env: []Variable{{"A", text}}, Errors: text, User: "anna"})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{Label, text, text, "service", "run", text, "anna", "Standard", "/dev/null", text}
		if got := plistStrings(t, list); !slices.Equal(got, want) {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

// TestLaunchAgentIsValid has a linter read it: a document type, well-formed, and every
// key with its value.
func TestLaunchAgentIsValid(t *testing.T) {
	t.Parallel()
	list, err := LaunchAgent(Spec{Program: `/opt/a & b/<homeport>`, Args: []string{"service", "run"}, Env: []Variable{{"A", "b"}}, Errors: "/e"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(list), `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">`) {
		t.Error("it has no document type")
	}
	lint(t, "homeport.plist", list, "xmllint", "--noout", "--nonet", "--dtdvalid", "testdata/plist.dtd")
}

func TestParseAgentState(t *testing.T) {
	t.Parallel()
	const running = `gui/501/homeport.agent = {
	active count = 1
	path = /Users/anna/Library/LaunchAgents/homeport.agent.plist
	type = LaunchAgent
	state = running

	program = /usr/local/bin/homeport
	arguments = {
		/usr/local/bin/homeport
		state = waiting
	}
	environment = {
		pid => 4
	}
	endpoints = {
		"x" = {
			state = off
			pid = 9
		}
	}
	runs = 3
	pid = 812
	last exit code = 1
}
`
	for _, c := range []struct {
		text string
		want AgentState
	}{
		{"", AgentState{}},
		{running, AgentState{Running: true, PID: 812, Exited: true, Exit: 1, Runs: 3, File: "/Users/anna/Library/LaunchAgents/homeport.agent.plist"}},
		{"x = {\n\tstate = not running\n\truns = 1\n\tlast exit code = (never exited)\n}", AgentState{Runs: 1}},
		{"x = {\n\tstate = spawn scheduled\n\tlast terminating signal = Killed: 9\n\tpid = -1\n}", AgentState{Signal: "Killed: 9"}},
		{"}}}\npid = 4\n", AgentState{}},
	} {
		if got := ParseAgentState(c.text); got != c.want {
			t.Errorf("%q:\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}
