package notices

import (
	"bufio"
	"context"
	"errors"
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
	can   []string
	shown chan []string
}

func (s *screen) GetCapabilities() ([]string, *dbus.Error) { return s.can, nil }

func (s *screen) Notify(app string, _ uint32, icon, title, text string, actions []string, hints map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	s.shown <- []string{app, title, text, hints["category"].String()}
	return 1, nil
}

func (s *screen) join(t *testing.T, address string) {
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
}

// TestDesktop shows notices over a real bus.
func TestDesktop(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		can  []string
		want string
	}{
		"plain":  {[]string{"body"}, `Enter the passcode on <b>Anna's</b> & "Ben's" iPhone.`},
		"markup": {[]string{"body", "body-markup"}, "Enter the passcode on &lt;b&gt;Anna&#39;s&lt;/b&gt; &amp; &#34;Ben&#39;s&#34; iPhone."},
	} {
		address := startBus(t)
		if err := (desktop{address}).Show(t.Context(), Notice{Title: "T"}); !errors.Is(err, ErrNoDesktop) {
			t.Errorf("%s: a bus without a desktop: %v", name, err)
		}
		s := &screen{can: tt.can, shown: make(chan []string, 1)}
		s.join(t, address)
		if err := (desktop{address}).Show(t.Context(), Notice{Title: "Passcode wanted", Text: `Enter the passcode on <b>Anna's</b> & "Ben's" iPhone.`}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := <-s.shown; got[0] != "Homeport" || got[1] != "Passcode wanted" || got[2] != tt.want {
			t.Errorf("%s: shown %q", name, got)
		}
	}
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
		err := desktop{address}.Show(ctx, Notice{Title: "T"})
		cancel()
		if err == nil || errors.Is(err, ErrNoDesktop) != none {
			t.Errorf("%q: %v", address, err)
		}
	}
}
