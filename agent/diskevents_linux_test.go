package agent

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"homeport/backup"
	"homeport/backup/idevicebackup2"
	"homeport/backup/mobilebackup2"
	"homeport/backup/tree/treetest"
	"homeport/cause"
	"homeport/simulator"
)

// onBothEngines runs a test with each engine. The installed tool writes by itself and
// tells nothing of what becomes of its bytes.
func onBothEngines(t *testing.T, f func(t *testing.T, engine func(*world) backup.Engine)) {
	t.Run("native", func(t *testing.T) {
		t.Parallel()
		f(t, func(*world) backup.Engine { return mobilebackup2.New(mobilebackup2.Options{}) })
	})
	t.Run("libimobiledevice", func(t *testing.T) {
		t.Parallel()
		if testing.Short() {
			t.Skip("the tool sleeps more than it works")
		}
		if _, err := exec.LookPath("idevicebackup2"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
		f(t, func(w *world) backup.Engine { return idevicebackup2.New(idevicebackup2.Options{Mux: w.sim.Addr()}) })
	})
}

// heldRun begins a full backup, waits until the phone has sent so many bytes, lets
// something happen to the disk, and gives the end.
func (d *smallDisk) heldRun(t *testing.T, bytes int64, happens func()) Outcome {
	t.Helper()
	held := d.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: bytes})[0]
	done := make(chan Outcome)
	go func() { done <- d.backup(t, Request{Full: true}) }()
	<-held.Done()
	happens()
	held.Cancel()
	return <-done
}

// TestDiskVanishes takes the disk away while the phone sends, and in a second round
// has another one mounted at its path before the phone goes on. It is told as missing,
// and neither the empty mount point nor the other disk gets a byte or a folder.
func TestDiskVanishes(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, engine func(*world) backup.Engine) {
		d := newSmallDisk(t, "ext4", "")
		d.engine = engine(d.world)
		for _, other := range []bool{false, true} {
			o := d.heldRun(t, 600_000, func() {
				must(t, d.mount.Pull())
				if other {
					must(t, exec.Command("mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "other", d.mount.Dir).Run())
				}
			})
			if id := causeOf(o.Err); id != cause.DestinationMissing {
				t.Errorf("another disk there: %v: told as %s: %v", other, id, o.Err)
			}
			if entries, err := os.ReadDir(d.mount.Dir); err != nil || len(entries) > 0 {
				t.Errorf("another disk there: %v: it got %v, %v", other, entries, err)
			}
			if other {
				must(t, exec.Command("umount", d.mount.Dir).Run())
			}
			must(t, d.mount.Return())
			d.keptFirst(t, "pulled")
		}
		if o := d.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
		d.prove(t, udidAnna)
		d.left(t, "after the next run")
	})
}

// TestQuota has a quota that the free space of the disk does not show, and that runs
// out while the phone sends, sooner or later.
func TestQuota(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, engine func(*world) backup.Engine) {
		d := newSmallDisk(t, "btrfs", "")
		d.engine = engine(d.world)
		tries := []int64{0, 300_000}
		if allPoints() {
			tries = []int64{0, 50_000, 100_000, 200_000, 300_000, 400_000, 600_000, 800_000, 1_000_000, 1_200_000}
		}
		for _, more := range tries {
			quota(t, d.mount, "enable")
			o := d.heldRun(t, 600_000, func() { limit(t, d.mount, more) })
			if id := causeOf(o.Err); id != cause.HostDiskFullDuring {
				t.Errorf("%d bytes more: told as %s: %v", more, id, o.Err)
			}
			d.keptFirst(t, "quota")
			d.left(t, "quota")
			quota(t, d.mount, "disable")
		}
		if o := d.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
		d.prove(t, udidAnna)
		d.wholeAcks(t)
	})
}

func quota(t *testing.T, m *treetest.Mount, verb string) {
	t.Helper()
	if out, err := exec.Command("btrfs", "quota", verb, m.Dir).CombinedOutput(); err != nil {
		t.Skipf("btrfs quota: %v: %s", err, out)
	}
}

// limit lets a btrfs take so many bytes more than it holds.
func limit(t *testing.T, m *treetest.Mount, more int64) {
	t.Helper()
	must(t, exec.Command("btrfs", "filesystem", "sync", m.Dir).Run())
	out, err := exec.Command("btrfs", "qgroup", "show", "--raw", m.Dir).Output()
	must(t, err)
	var used int64
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "0/5" {
			used, err = strconv.ParseInt(f[1], 10, 64)
			must(t, err)
		}
	}
	if out, err := exec.Command("btrfs", "qgroup", "limit", strconv.FormatInt(used+more, 10), "0/5", m.Dir).CombinedOutput(); err != nil {
		t.Errorf("btrfs qgroup: %v: %s", err, out)
	}
}
