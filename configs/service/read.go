package service

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// ParseUnit reads back what Unit wrote. Of a unit that another hand wrote it answers
// what it understands: the program is empty when there is none.
func ParseUnit(text []byte) Spec {
	var s Spec
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		switch name {
		case "ExecStart":
			if words := unitSplit(value, true); len(words) > 0 {
				if len(words) > 3 && words[0] == "/bin/sh" { // see unitCommand
					words = words[3:]
				}
				s.Program, s.Args = words[0], words[1:]
			}
		case "Environment":
			for _, word := range unitSplit(value, false) {
				if name, value, found := strings.Cut(word, "="); found {
					s.Env = append(s.Env, Variable{name, value})
				}
			}
		case "User":
			s.User = strings.ReplaceAll(value, "%%", "%")
		}
	}
	return s
}

// ParseUnitPath reads the folders that systemctl show --property=UnitPath --value prints:
// those with blanks in double quotes.
func ParseUnitPath(text string) []string { return unitSplit(strings.TrimSpace(text), false) }

// unitSplit takes a line of words in double quotes apart; in a command a dollar stands
// twice in all words but the first.
func unitSplit(line string, command bool) []string {
	var words []string
	var b strings.Builder
	quoted, begun := false, false
	flush := func() {
		if begun {
			word := strings.ReplaceAll(b.String(), "%%", "%")
			if command && len(words) > 0 {
				word = strings.ReplaceAll(word, "$$", "$")
			}
			words = append(words, word)
		}
		b.Reset()
		begun = false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted, begun = !quoted, true
		case c == '\\' && i+1 < len(line):
			i++
			b.WriteByte(line[i])
			begun = true
		case c == ' ' && !quoted:
			flush()
		default:
			b.WriteByte(c)
			begun = true
		}
	}
	flush()
	return words
}

// plistValue is a key or a value of a property list.
type plistValue struct {
	XMLName xml.Name
	Text    string       `xml:",chardata"`
	Inside  []plistValue `xml:",any"`
}

// pairs are the keys and values of a dictionary.
func (v plistValue) pairs() map[string]plistValue {
	found := map[string]plistValue{}
	for i := 0; i+1 < len(v.Inside); i += 2 {
		found[v.Inside[i].Text] = v.Inside[i+1]
	}
	return found
}

// ParseLaunchAgent reads back what LaunchAgent wrote.
func ParseLaunchAgent(text []byte) (Spec, error) {
	var list struct {
		Dict plistValue `xml:"dict"`
	}
	if err := xml.Unmarshal(text, &list); err != nil {
		return Spec{}, fmt.Errorf("read property list: %w", err)
	}
	top := list.Dict.pairs()
	s := Spec{User: top["UserName"].Text, Errors: top["StandardErrorPath"].Text}
	for i, word := range top["ProgramArguments"].Inside {
		if i == 0 {
			s.Program = word.Text
		} else {
			s.Args = append(s.Args, word.Text)
		}
	}
	variables := top["EnvironmentVariables"].Inside
	for i := 0; i+1 < len(variables); i += 2 {
		s.Env = append(s.Env, Variable{variables[i].Text, variables[i+1].Text})
	}
	return s, nil
}
