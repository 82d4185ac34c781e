//go:build !windows

package idevicebackup2

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// output gathers what a program prints. It is read after the program's end.
type output struct{ bytes.Buffer }

// TestBareRun looks at what a program of ours finds around it.
func TestBareRun(t *testing.T) {
	t.Setenv("BACKUP_PASSWORD", "canary-secret")
	t.Setenv("LD_PRELOAD", "")
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	path := script(t, `env; echo "args: $@"; test -t 1 && echo terminal; cat; echo end`)
	var out output
	c, err := start(path, []string{"-u", "x"}, bareEnvironment("USBMUXD_SOCKET_ADDRESS=127.0.0.1:1"), t.TempDir(), nil, &out)
	if err != nil {
		t.Fatal(err)
	}
	<-c.done
	text := out.String()
	for _, want := range []string{"LC_ALL=C\n", "TERM=dumb\n", "args: -u x\n", "USBMUXD_SOCKET_ADDRESS=127.0.0.1:1\n", "terminal\n", "end\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "canary-secret") || strings.Contains(text, "\r") {
		t.Errorf("output:\n%s", text)
	}
	if c.status() != nil {
		t.Error(c.status())
	}
}

// running reports whether a process is there, and no corpse.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func readPID(path string) int {
	data, _ := os.ReadFile(path)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return pid
}

// stubborn is a program that ignores requests to end, with a child that does too.
const stubborn = `trap '' TERM HUP; (trap '' TERM HUP; echo $$ > "$1/parent"; sh -c 'echo $$ > "$1/child"; exec sleep 3600' x "$1") & wait; sleep 3600`

func TestStopEndsTheChildrenToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := start(script(t, stubborn), []string{dir}, bareEnvironment(), dir, nil, &output{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child runs", func() bool { return readPID(filepath.Join(dir, "child")) > 0 })
	begun := time.Now()
	c.stop()
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("stopped after %v", d)
	}
	for _, name := range []string{"parent", "child"} {
		pid := readPID(filepath.Join(dir, name))
		eventually(t, name+" is gone", func() bool { return !running(pid) })
	}
	c.stop() // once more does nothing
}

// TestChildOutlivesTheProgram has a program end and leave a child behind that
// holds its output.
func TestChildOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := start(script(t, `sh -c 'trap "" HUP; echo $$ > "$1/child"; exec sleep 3600' x "$1" & while ! test -s "$1/child"; do :; done; echo done`), []string{dir}, bareEnvironment(), dir, nil, &output{})
	if err != nil {
		t.Fatal(err)
	}
	<-c.done
	pid := readPID(filepath.Join(dir, "child"))
	eventually(t, "the child is gone", func() bool { return !running(pid) })
}

// aloneVariable makes the test binary play our side of TestDiesWithUs.
const aloneVariable = "HOMEPORT_TEST_ALONE"

// playAlone starts the program in the directory that the variable names, and waits
// to be killed.
func playAlone(dir string) {
	c, err := start(filepath.Join(dir, program), []string{dir}, bareEnvironment(), dir, nil, &output{})
	if err != nil {
		panic(err)
	}
	<-c.done
}

// TestDiesWithUs kills a process of ours that runs a tool, without a chance to
// clean up. The tool must be gone soon.
func TestDiesWithUs(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := script(t, `echo $$ > "$1/tool.new"; mv "$1/tool.new" "$1/tool"; while :; do sleep 1; done`)
	dir := filepath.Dir(path)
	us := exec.Command(self, "-test.run=^$")
	us.Env = append(os.Environ(), aloneVariable+"="+dir)
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tool runs", func() bool { return readPID(filepath.Join(dir, "tool")) > 0 })
	tool := readPID(filepath.Join(dir, "tool"))
	if err := us.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := us.Wait(); err == nil || errors.Is(err, os.ErrProcessDone) {
		t.Errorf("wait: %v", err)
	}
	eventually(t, "the tool is gone", func() bool { return !running(tool) })
}
