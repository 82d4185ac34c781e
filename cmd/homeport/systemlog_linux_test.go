package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"homeport/agent"
	"homeport/cause"
)

// TestJournal sends events to a socket that is the journal's, and reads the fields.
func TestJournal(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	a := &app{}
	defer a.close()
	tell, instead := a.journal(path)
	if tell == nil || !instead {
		t.Fatal("nobody speaks to it")
	}
	phone := &agent.Phone{UDID: "00008120-000A1B2C3D4E5F60", Name: "Anna's\n\x1b[31miPhone\nPRIORITY=0"}
	tell(agent.Event{Kind: agent.Progress, Phone: phone, Progress: &agent.RunProgress{}})
	tell(agent.Event{Kind: agent.Failed, Time: time.Now(), Phone: phone, Cause: cause.HostDiskFull, Error: &agent.Failure{Cause: cause.HostDiskFull, Message: "the disk\nis full", Remedy: []string{"Free 5 GB."}}})
	buf := make([]byte, 64<<10)
	_ = socket.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := socket.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	got := string(buf[:n])
	for _, want := range []string{
		"MESSAGE=Anna's [31miPhone PRIORITY=0 not backed up the disk is full; hint: free 5 GB; homeport explain host-disk-full\n",
		"\nPRIORITY=3\n", "\nHOMEPORT_CAUSE=host-disk-full\n", "\nHOMEPORT_UDID=00008120-000A1B2C3D4E5F60\n", "\nHOMEPORT_EVENT=failed\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if bytes.Count(buf[:n], []byte("\nPRIORITY=")) != 1 {
		t.Errorf("%q", got)
	}
	_ = socket.Close()
	tell(agent.Event{Kind: agent.Unplugged, Phone: phone}) // nobody listens, and nothing happens
}

// TestIsStream knows the journal's stream by what systemd says of it.
func TestIsStream(t *testing.T) {
	t.Parallel()
	var st unix.Stat_t
	if err := unix.Fstat(int(os.Stderr.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	if !isStream(fmt.Sprintf("%d:%d", st.Dev, st.Ino), os.Stderr) || isStream("1:2", os.Stderr) || isStream("", os.Stderr) || isStream("x", os.Stderr) {
		t.Error("the stream is not known")
	}
}
