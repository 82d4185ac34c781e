package preflight

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// mounted mounts a file system for one test; without the rights or the tools the
// test is skipped.
func mounted(t *testing.T, source, kind, options string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	dir := filepath.Join(t.TempDir(), "Backups")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	args := []string{"-t", kind}
	if options != "" {
		args = append(args, "-o", options)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", append(args, source, dir)...).CombinedOutput(); err != nil {
		t.Skipf("mount %s: %v: %s", kind, err, out)
	}
	t.Cleanup(func() { unmount(t, dir) })
	return dir
}

// unmount tries for a while: a loop device lets go a little later.
func unmount(t *testing.T, dir string) {
	deadline := time.Now().Add(5 * time.Second)
	for {
		err := unix.Unmount(dir, 0)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("unmount: %v", err)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// image makes a file with a file system in it.
func image(t *testing.T, size int64, mkfs ...string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	tool, err := exec.LookPath(mkfs[0])
	if err != nil {
		t.Skip(err)
	}
	name := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, size); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), tool, append(mkfs[1:], name)...).CombinedOutput(); err != nil {
		t.Skipf("%s: %v: %s", tool, err, out)
	}
	return name
}

func TestTmpfs(t *testing.T) {
	t.Parallel()
	dir := mounted(t, "tmpfs", "tmpfs", "size=4m,mode=0700")
	r, got := destination(t, dir)
	if got != "" {
		t.Errorf("got %s", got)
	}
	if f, _ := r.ByCheck("destination-format"); f.Evidence["fileSystem"] != "tmpfs" {
		t.Errorf("evidence %v", f.Evidence)
	}
	v, err := HostDisk{}.Volume(dir)
	if err != nil || v.Name != "Backups" || v.Total != 4<<20 {
		t.Errorf("got %+v, %v", v, err)
	}
	empty(t, dir)
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := mounted(t, "tmpfs", "tmpfs", "size=1m,mode=0700")
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20-8192), 0o600); err != nil {
		t.Fatal(err)
	}
	r, got := destination(t, dir)
	if got != "destination-writable=fail:host-disk-full" {
		t.Errorf("got %s", got)
	}
	f, _ := r.First()
	if f.Evidence["volume"] != `"Backups"` || f.Evidence["free"] != cause.Bytes(8192) {
		t.Errorf("evidence %v", f.Evidence)
	}
	empty(t, dir)
}

// TestFullOfFiles fills a drive with as many files as it can hold.
func TestFullOfFiles(t *testing.T) {
	t.Parallel()
	dir := mounted(t, "tmpfs", "tmpfs", "size=4m,nr_inodes=20,mode=0700")
	for i := range 30 {
		err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), nil, 0o600)
		if errors.Is(err, unix.ENOSPC) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r, got := destination(t, dir)
	f, _ := r.First()
	if got != "destination-writable=fail:host-disk-full" || f.Evidence["maxFiles"] != int64(20) {
		t.Errorf("got %s, evidence %v", got, f.Evidence)
	}
	if want := "the backup disk holds as many files as it can (20), although it has free space"; f.Sentence() != want {
		t.Error(f.Sentence())
	}
	// One more fits, but not a backup.
	if err := os.Remove(filepath.Join(dir, "0")); err != nil {
		t.Fatal(err)
	}
	s := allWell(t)
	s.at.Destination, s.at.Disk = dir, HostDisk{}
	s.at.Newest = &Version{}
	if _, got := s.run(t); got != "room=fail:host-disk-full" {
		t.Errorf("got %s", got)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := mounted(t, "tmpfs", "tmpfs", "size=1m,mode=0700,ro")
	if _, got := destination(t, dir); got != "destination-writable=fail:destination-not-writable" {
		t.Errorf("got %s", got)
	}
}

// fatImage makes a file with an empty FAT16 file system of 8 MiB, so that no tool
// is needed: boot sector, two tables of 32 sectors, a root folder of 32 sectors.
func fatImage(t *testing.T) string {
	t.Helper()
	const sectors = 16384
	img := make([]byte, sectors*512)
	copy(img, "\xEB\x3C\x90MSDOS5.0")
	copy(img[11:], []byte{0x00, 0x02, 2, 1, 0, 2, 0x00, 0x02, sectors & 0xFF, sectors >> 8, 0xF8, 32, 0})
	copy(img[38:], "\x29\x01\x02\x03\x04BACKUPS    FAT16   ")
	img[510], img[511] = 0x55, 0xAA
	for _, table := range []int{1, 33} {
		copy(img[table*512:], "\xF8\xFF\xFF\xFF")
	}
	name := filepath.Join(t.TempDir(), "fat")
	if err := os.WriteFile(name, img, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestVFAT(t *testing.T) {
	t.Parallel()
	dir := mounted(t, fatImage(t), "vfat", "loop,umask=077")
	if _, got := destination(t, dir); got != "destination-format=fail:destination-file-limit" {
		t.Errorf("got %s", got)
	}
	if shares, err := sharesFiles(dir, os.Link, cloneFile); shares || err != nil {
		t.Errorf("shares files: %v, %v", shares, err)
	}
	empty(t, dir)
}

func TestExt4(t *testing.T) {
	t.Parallel()
	dir := mounted(t, image(t, 16<<20, "mkfs.ext4", "-q"), "ext4", "loop")
	r, got := destination(t, dir)
	if f, _ := r.ByCheck("destination-format"); got != "" || f.Evidence["fileSystem"] != "ext4" {
		t.Errorf("got %s, evidence %v", got, f.Evidence)
	}
}

func TestUnsafeDestination(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root to give folders away")
	}
	open := filepath.Join(t.TempDir(), "open")
	inside := filepath.Join(open, "mine")
	if err := os.MkdirAll(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mode os.FileMode
		want string
	}{
		{0o777, "destination-safe=fail:destination-unsafe"},
		{0o777 | os.ModeSticky, ""},
		{0o755, ""},
	} {
		if err := os.Chmod(open, tt.mode); err != nil {
			t.Fatal(err)
		}
		r, got := destination(t, inside)
		if got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.mode, got, tt.want)
		}
		if f, failed := r.First(); failed && f.Evidence["reason"] != "everybody may write to "+open {
			t.Errorf("evidence %v", f.Evidence)
		}
	}
	if err := os.Chown(inside, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	r, got := destination(t, inside)
	if f, _ := r.ByCheck("destination-safe"); got != "destination-safe=fail:destination-unsafe" || f.Evidence["reason"] != "it belongs to an account that this computer does not know (number 12345)" {
		t.Errorf("another owner: %s, %v", got, f.Evidence)
	}
	if err := os.Chown(inside, 1, 1); err != nil {
		t.Fatal(err)
	}
	if why, want := exposed(inside), "it belongs to the account "+accountOf(t, "1"); why != want {
		t.Errorf("got %q, want %q", why, want)
	}
}

func accountOf(t *testing.T, id string) string {
	t.Helper()
	u, err := user.LookupId(id)
	if err != nil {
		t.Skip(err)
	}
	return u.Username
}
