package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"homeport/configs"
)

// terminal opens a pair of a terminal and the hand that types into it.
func terminal(t *testing.T) (hand, tty *os.File) {
	t.Helper()
	hand, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { hand.Close() })
	if err := unix.IoctlSetPointerInt(int(hand.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(hand.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { tty.Close() })
	return hand, tty
}

// TestPromptDoesNotEcho types at a real terminal and looks at what it shows.
func TestPromptDoesNotEcho(t *testing.T) {
	t.Parallel()
	hand, tty := terminal(t)
	a, _, _ := asking()
	a.stdin, a.stderr = tty, tty
	shown := make(chan string)
	go func() {
		// The prompt is there before anybody types; after it the echo is off.
		var all strings.Builder
		buf := make([]byte, 256)
		typed := false
		for !strings.Contains(all.String(), "\n") {
			n, err := hand.Read(buf)
			if err != nil {
				break
			}
			all.Write(buf[:n])
			if !typed && strings.Contains(all.String(), "password: ") {
				typed = true
				waitForNoEcho(t, tty)
				fmt.Fprint(hand, "k4n4ry\n")
			}
		}
		shown <- all.String()
	}()
	got, err := a.askPassword(context.Background(), configs.Config{}, phoneUDID, "password", noPasswordFlags)
	if err != nil || got != "k4n4ry" {
		t.Errorf("%q, %v", got, err)
	}
	if s := <-shown; strings.Contains(s, "k4n4ry") {
		t.Errorf("the terminal shows %q", s)
	}
	if !echoes(t, tty) {
		t.Error("the terminal stays mute")
	}
}

// TestPromptInterrupted leaves a terminal that shows again what is typed.
func TestPromptInterrupted(t *testing.T) {
	t.Parallel()
	hand, tty := terminal(t)
	a, _, _ := asking()
	a.stdin = tty
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		waitForNoEcho(t, tty)
		cancel(interrupted{os.Interrupt})
	}()
	if _, err := a.askPassword(ctx, configs.Config{}, phoneUDID, "password", noPasswordFlags); err == nil {
		t.Error("an interrupted question has an answer")
	}
	if !echoes(t, tty) {
		t.Error("the terminal stays mute")
	}
	// The read that was left behind also gives the terminal back, by its number, which
	// may be that of another test's terminal once this one is closed. So it has to end.
	mute(t, tty)
	fmt.Fprint(hand, "\n")
	for end := time.Now().Add(20 * time.Second); !echoes(t, tty) && time.Now().Before(end); {
		runtime.Gosched()
	}
}

func mute(t *testing.T, tty *os.File) {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err == nil {
		s.Lflag &^= unix.ECHO
		err = unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, s)
	}
	if err != nil {
		t.Error(err)
	}
}

func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Error(err)
		return true
	}
	return s.Lflag&unix.ECHO != 0
}

// waitForNoEcho returns as soon as the question is being asked.
func waitForNoEcho(t *testing.T, tty *os.File) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if !echoes(t, tty) {
			return
		}
	}
	t.Error("the echo is never turned off")
}
