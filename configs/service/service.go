// Package service owns the texts by which each system is told to start Homeport by
// itself, and the reading of what those systems answer: a systemd unit, a launchd
// property list, a task of Windows' Task Scheduler and a command line for its Run
// key. The templates stand beside this file.
//
// Paths come from wherever a person keeps the program: each format quotes what it
// can, and what it cannot hold is an error that matches ErrUnfit. Nothing here runs a
// program or touches a file.
package service

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// The names by which the systems know Homeport.
const (
	UnitName = "homeport.service" // systemd
	Label    = "homeport.agent"   // launchd
	TaskName = "Homeport"         // Windows: the task, the value of the Run key, the service
)

// ErrUnfit is the error of a path or a value that a format has no way to write.
var ErrUnfit = errors.New("a service cannot be told this")

// Spec says what a system is to start.
type Spec struct {
	Program string   // absolute path
	Args    []string // what follows it
	Env     []Variable
	User    string // whose it is: needed for a task and for what the whole system starts, else empty
	Errors  string // launchd: the file for what is said before there is a log
	Steps   bool   // systemd is 254 or later: it can wait longer from try to try
}

// Variable is one of the environment.
type Variable struct{ Name, Value string }

//go:embed homeport.service
var unitText string

//go:embed homeport.plist
var plistText string

//go:embed homeport.xml
var taskText string

// The templates. A text that does not parse ends the program at its start, and the
// first test.
var (
	unitTemplate  = template.Must(template.New(UnitName).Parse(unitText))
	plistTemplate = template.Must(template.New(Label).Parse(plistText))
	taskTemplate  = template.Must(template.New(TaskName).Parse(taskText))
)

func render(t *template.Template, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("write %s: %w", t.Name(), err)
	}
	return b.Bytes(), nil
}

// fit refuses what no format can hold: control characters, line breaks among them,
// and what is no text.
func (s Spec) fit() error {
	texts := append([]string{s.Program, s.User, s.Errors}, s.Args...)
	for _, v := range s.Env {
		texts = append(texts, v.Name, v.Value)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unwritable) {
			return fmt.Errorf("%q has characters that cannot be written: %w", text, ErrUnfit)
		}
	}
	if s.Program == "" {
		return fmt.Errorf("no program: %w", ErrUnfit)
	}
	return nil
}

// unwritable knows what XML 1.0 has no place for, and other control characters.
func unwritable(r rune) bool {
	return unicode.IsControl(r) || r == '\ufffe' || r == '\uffff' || r == utf8.RuneError
}
