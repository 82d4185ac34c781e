package notices

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// startBus starts a session bus of the test's own, with a real dbus-daemon.
func startBus(t *testing.T) (address string) {
	t.Helper()
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no dbus-daemon: apt-get install dbus-daemon")
	}
	cmd := exec.Command(path, "--session", "--nofork", "--print-address=1", "--address=unix:path="+filepath.Join(t.TempDir(), "bus"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// screen is a desktop that shows notices, on a bus.
type screen struct {
	can    []string
	first  uint32 // the number of its first notice
	events chan string
}

func (s *screen) GetCapabilities() ([]string, *dbus.Error) { return s.can, nil }

func (s *screen) Notify(app string, instead uint32, icon, title, text string, actions []string, hints map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	s.events <- fmt.Sprintf("%s: %s: %s, instead of %d", app, title, text, instead)
	if instead > 0 {
		return instead, nil
	}
	s.first++
	return s.first, nil
}

func (s *screen) CloseNotification(number uint32) *dbus.Error {
	s.events <- fmt.Sprintf("close %d", number)
	return nil
}

// join shows notices on the bus until leave.
func (s *screen) join(t *testing.T, address string) (leave func()) {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Export(s, noticesPath, noticesName); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(noticesName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := conn.ReleaseName(noticesName); err != nil {
			t.Fatal(err)
		}
	}
}

// on is the desktop at one address.
func on(address string) *desktop {
	return &desktop{bus: func() string { return address }, shown: map[string]shown{}}
}

// TestDesktop shows notices over a real bus.
func TestDesktop(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		can  []string
		want string
	}{
		"plain":  {[]string{"body"}, `Enter the passcode on <b>Anna's</b> & "Ben's" iPhone.`},
		"markup": {[]string{"body", "body-markup"}, `Enter the passcode on &lt;b&gt;Anna's&lt;/b&gt; &amp; "Ben's" iPhone.`},
	} {
		address := startBus(t)
		d := on(address)
		if err := d.Show(t.Context(), Notice{Title: "T"}); !errors.Is(err, ErrNoDesktop) {
			t.Errorf("%s: a bus without a desktop: %v", name, err)
		}
		s := &screen{can: tt.can, events: make(chan string, 1)}
		s.join(t, address)
		if err := d.Show(t.Context(), Notice{Title: "Passcode wanted", Text: `Enter the passcode on <b>Anna's</b> & "Ben's" iPhone.`}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := <-s.events, "Homeport: Passcode wanted: "+tt.want+", instead of 0"; got != want {
			t.Errorf("%s: shown %q, want %q", name, got, want)
		}
	}
}

// TestDesktopTakesBack replaces and withdraws what it has shown, and nothing of a desktop
// that came after.
func TestDesktopTakesBack(t *testing.T) {
	t.Parallel()
	address := startBus(t)
	s := &screen{first: 6, events: make(chan string, 1)}
	leave := s.join(t, address)
	d := on(address)
	show := func(about, want string) {
		t.Helper()
		if err := d.Show(t.Context(), Notice{Title: "T", Text: about, About: about}); err != nil {
			t.Fatal(err)
		}
		if got := <-s.events; got != "Homeport: T: "+about+", instead of "+want {
			t.Errorf("shown %q, want instead of %s", got, want)
		}
	}
	withdraw := func(about, want string) {
		t.Helper()
		if err := d.Withdraw(t.Context(), about); err != nil {
			t.Fatal(err)
		}
		got := ""
		select {
		case got = <-s.events:
		default:
		}
		if got != want {
			t.Errorf("withdrawn: %q, want %q", got, want)
		}
	}
	show("anna", "0")
	show("ben", "0")
	show("anna", "7")
	withdraw("anna", "close 7")
	withdraw("anna", "")
	withdraw("nobody", "")
	show("anna", "0")
	leave()
	if err := d.Withdraw(t.Context(), "ben"); err != nil {
		t.Error(err)
	}
	s = &screen{first: 6, events: make(chan string, 1)}
	s.join(t, address)
	withdraw("anna", "")
	show("anna", "0")
	show("anna", "7")
}

// TestDesktopIsNotThere tries buses that are none: nothing is started, and nothing hangs.
func TestDesktopIsNotThere(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("unix", filepath.Join(t.TempDir(), "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for address, none := range map[string]bool{
		"": true, "unix:path=/nowhere/bus": true, "tcp:host=localhost,port=1": true, "unix:path=" + silent.Addr().String(): false,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := on(address).Show(ctx, Notice{Title: "T"})
		cancel()
		if err == nil || errors.Is(err, ErrNoDesktop) != none {
			t.Errorf("%q: %v", address, err)
		}
	}
}
