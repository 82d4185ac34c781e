package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/agent"
)

// TestSystemdHears listens where systemd would: each state is said once, names are
// cleaned, and progress is told coarsely.
func TestSystemdHears(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Skip(err) // such as a path that is too long for a socket
	}
	defer l.Close()
	s := &systemd{address: name, busy: map[string]string{}}
	phone := &agent.Phone{UDID: "x", Name: "Anna's\nREADY=1"}
	at := func(percent float64) agent.Event {
		return agent.Event{Kind: agent.Progress, Phone: phone, Progress: &agent.RunProgress{Percent: percent}}
	}
	s.ready()
	s.hear(agent.Event{Kind: agent.Service, Message: "no phone's"})
	for _, e := range []agent.Event{at(41), at(44), at(52), {Kind: agent.Finished, Phone: phone}, {Kind: agent.Unplugged, Phone: phone}} {
		s.hear(e)
	}
	done := s.reloading()
	done()
	s.stopping()
	var got []string
	buffer := make([]byte, 4096)
	want := []string{
		"READY=1\nSTATUS=watching for iPhones", "STATUS=backing up " + clean(phone.Name) + ", 40 %", "STATUS=backing up " + clean(phone.Name) + ", 50 %",
		"STATUS=watching for iPhones", "RELOADING=1\nSTATUS=reading the settings again", "READY=1\nSTATUS=watching for iPhones", "STOPPING=1\nSTATUS=stopping",
	}
	_ = l.SetReadDeadline(time.Now().Add(10 * time.Second))
	for range want {
		n, err := l.Read(buffer)
		if err != nil {
			t.Fatalf("%v, after %q", err, got)
		}
		got = append(got, string(buffer[:n]))
	}
	if strings.Contains(got[1], "\n") {
		t.Errorf("a phone's name speaks for Homeport: %q", got[1])
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %q, want %q", i, got[i], want[i])
		}
	}
}
