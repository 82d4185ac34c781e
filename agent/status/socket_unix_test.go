//go:build unix

package status

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/cause"
)

// strangerEnv makes the test binary a program of another user, that speaks to the socket
// of its value.
const strangerEnv = "HOMEPORT_TEST_STRANGER"

// beStranger asks for the status without looking whose socket it is, and prints what it
// gets.
func beStranger(path string) int {
	network := "unix"
	if !filepath.IsAbs(path) {
		network = "tcp"
	}
	c, err := net.Dial(network, path)
	if err != nil {
		fmt.Println("refused to connect:", err)
		return 0
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(waitMost))
	_, _ = io.WriteString(c, get("/v1/status", "homeport", "Connection: close"))
	data, err := io.ReadAll(c)
	fmt.Printf("answered %d bytes, %v: %s\n", len(data), err, data)
	return 0
}

// checkPrivate wants a file that nobody else may read.
func checkPrivate(t *testing.T, path string) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%s: %v, %v", path, info, err)
	}
}

// asNobody gives a program of user 65534 that asks for the status at a socket or an
// address, and tells how it fared. dir is a folder for it, which everybody may then enter.
func asNobody(t *testing.T, dir string) func(at string) string {
	t.Helper()
	must(t, os.Chmod(dir, 0o755))
	program := filepath.Join(dir, "stranger")
	own, err := os.Executable()
	must(t, err)
	data, err := os.ReadFile(own)
	must(t, err)
	must(t, os.WriteFile(program, data, 0o755))
	return func(at string) string {
		ctx, cancel := context.WithTimeout(t.Context(), waitMost)
		defer cancel()
		cmd := exec.CommandContext(ctx, program)
		cmd.Dir = "/"
		cmd.Env = []string{strangerEnv + "=" + at}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
}

// TestAnotherUser runs a program as nobody: with the modes as they are it cannot even
// connect, and where it can, it is not answered.
func TestAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	st := newStage(t)
	st.control(t)
	socket := filepath.Join(st.dir, socketName)
	stranger := asNobody(t, st.dir)
	if out := stranger(socket); !strings.Contains(out, "permission denied") {
		t.Errorf("with the modes as they are: %s", out)
	}
	must(t, os.Chmod(socket, 0o666)) // somebody was generous
	if out := stranger(socket); !strings.HasPrefix(out, "answered 0 bytes") {
		t.Errorf("with a socket for everybody: %s", out)
	}
	select {
	case err := <-st.faults:
		if !strings.Contains(err.Error(), "user 65534 is not user 0") {
			t.Errorf("told %v", err)
		}
	case <-time.After(waitMost):
		t.Error("nobody was told")
	}
	if n := st.acts(); n != 0 {
		t.Errorf("the agent was asked %d times", n)
	}
	if _, err := NewClient(st.dir).Status(t.Context()); err != nil {
		t.Errorf("its owner is refused: %v", err)
	}
}

// TestSocketOfAnother has a client that finds a socket which another user answers.
func TestSocketOfAnother(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	dir, err := os.MkdirTemp("", "hp")
	must(t, err)
	defer os.RemoveAll(dir)
	must(t, os.Chmod(dir, 0o777))
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c",
		"import socket,sys;s=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);s.listen();print('up',flush=True);sys.stdin.read()", filepath.Join(dir, socketName))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer func() {
		_ = in.Close()
		_ = cmd.Wait()
	}()
	_, err = out.Read(make([]byte, 3))
	must(t, err)
	if _, err := NewClient(dir).Status(t.Context()); err == nil || errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), "is not its socket") {
		t.Errorf("answered by another user: %v", err)
	}
}

func TestSocketIsItsOwnersOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shortDir(t), "state")
	l, err := Listen(dir, nil)
	must(t, err)
	for path, want := range map[string]fs.FileMode{dir: 0o700 | fs.ModeDir, filepath.Join(dir, socketName): 0o600 | fs.ModeSocket} {
		info, err := os.Lstat(path)
		must(t, err)
		if info.Mode() != want {
			t.Errorf("%s is %v", path, info.Mode())
		}
	}
	must(t, l.Close())
	if _, err := os.Lstat(filepath.Join(dir, socketName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket stays: %v", err)
	}
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("dial: %v", err)
	}
}

// TestStaleSocket has what a crashed program leaves, one that is in use, and what is none.
func TestStaleSocket(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	crashed, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socketName), Net: "unix"})
	must(t, err)
	crashed.SetUnlinkOnClose(false)
	must(t, crashed.Close())
	l, err := Listen(dir, nil)
	must(t, err)
	_, err = Listen(dir, nil)
	if id, _ := cause.Of(err); id != cause.AlreadyRunning {
		t.Errorf("a second one: %v", err)
	}
	// Another one has taken its place: closing must not take that away.
	must(t, os.Remove(filepath.Join(dir, socketName)))
	must(t, os.WriteFile(filepath.Join(dir, socketName), []byte("mine"), 0o600))
	must(t, l.Close())
	if _, err := Listen(dir, nil); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("over a file: %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, socketName)); string(data) != "mine" {
		t.Errorf("the file is gone: %v", err)
	}
}

// TestSocketComesBack takes the socket of a server away, and what was put in its place:
// it is made again, and leaves alone what is not its own.
func TestSocketComesBack(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	l, err := Listen(st.dir, st.options().Fault)
	must(t, err)
	l.(*ownListener).watch = 5 * time.Millisecond
	must(t, st.server.Serve(l))
	path := filepath.Join(st.dir, socketName)
	must(t, os.Remove(path))
	answers := func() bool {
		_, err := NewClient(st.dir).Status(t.Context())
		return err == nil
	}
	eventually(t, "it answers again", answers)
	checkPrivate(t, path)
	other := filepath.Join(st.dir, "other")
	must(t, os.WriteFile(other, []byte("mine"), 0o600))
	must(t, os.Rename(other, path))
	select {
	case err := <-st.faults:
		if !strings.Contains(err.Error(), "the control socket has gone: ") {
			t.Error(err)
		}
	case <-time.After(waitMost):
		t.Error("nothing was told")
	}
	if data, err := os.ReadFile(path); string(data) != "mine" {
		t.Errorf("the file is gone: %v", err)
	}
	must(t, os.Remove(path))
	eventually(t, "it answers once more", answers)
}

// TestLongPath has a state folder whose path is longer than a socket's may be.
func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 25))
	for range 2 { // the second time with what the first has left
		l, err := Listen(dir, nil)
		must(t, err)
		short, err := told(dir)
		must(t, err)
		if info, err := os.Stat(filepath.Dir(short)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("its folder: %v, %v", info, err)
		}
		go func() {
			if c, err := l.Accept(); err == nil {
				_ = c.Close()
			}
		}()
		c, err := Dial(t.Context(), dir)
		must(t, err)
		must(t, c.Close())
		_, err = Listen(dir, nil)
		if id, _ := cause.Of(err); id != cause.AlreadyRunning {
			t.Errorf("a second one: %v", err)
		}
		must(t, l.(*ownListener).now.Close()) // a crash
	}
	l, err := Listen(dir, nil)
	must(t, err)
	short, err := told(dir)
	must(t, err)
	must(t, l.Close())
	if _, err := os.Stat(filepath.Dir(short)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder stays: %v", err)
	}
	for _, lie := range []string{"", "relative/control.sock", "/etc/passwd", "/" + strings.Repeat("x", 200) + "/control.sock"} {
		must(t, os.WriteFile(filepath.Join(dir, elsewhereName), []byte(lie), 0o600))
		if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
			t.Errorf("%q: %v", lie, err)
		}
	}
}

// shortDir is a folder whose path leaves room for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
