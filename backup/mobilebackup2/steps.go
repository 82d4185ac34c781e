package mobilebackup2

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode"

	"homeport/cause"
)

// maxSteps is how many steps of the conversation are remembered.
const maxSteps = 50

// step is one message, without what it carried.
type step struct {
	at   time.Time
	ours bool
	name string
	note string // of a status or a Response: its code
}

// steps are the last messages of a conversation, for an error that nobody knows. They
// name no file and hold no value of the phone's but its numbers.
type steps struct {
	begun time.Time
	ring  [maxSteps]step
	n     int
}

func (s *steps) add(ours bool, name, note string) {
	now := time.Now()
	if s.n == 0 {
		s.begun = now
	}
	s.ring[s.n%maxSteps] = step{now, ours, name, note}
	s.n++
}

// list words the steps, the oldest first: "+12.3s < DLMessageUploadFiles".
func (s *steps) list() []string {
	var list []string
	for i := max(0, s.n-maxSteps); i < s.n; i++ {
		st := s.ring[i%maxSteps]
		arrow := "<"
		if st.ours {
			arrow = ">"
		}
		list = append(list, strings.TrimSpace(fmt.Sprintf("+%.1fs %s %s %s", st.at.Sub(s.begun).Seconds(), arrow, printable(st.name), st.note)))
	}
	return list
}

// printable is a name of the phone's as it can be shown.
func printable(name string) string {
	const most = 40
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, name[:min(len(name), most)])
}

// heard notes a message of the phone's.
func (l *link) heard(m message) {
	note := ""
	if r, ok := m.response(); ok {
		note = "Response"
		if r.hasCode {
			note = fmt.Sprintf("Response %d", r.code)
		}
	}
	l.steps.add(false, m.name, note)
}

// said notes a message of ours.
func (l *link) said(msg []any) {
	name, _ := msg[0].(string)
	note := ""
	if code, ok := asInt(msg[min(1, len(msg)-1)]); ok {
		note = strconv.FormatInt(code, 10)
	}
	l.steps.add(true, name, note)
}

// withSteps adds the last steps to an error that says no more than that something was
// not understood.
func (l *link) withSteps(err error) error {
	if err == nil {
		return nil
	}
	e := cause.From(err)
	if e.ID != cause.Unknown && e.ID != cause.ProtocolError || e.Evidence["steps"] != nil {
		return err
	}
	ev := cause.Evidence{"layer": "mobilebackup2", "steps": l.steps.list()}
	maps.Copy(ev, e.Evidence)
	return cause.New(e.ID, ev, err)
}
