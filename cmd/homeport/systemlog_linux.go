package main

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"homeport/agent"
)

// journalSocket is where journald listens.
const journalSocket = "/run/systemd/journal/socket"

// systemLog speaks to the journal, when what is printed goes there: then it says
// everything, and what the terminal would show is not said too. It is nil otherwise.
func (a *app) systemLog() (tell func(agent.Event), instead bool) {
	out := file(a.stdout)
	if out == nil || !isStream(os.Getenv("JOURNAL_STREAM"), out) {
		return nil, false
	}
	return a.journal(journalSocket)
}

// isStream reports whether f is the journal's stream, which systemd names as DEVICE:INODE.
func isStream(stream string, f *os.File) bool {
	var st unix.Stat_t
	if stream == "" || unix.Fstat(int(f.Fd()), &st) != nil {
		return false
	}
	return stream == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

// journal speaks to the socket of a journal. What it does not take is lost to it; the log
// file has it.
func (a *app) journal(path string) (func(agent.Event), bool) {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, false
	}
	a.closers = append(a.closers, func() { _ = conn.Close() })
	return func(e agent.Event) {
		if e.Kind != agent.Progress {
			_, _ = conn.Write(journalEntry(e))
		}
	}, true
}
