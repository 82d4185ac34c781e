package main

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"homeport/agent"
)

// notifyVariable names the socket on which systemd hears how a service is, as
// sd_notify(3) describes it.
const notifyVariable = "NOTIFY_SOCKET"

// idleActivity is what a Homeport says of itself that has nothing under way.
const idleActivity = "watching for iPhones"

// systemd tells the service manager how Homeport is. Where there is none that listens
// it does nothing, and nothing depends on whether a message arrives. There is no
// watchdog: what could hang here are phones and drives, each of which has a deadline
// of its own, and a beat that no phone needs would wake the computer for nothing.
type systemd struct {
	address string

	mu     sync.Mutex
	status string // the last one that was told
	busy   map[string]string
}

// newSystemd takes the address out of the environment, so that no program that
// Homeport starts speaks for it.
func newSystemd() *systemd {
	s := &systemd{address: os.Getenv(notifyVariable), busy: map[string]string{}}
	_ = os.Unsetenv(notifyVariable)
	return s
}

func (s *systemd) send(lines ...string) {
	if s.address == "" {
		return
	}
	// The name of an abstract socket begins with "@" here too.
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.address, Net: "unixgram"})
	if err != nil {
		return
	}
	_, _ = c.Write([]byte(strings.Join(lines, "\n")))
	_ = c.Close()
}

// ready says that the start, or a reload, is done.
func (s *systemd) ready() { s.send("READY=1", "STATUS="+s.text()) }

// reloading says that a reload has begun; what it answers says that it is over.
func (s *systemd) reloading() (done func()) {
	s.send("RELOADING=1", "STATUS=reading the settings again")
	return s.ready
}

// stopping says that the end has begun.
func (s *systemd) stopping() { s.send("STOPPING=1", "STATUS=stopping") }

// waits says what the start waits for.
func (s *systemd) waits(what string) { s.send("READY=1", "STATUS="+clean(what)) }

// hear makes of events what "systemctl status" shows, and says it when that changed.
func (s *systemd) hear(e agent.Event) {
	if e.Phone == nil {
		return
	}
	s.mu.Lock()
	switch label := e.Phone.Label(); e.Kind {
	case agent.Progress:
		s.busy[e.Phone.UDID] = fmt.Sprintf("backing up %s, %d %%", label, tens(e.Progress))
	case agent.Waiting:
		s.busy[e.Phone.UDID] = label + " waits: " + e.Message
	case agent.Finished, agent.Failed, agent.Skipped, agent.Unplugged:
		delete(s.busy, e.Phone.UDID)
	}
	s.mu.Unlock()
	if text := s.text(); text != s.told(text) {
		s.send("STATUS=" + text)
	}
}

// tens is how far a run is, coarse enough not to be told all the time.
func tens(p *agent.RunProgress) int {
	if p == nil {
		return 0
	}
	return int(p.Percent) / 10 * 10
}

// text is one line about all phones.
func (s *systemd) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.busy) == 0 {
		return idleActivity
	}
	var all []string
	for _, text := range s.busy {
		all = append(all, clip(clean(text), 120))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// told remembers a status and answers the one before it.
func (s *systemd) told(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.status
	s.status = text
	return before
}
