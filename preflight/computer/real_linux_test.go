package computer

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// nobody is a usbmuxd without phones.
type nobody struct{}

func (nobody) Devices(context.Context) ([]usbmux.Link, []error, error) { return nil, nil, nil }

// failures runs the checks of a destination on this computer, with its own facts.
func failures(t *testing.T, dir string, patience time.Duration) []preflight.Finding {
	t.Helper()
	checks := preflight.HostChecks(preflight.Host{Destination: dir, Mux: nobody{}, Computer: Facts(), Patience: patience})
	checks = slices.DeleteFunc(checks, func(c preflight.Check) bool { return c.Group != cause.Destination })
	return preflight.Run(t.Context(), checks).With(preflight.Warn, preflight.Fail)
}

// device makes a file system in a file and gives the file; without the tool the
// test is skipped.
func device(t *testing.T, size int64, mkfs ...string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	name := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, size); err != nil {
		t.Fatal(err)
	}
	run(t, append(mkfs, name)...)
	return name
}

// run runs a program; one that is missing, or cannot, skips the test.
func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Skipf("%s: %v: %s", args[0], err, out)
	}
}

// point is a folder to mount on, which is let go at the end.
func point(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "Backups")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for err := unix.Unmount(dir, 0); err != nil && !errors.Is(err, unix.EINVAL); err = unix.Unmount(dir, 0) {
			if time.Now().After(deadline) {
				t.Errorf("unmount: %v", err)
				_ = unix.Unmount(dir, unix.MNT_DETACH)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	return dir
}

// TestDriveWithErrors has the kernel find an error on a drive and stop writing to
// it.
func TestDriveWithErrors(t *testing.T) {
	t.Parallel()
	image, dir := device(t, 16<<20, "mkfs.ext4", "-q"), point(t)
	run(t, "mount", "-t", "ext4", "-o", "loop,errors=remount-ro", image, dir)
	if got := failures(t, dir, 0); len(got) != 0 {
		t.Fatalf("a well drive: %+v", got)
	}
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(mountsOfInfo(string(table)), func(m mounted) bool { return m.point == dir })
	trigger := "/sys/fs/ext4/" + filepath.Base(mountsOfInfo(string(table))[i].source) + "/trigger_fs_error"
	if err := os.WriteFile(trigger, []byte("tried"), 0o200); err != nil {
		t.Skip(err)
	}
	got := failures(t, dir, 0)
	if len(got) != 1 || got[0].Cause != cause.HostIOError || got[0].Check != "destination-writable" {
		t.Fatalf("got %+v", got)
	}
	if want := "the system stopped writing to the backup drive (" + dir + ") because of errors on it"; got[0].Sentence() != want {
		t.Error(got[0].Sentence())
	}
}

// TestDriveMountedReadOnly has a person mount a drive read-only: no error of it.
func TestDriveMountedReadOnly(t *testing.T) {
	t.Parallel()
	image, dir := device(t, 16<<20, "mkfs.ext4", "-q"), point(t)
	run(t, "mount", "-t", "ext4", "-o", "loop", image, dir)
	run(t, "mount", "-o", "remount,ro", dir)
	got := failures(t, dir, 0)
	if len(got) != 1 || got[0].Cause != cause.DestinationNotWritable || !strings.Contains(got[0].Sentence(), "can only be read") {
		t.Fatalf("got %+v", got)
	}
}

// TestDriveThatStopsAnswering stops the program behind a file system: then every
// question to it hangs in the kernel.
func TestDriveThatStopsAnswering(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("mount.exfat-fuse"); err != nil {
		t.Skip(err)
	}
	image, dir := device(t, 16<<20, "mkfs.exfat"), point(t)
	out, err := exec.Command("losetup", "--find", "--show", image).Output()
	if err != nil {
		t.Skip(err)
	}
	loop := strings.TrimSpace(string(out))
	defer func() { _ = exec.Command("losetup", "--detach", loop).Run() }()
	cmd := exec.Command("mount.exfat-fuse", "-d", "-o", "umask=077", loop, dir)
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() {
		_ = cmd.Process.Signal(unix.SIGCONT)
		_ = unix.Unmount(dir, unix.MNT_DETACH)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	}()
	waitForMount(t, dir, ended)
	got := failures(t, dir, 0)
	if len(got) != 1 || got[0].Cause != cause.DestinationNoLinks || got[0].Status != preflight.Warn {
		t.Fatalf("a well exFAT drive: %+v", got)
	}
	if err := cmd.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	got = failures(t, dir, 300*time.Millisecond)
	if len(got) != 1 || got[0].Cause != cause.HostIOError || !strings.Contains(got[0].Sentence(), "does not answer") {
		t.Errorf("got %+v", got)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the checks took %v", took)
	}
}

func waitForMount(t *testing.T, dir string, ended <-chan struct{}) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		if d, err := drive(t.Context(), dir); err == nil && d.Point == dir {
			return
		}
		select {
		case <-ended:
			t.Skip("cannot mount exFAT")
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Skip("not mounted after 5 s on " + strconv.Quote(dir))
		}
	}
}
