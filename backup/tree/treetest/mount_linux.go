package treetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// makers are the programs that make file systems in a file, with what they are
// told besides its name.
var makers = map[string][]string{
	"ext4":  {"mkfs.ext4", "-q", "-F", "-m", "0"},
	"xfs":   {"mkfs.xfs", "-q", "-m", "reflink=1"},
	"btrfs": {"mkfs.btrfs", "-q"},
	"exfat": {"mkfs.exfat"},
}

// A Mount is a file system of the test's own: a tmpfs, or ext4, xfs, btrfs or exFAT in a
// file. It goes with the test.
type Mount struct {
	Dir  string // where it is mounted
	kind string
	from string // what mount is given: a loop device's file, or nothing
	opts string
	t    testing.TB
}

// NewMount makes a file system of so many bytes and mounts it. What the computer
// cannot do, or only root may, is skipped in plain sight. options are those of
// mount, as "nr_inodes=100"; makeOptions those of the program that makes it, if
// one does.
func NewMount(t testing.TB, kind string, bytes int64, options string, makeOptions ...string) *Mount {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a file system needs root")
	}
	m := &Mount{Dir: filepath.Join(inMemory(t), kind), kind: kind, from: "none", opts: options, t: t}
	if err := os.Mkdir(m.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if kind == "tmpfs" {
		m.opts = "mode=0700,size=" + strconv.FormatInt(bytes, 10) + "," + options
	} else {
		m.make(bytes, makeOptions)
		m.opts = "loop," + options
		if kind == "exfat" { // its files have no modes
			m.opts += "umask=077"
		}
	}
	if out, err := m.mount(); err != nil {
		t.Skipf("mount %s: %v: %s", kind, err, out)
	}
	t.Cleanup(m.end)
	return m
}

// inMemory is a folder of the test's in memory where the system has one: what a file
// system in a file there has synced need not wait for a drive.
func inMemory(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "homeport-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (m *Mount) make(bytes int64, options []string) {
	m.t.Helper()
	how := makers[m.kind]
	path, err := exec.LookPath(how[0])
	if err != nil {
		if path = filepath.Join("/usr/sbin", how[0]); exec.Command(path, "-V").Run() != nil {
			m.t.Skipf("%s is not installed", how[0])
		}
	}
	m.from = m.Dir + ".img"
	f, err := os.Create(m.from)
	if err == nil {
		err = f.Truncate(bytes)
		_ = f.Close()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	args := append(append(how[1:len(how):len(how)], options...), m.from)
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v: %s", how[0], err, out)
	}
}

// mount uses mount(8): it finds the loop device.
func (m *Mount) mount() ([]byte, error) {
	out, err := exec.Command("mount", "-t", m.kind, "-o", m.opts, m.from, m.Dir).CombinedOutput()
	if err != nil && m.kind == "exfat" { // a kernel without it has FUSE
		out, err = exec.Command("mount", "-t", "exfat-fuse", "-o", m.opts, m.from, m.Dir).CombinedOutput()
	}
	if err == nil && m.kind != "exfat" {
		err = os.Chmod(m.Dir, 0o700)
	}
	return out, err
}

func (m *Mount) end() {
	var err error
	released := m.within(letGo, func() bool {
		err = unix.Unmount(m.Dir, 0)
		return !errors.Is(err, unix.EBUSY)
	})
	if !released {
		m.t.Errorf("something holds the %s: %v", m.kind, err)
		_ = unix.Unmount(m.Dir, unix.MNT_DETACH)
	}
}

// letGo bounds how long others may still hold a file system that goes. A process that
// another test is starting holds what this one has open until it runs a program.
const letGo = 10 * time.Second

// within asks until it is so, or the time is over.
func (m *Mount) within(limit time.Duration, is func() bool) bool {
	late := time.After(limit)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-late:
			return false
		case <-again.C:
		}
	}
	return true
}

// Pull takes the file system away at once, whoever uses it: the folder is empty and
// belongs to the disk above. Only one in a file can come back.
func (m *Mount) Pull() error { return unix.Unmount(m.Dir, unix.MNT_DETACH) }

// Return mounts it again after Pull, and after all who used it have let go: what is
// mounted while somebody holds it is the old one once more, which after Abort can only
// be read.
func (m *Mount) Return() error {
	var err error
	m.within(letGo, func() bool {
		if _, err = m.mount(); errors.Is(err, unix.EROFS) {
			_ = unix.Unmount(m.Dir, unix.MNT_DETACH)
		}
		return !errors.Is(err, unix.EROFS)
	})
	return err
}

// ReadOnly makes the file system one that can only be read, or a writable one
// again. While files are open for writing that is refused.
func (m *Mount) ReadOnly(on bool) error {
	mode := "remount,rw"
	if on {
		mode = "remount,ro"
	}
	return exec.Command("mount", "-o", mode, m.Dir).Run()
}

// Resize gives a tmpfs another size, in bytes.
func (m *Mount) Resize(bytes int64) error {
	return exec.Command("mount", "-o", "remount,size="+strconv.FormatInt(bytes, 10), m.Dir).Run()
}

// Abort does to an ext4 what its kernel does after an error of the drive: whatever
// is open, it can only be read from now on, until it is mounted anew.
func (m *Mount) Abort() error {
	out, err := exec.Command("mount", "-o", "remount,abort", m.Dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("abort %s: %w: %s", m.kind, err, out)
	}
	return nil
}

// Inodes is how many more files the file system takes.
func (m *Mount) Inodes() int {
	var st unix.Statfs_t
	if err := unix.Statfs(m.Dir, &st); err != nil {
		m.t.Error(err)
	}
	return int(st.Ffree)
}

// Free is how many bytes the file system has left.
func (m *Mount) Free() int64 {
	var st unix.Statfs_t
	if err := unix.Statfs(m.Dir, &st); err != nil {
		m.t.Error(err)
	}
	return int64(st.Bavail) * st.Frsize
}

// Leave makes a file that takes all but n bytes of what is free, or as near as
// there is. It is removed by the next Leave, and by Leave(-1), which makes none.
func (m *Mount) Leave(n int64) {
	path := filepath.Join(m.Dir, "ballast")
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		m.t.Error(err)
	}
	free := m.Free()
	if n < 0 || n >= free {
		return
	}
	f, err := os.Create(path)
	if err != nil {
		return // not even a name fits: it is full as it is
	}
	defer f.Close()
	// Halves what does not fit: a file costs its own blocks beside its bytes.
	at := int64(0)
	for step := free - n; step > 4096; {
		if unix.Fallocate(int(f.Fd()), 0, at, step) != nil || m.Free() < n {
			_ = f.Truncate(at)
			step /= 2
			continue
		}
		at += step
		step = min(step, m.Free()-n)
	}
}
