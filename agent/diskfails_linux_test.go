package agent

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/backup/tree/treetest"
	"homeport/cause"
	"homeport/simulator"
)

// TestDriveFailsBehindItsDisk has a drive that takes nothing any more while the file
// system on it still accepts every write, and keeps it in memory: the kernel learns of
// it when the bytes are to become durable, and so do we, before anything is published.
func TestDriveFailsBehindItsDisk(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, engine func(*world) backup.Engine) {
		spec := quick(udidAnna)
		spec.Files, spec.Bytes, spec.Unplugged = 60, 8<<20, false
		spec.Disk = simulator.Disk{Total: 1 << 30, Available: 1<<30 - 20<<20}
		w := newWorld(t, spec)
		under := treetest.NewMount(t, "tmpfs", 48<<20, "") // the drive, which promises more than it has
		disk := filepath.Join(under.Dir, "disk")
		must(t, os.Mkdir(disk, 0o700))
		image := disk + ".img"
		must(t, os.WriteFile(image, nil, 0o600))
		must(t, os.Truncate(image, 512<<20))
		if out, err := exec.Command("mkfs.ext4", "-q", "-F", "-m", "0", image).CombinedOutput(); err != nil {
			t.Skipf("mkfs.ext4: %v: %s", err, out)
		}
		if out, err := exec.Command("mount", "-o", "loop", image, disk).CombinedOutput(); err != nil {
			t.Skipf("mount: %v: %s", err, out)
		}
		t.Cleanup(func() { _ = exec.Command("umount", disk).Run() })
		must(t, os.Chmod(disk, 0o700))
		w.dest = filepath.Join(disk, "backups")
		st, err := store.Create(w.dest, store.Options{})
		must(t, err)
		must(t, st.Close())
		w.configure(t, map[string]string{"reserve": "0"})
		if o := w.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
		first := w.prove(t, udidAnna)
		was := fingerprint(t, first.Path)
		w.engine = engine(w)
		end := w.held(t, w.agent(), w.phone)
		under.Leave(0)
		o := end()
		if id := causeOf(o.Err); id != cause.HostIOError && id != cause.HostDiskFullDuring { // by what the drive itself said
			t.Errorf("told as %s: %v", id, o.Err)
		}
		_ = exec.Command("umount", disk).Run()
		under.Leave(-1)
		_ = exec.Command("fsck.ext4", "-p", image).Run() // as a system does before it mounts
		if out, err := exec.Command("mount", "-o", "loop", image, disk).CombinedOutput(); err != nil {
			t.Fatalf("mount: %v: %s", err, out)
		}
		if list := w.versions(t, udidAnna); len(list) != 1 || !maps.Equal(was, fingerprint(t, first.Path)) {
			t.Errorf("versions %v; the first is not what it was", list)
		}
		if o := w.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
		w.prove(t, udidAnna)
	})
}

// TestDiskRefuses has a disk that turns read-only while the phone sends, and one that
// takes no more files, with the installed tool as well.
func TestDiskRefuses(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, engine func(*world) backup.Engine) {
		d := newSmallDisk(t, "ext4", "", "-N1500")
		d.engine = engine(d.world)
		var free func()
		o := d.heldRun(t, 600_000, func() { free = useUpFiles(t, d.mount, 20) })
		free()
		if id := causeOf(o.Err); id != cause.HostDiskFullDuring {
			t.Errorf("no more files: told as %s: %v", id, o.Err)
		}
		d.left(t, "no more files")
		o = d.heldRun(t, 600_000, func() { must(t, d.mount.Abort()) })
		if id := causeOf(o.Err); id != cause.HostIOError {
			t.Errorf("read-only: told as %s: %v", id, o.Err)
		}
		must(t, d.mount.Pull())
		must(t, d.mount.Return())
		d.keptFirst(t, "mounted anew")
		if o := d.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
		d.prove(t, udidAnna)
		d.left(t, "after the next run")
	})
}
