package agent

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"homeport/backup/store"
	"homeport/backup/tree/treetest"
	"homeport/cause"
	"homeport/simulator"
)

// allPoints asks for every size and not only a few of them.
func allPoints() bool { return os.Getenv("HOMEPORT_TEST_CRASH") == "all" }

// kinds are the file systems that are tried, fewer in short mode.
func kinds() []string {
	if testing.Short() {
		return []string{"ext4"}
	}
	return []string{"tmpfs", "ext4"}
}

// smallDisk is a world whose destination is a file system of its own, with one
// version on it.
type smallDisk struct {
	*world
	mount  *treetest.Mount
	first  store.Version
	was    map[string]print
	need   int64 // bytes that a full run takes
	mu     sync.Mutex
	acks   int              // bodies that the host said it wrote
	told   map[string]int64 // those of this run: name and length
	lost   int              // of them not there when they were told: a run that ended, or a lie
	broken []string         // and had not, or not whole, or not in the version that came of it
}

func newSmallDisk(t *testing.T, kind, options string, makeOptions ...string) *smallDisk {
	t.Helper()
	spec := quick(udidAnna)
	spec.Files, spec.Bytes, spec.Unplugged = 150, 2<<20, false
	spec.Disk = simulator.Disk{Total: 1 << 30, Available: 1<<30 - 20<<20}
	d := &smallDisk{world: newWorld(t, spec), mount: treetest.NewMount(t, kind, 256<<20, options, makeOptions...)}
	d.dest = filepath.Join(d.mount.Dir, "backups")
	d.configure(t, map[string]string{"reserve": "0"})
	st, err := store.Create(d.dest, store.Options{})
	must(t, err)
	must(t, st.Close())
	d.phone.Agent().Acknowledged = d.acknowledged
	if o := d.run(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	d.first = d.prove(t, udidAnna)
	d.was = fingerprint(t, d.first.Path)
	if testing.Short() { // a run less
		d.need = 2_700_000
		return d
	}
	before := d.mount.Free()
	if o := d.run(t, Request{Full: true}); o.Err != nil {
		t.Fatal(o.Err)
	}
	d.need = before - d.mount.Free()
	d.forgetNewest(t)
	return d
}

// acknowledged holds what the host has just said against what is on its disk.
func (d *smallDisk) acknowledged(path string, size int64) {
	found, _ := filepath.Glob(filepath.Join(d.dest, ".homeport", "*", "staging", "*", filepath.FromSlash(path)))
	info := os.FileInfo(nil)
	if len(found) == 1 {
		info, _ = os.Lstat(found[0])
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acks++
	if d.told == nil {
		d.told = map[string]int64{}
	}
	d.told[filepath.Base(path)] = size
	switch {
	case info == nil:
		// A run that ends throws its stage away while the phone is still reading. If
		// it does not end, the version lacks the body, and that is seen there.
		d.lost++
	case info.Size() != size:
		d.broken = append(d.broken, path)
	}
}

// run makes one backup. All that was acknowledged in it is in the version, whole, if it
// was published.
func (d *smallDisk) run(t *testing.T, r Request) Outcome {
	t.Helper()
	d.mu.Lock()
	d.told = nil
	d.mu.Unlock()
	o := d.backup(t, r)
	if o.Err != nil {
		return o
	}
	newest := d.versions(t, udidAnna)[0]
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, size := range d.told {
		info, err := os.Lstat(filepath.Join(newest.Path, newest.UDID, name[:2], name))
		if err != nil || info.Size() != size {
			d.broken = append(d.broken, fmt.Sprintf("%s in %s (%v)", name, newest.ID, err))
		}
	}
	return o
}

// forgetNewest removes the newest version, so that the next try has the same room.
func (d *smallDisk) forgetNewest(t *testing.T) {
	t.Helper()
	list := d.versions(t, udidAnna)
	if len(list) != 2 {
		t.Fatalf("%d versions, want 2", len(list))
	}
	must(t, os.RemoveAll(list[0].Path))
	d.guard.Forget(list[0].Path) // the next one may have its name
	st, err := store.Open(d.dest, store.Options{})
	must(t, err)
	must(t, st.Recover(context.Background()))
	must(t, st.Close())
}

// left wants nothing but versions in the phone's folder.
func (d *smallDisk) left(t *testing.T, what string) {
	t.Helper()
	for _, folder := range []string{"staging", "trash"} {
		entries, err := os.ReadDir(filepath.Join(d.dest, ".homeport", udidAnna, folder))
		if err != nil || len(entries) > 0 {
			t.Errorf("%s: %s holds %v, %v", what, folder, entries, err)
		}
	}
}

// keptFirst wants the earlier version to be what it was.
func (d *smallDisk) keptFirst(t *testing.T, what string) {
	t.Helper()
	if !maps.Equal(d.was, fingerprint(t, d.first.Path)) {
		t.Errorf("%s: the earlier version is not what it was", what)
	}
}

// wholeAcks wants no body to have been acknowledged that was not there in whole.
func (d *smallDisk) wholeAcks(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.broken) > 0 {
		t.Errorf("acknowledged, and not whole or not there: %v", d.broken)
	}
}

// TestDiskSizes backs up onto a disk that has from 1 % to 120 % of the room that is
// needed, from the beginning or because something else takes the rest while the
// phone sends. It is told as that, what was received is thrown away, no body is
// acknowledged that is not there, and the earlier version stays.
func TestDiskSizes(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d, sizes := newSmallDisk(t, kind, ""), 3
			switch {
			case allPoints():
				sizes = 200
			case testing.Short():
				sizes = 2
			}
			told := map[string]int{}
			for i := range sizes {
				percent := 1 + 119*i/(sizes-1)
				told[d.size(t, int64(percent), i%4 != 0)]++
				if t.Failed() {
					return
				}
			}
			d.mount.Leave(-1)
			if o := d.run(t, Request{}); o.Err != nil {
				t.Error(o.Err)
			}
			d.prove(t, udidAnna)
			d.wholeAcks(t)
			t.Logf("%s: %d sizes from 1 %% to 120 %% of %d bytes, %v; bodies acknowledged %d, of them not whole or not in the version %d, thrown away with their run %d, versions lost 0",
				kind, sizes, d.need, told, d.acks, len(d.broken), d.lost)
		})
	}
}

// size makes one backup with so much room, and tells how it ended.
func (d *smallDisk) size(t *testing.T, percent int64, midRun bool) string {
	t.Helper()
	room := d.need * percent / 100
	d.mount.Leave(-1)
	var held *simulator.Played
	if midRun {
		// The rest is taken after a part was received, which counts.
		at := 200_000 + percent*5_000
		held = d.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: at})[0]
		room = max(0, room-at)
	} else {
		d.mount.Leave(room)
	}
	done := make(chan Outcome)
	go func() { done <- d.run(t, Request{Full: true}) }()
	if midRun {
		<-held.Done()
		d.mount.Leave(room)
		held.Cancel()
	}
	o := <-done
	d.keptFirst(t, "full disk")
	if o.Err == nil {
		d.prove(t, udidAnna)
		d.mount.Leave(-1)
		d.forgetNewest(t)
		return "published"
	}
	id := causeOf(o.Err)
	if id != cause.HostDiskFull && id != cause.HostDiskFullDuring {
		t.Errorf("%d %%, in mid-run %v: told as %s: %v", percent, midRun, id, o.Err)
	}
	d.left(t, string(id))
	return string(id)
}

// TestDiskTakesNoMoreFiles backs up onto a disk that has room, and takes few more
// files.
func TestDiskTakesNoMoreFiles(t *testing.T) {
	t.Parallel()
	how := map[string]struct{ options, makes string }{"tmpfs": {"nr_inodes=1500", ""}, "ext4": {"", "-N1500"}}
	for _, kind := range kinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := newSmallDisk(t, kind, how[kind].options, how[kind].makes)
			leave, step := 10, 150
			switch {
			case allPoints():
				step = 10
			case testing.Short():
				step = 300
			}
			tries := 0
			for ; leave < 300; leave += step {
				tries++
				free := useUpFiles(t, d.mount, leave)
				o := d.run(t, Request{Full: true})
				free()
				d.keptFirst(t, "no more files")
				if id := causeOf(o.Err); id != cause.HostDiskFull && id != cause.HostDiskFullDuring {
					t.Fatalf("room for %d files: %s: %v", leave, id, o.Err)
				}
				d.left(t, "no more files")
			}
			if o := d.run(t, Request{}); o.Err != nil {
				t.Error(o.Err)
			}
			d.prove(t, udidAnna)
			d.wholeAcks(t)
			t.Logf("%s: %d backups without room for their files, versions lost 0", kind, tries)
		})
	}
}

// useUpFiles makes empty files until only so many more fit, and answers what removes
// them.
func useUpFiles(t *testing.T, m *treetest.Mount, leave int) (free func()) {
	t.Helper()
	dir, err := os.MkdirTemp(m.Dir, "files")
	must(t, err)
	for i := 0; m.Inodes() > leave; i++ {
		must(t, os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), nil, 0o600))
	}
	return func() { must(t, os.RemoveAll(dir)) }
}

// TestReadOnlyDisk has a disk that can only be read, from the beginning, or since its
// kernel met an error while the phone sent.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	d := newSmallDisk(t, "ext4", "")
	must(t, d.mount.ReadOnly(true))
	if o := d.run(t, Request{}); causeOf(o.Err) != cause.DestinationNotWritable {
		t.Errorf("from the beginning: %v", o.Err)
	}
	must(t, d.mount.ReadOnly(false))
	held := d.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 1 << 20})[0]
	done := make(chan Outcome)
	go func() { done <- d.run(t, Request{Full: true}) }()
	<-held.Done()
	must(t, d.mount.Abort())
	held.Cancel()
	o := <-done
	if id := causeOf(o.Err); id != cause.HostIOError {
		t.Errorf("in mid-run: told as %s: %v", id, o.Err)
	}
	d.keptFirst(t, "read-only")
	must(t, d.mount.Pull())
	must(t, d.mount.Return())
	d.keptFirst(t, "mounted anew")
	if o := d.run(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	d.prove(t, udidAnna)
	d.left(t, "after the next run")
	d.wholeAcks(t)
}

// TestPulledInMidRun takes the disk away while the phone sends. The run says that
// it is missing, nothing is written under the empty mount point, and when it is
// back it has what it had.
func TestPulledInMidRun(t *testing.T) {
	t.Parallel()
	pulls := 1
	if allPoints() {
		pulls = 20
	}
	d := newSmallDisk(t, "ext4", "")
	for i := range pulls {
		at := int64(100_000 + i*90_000)
		held := d.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: at})[0]
		done := make(chan Outcome)
		go func() { done <- d.run(t, Request{Full: true}) }()
		<-held.Done()
		must(t, d.mount.Pull())
		held.Cancel()
		o := <-done
		if id := causeOf(o.Err); id != cause.DestinationMissing {
			t.Errorf("pulled after %d bytes: told as %s: %v", at, id, o.Err)
		}
		if entries, err := os.ReadDir(d.mount.Dir); err != nil || len(entries) > 0 {
			t.Errorf("under the empty mount point: %v, %v", entries, err)
		}
		if o := d.run(t, Request{}); causeOf(o.Err) != cause.DestinationMissing {
			t.Errorf("the next run: %v", o.Err)
		}
		must(t, d.mount.Return())
		d.keptFirst(t, "pulled")
		if o := d.run(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
		d.prove(t, udidAnna)
		d.left(t, "after the next run")
		d.forgetNewest(t)
	}
	t.Logf("ext4: %d pulls, versions lost 0, files under the empty mount point 0", pulls)
}
