package photos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"homeport/backup/tree"
	"homeport/cause"
	"homeport/simulator"
)

// whole checks that every file in the folder is one of the phone's, to the last
// byte, or one of a person's.
func (w *world) whole(theirs map[string]string) {
	w.t.Helper()
	for _, name := range listing(w.t, w.dir) {
		got, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			w.t.Fatal(err)
		}
		if tree.IsTemp(path.Base(name)) {
			continue // the next run removes it
		}
		if content, ok := theirs[name]; ok {
			if string(got) != content {
				w.t.Errorf("%s of a person has %d bytes", name, len(got))
			}
			continue
		}
		base := strings.Replace(path.Base(name), "-2.", ".", 1)
		onPhone := "/DCIM/100APPLE/" + base
		if strings.HasPrefix(base, "IMG_E") {
			onPhone = "/PhotoData/Mutations/DCIM/100APPLE/IMG_" + base[5:9] + "/Adjustments/FullSizeRender.heic"
		}
		if want, ok := w.phone.MediaFile(onPhone); !ok || !bytes.Equal(got, want) {
			w.t.Errorf("%s has %d bytes, the phone's %d", name, len(got), len(want))
		}
	}
}

// A copy that is cut at any byte leaves whole files and a record of them; the next
// run copies the rest and nothing twice.
func TestCuts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 6, Live: 3, Edits: 2, Size: 20_000})
	const files = 6 + 3 + 2 + 2
	w.must()
	length := w.phone.Traffic(simulator.ChannelAFC).Total()
	points := int64(25)
	if testing.Short() {
		points = 6
	}
	theirs := map[string]string{"2024/2024-01/IMG_0002.JPG": "theirs"}
	for i := range points {
		w.dir = t.TempDir()
		w.write("2024/2024-01/IMG_0002.JPG", "theirs")
		at := length * i / points
		kind := []simulator.CutKind{simulator.FIN, simulator.RST}[i%2]
		client := w.files()
		cut := w.phone.Play(simulator.CutAfter{Channel: simulator.ChannelAFC, Bytes: at, Kind: kind})[0]
		first, err := w.copy(client)
		if !cut.Fired() {
			// The handshake of the connection counts in length, and not here.
			if cut.Cancel(); err != nil {
				t.Errorf("not cut: %v", err)
			}
		} else if !is(err, cause.DeviceDisconnected) {
			t.Errorf("cut at %d: %+v, %v", at, first, err)
		}
		w.whole(theirs)
		second := w.must()
		if first.New+second.New != files || second.Here != first.New {
			t.Errorf("cut at %d: %+v, then %+v", at, first, second)
		}
		w.whole(theirs)
		if n := len(listing(t, w.dir)); n != files+1 {
			t.Errorf("cut at %d: %d files", at, n)
		}
		w.sha256sum()
	}
}

// Whatever operation of the disk fails, and whether it fails once or from then on,
// no file of a person changes, no half picture has a name, and the next run makes
// it good.
func TestEveryOperationOfTheDiskFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 3, Live: 1, Edits: 1, Size: 5000})
	const files = 3 + 1 + 1 + 1
	theirs := map[string]string{"2024/2024-01/IMG_0001.HEIC": "theirs"}
	client := w.files()
	run := func(plan func(*tree.Faults)) (*tree.Faults, error) {
		w.dir = t.TempDir()
		w.write("2024/2024-01/IMG_0001.HEIC", "theirs")
		faults := tree.NewFaults(quick{})
		plan(faults)
		job := w.job()
		job.FS = faults
		_, err := copyWith(t, job, client)
		return faults, err
	}
	clean, err := run(func(*tree.Faults) {})
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 9
	}
	for n := 1; n <= clean.Ops(); n += step {
		for name, plan := range map[string]func(*tree.Faults){
			"once":          func(f *tree.Faults) { f.FailAt(n, syscall.EIO) },
			"from there on": func(f *tree.Faults) { f.FailFrom(n, syscall.ENOSPC) },
		} {
			faults, err := run(plan)
			at := fmt.Sprintf("operation %d (%s) fails %s", n, faults.Log()[n-1], name)
			if faults.Fired() == 0 {
				t.Errorf("%s: it never did", at)
			}
			// A date, and a look at what is in the way of a folder, may fail and do no harm.
			if verb, _, _ := strings.Cut(faults.Log()[n-1], " "); err == nil && verb != "date" && verb != "lstat" {
				t.Errorf("%s: and nobody was told", at)
			} else if err != nil && !is(err, cause.HostIOError) && !is(err, cause.HostDiskFullDuring) {
				t.Errorf("%s: %v", at, err)
			}
			w.whole(theirs)
			if _, err := w.copy(client); err != nil {
				t.Errorf("%s: the next run: %v", at, err)
			}
			w.whole(theirs)
			if got := len(listing(t, w.dir)); got != files+1 {
				t.Errorf("%s: then %d files: %v", at, got, listing(t, w.dir))
			}
		}
	}
	t.Logf("%d operations", clean.Ops())
}

// Detached ends a copy at once, with the cause of the context.
func TestUnplugged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 3})
	client := w.files()
	stalled := w.phone.Play(simulator.Stall{Channel: simulator.ChannelAFC, Bytes: 100_000})[0]
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() {
		<-stalled.Done()
		cancel(cause.New(cause.DeviceDisconnected, nil, errors.New("unplugged")))
	}()
	c, err := Open(w.job())
	if err != nil {
		t.Fatal(err)
	}
	result, err := c.Copy(ctx, client, nil)
	if !is(err, cause.DeviceDisconnected) {
		t.Errorf("%+v, %v", result, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	stalled.Cancel()
	w.whole(nil)
	if again := w.must(); again.Here != result.New || again.New != 3-result.New {
		t.Errorf("%+v, then %+v", result, again)
	}
}

// A phone that locks itself refuses; the same Copier goes on when it is unlocked.
func TestLockedInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 5})
	c, err := Open(w.job())
	if err != nil {
		t.Fatal(err)
	}
	var once atomic.Bool
	first, err := c.Copy(t.Context(), w.files(), func(p Progress) {
		if p.Step == Copying && p.Files == 2 && !once.Swap(true) {
			w.phone.Lock()
		}
	})
	if !is(err, cause.LockedDuringBackup) || first.New != 2 {
		t.Errorf("%+v, %v", first, err)
	}
	w.phone.Unlock()
	if second, err := c.Copy(t.Context(), w.files(), nil); err != nil || second.New != 5 || second.Here != 0 {
		t.Errorf("%+v, %v", second, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	w.whole(nil)
}

// What the phone does not give is left out, told, and the rest copied.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 6})
	w.phone.Play(
		simulator.FileRefused{Op: "open", Name: "IMG_0001.HEIC", Status: 20},
		simulator.FileRefused{Op: "read", Name: "IMG_0002.HEIC", Status: 10},
		simulator.FileRefused{Op: "info", Name: "IMG_0003.HEIC", Status: 1},
		simulator.FileRefused{Op: "open", Name: "IMG_0004.HEIC", Status: 8}, // deleted meanwhile
		simulator.FileRefused{Op: "close", Name: "IMG_0005.HEIC", Status: 20},
	)
	result, err := w.copy(w.files())
	if !is(err, cause.DeviceInternalError) || result.New != 2 || result.LeftOut != 3 || len(result.Left) != 3 || result.Left[0].Reason != Refused {
		t.Errorf("%+v, %v", result, err)
	}
	w.wants("2024/2024-01/IMG_0005.HEIC", "2024/2024-01/IMG_0006.HEIC")
	if again := w.must(); again.New != 4 || again.Here != 2 {
		t.Errorf("again: %+v", again)
	}
	w.phone.Play(simulator.FileRefused{Op: "list", Name: "/DCIM", Status: 10})
	if result, err := w.copy(w.files()); !is(err, cause.DeviceInternalError) || result.LeftOut != 1 {
		t.Errorf("the folder itself: %+v, %v", result, err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 2})
	client := w.files()
	job := w.job()
	job.FS = small{quick{}, roomToSpare + 1000}
	result, err := copyWith(t, job, client)
	var full *cause.Error
	if !is(err, cause.HostDiskFull) || !errors.As(err, &full) || full.Evidence["free"] != cause.Bytes(roomToSpare+1000) || result.New != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	w.wants()
}

// A film that the file system cannot hold does not keep the others out.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 3, Size: 100})
	client := w.files()
	faults := tree.NewFaults(quick{})
	job := w.job()
	job.FS = faults
	first, err := copyWith(t, job, client)
	if err != nil {
		t.Fatal(err)
	}
	at := 1 + slices.IndexFunc(faults.Log(), func(op string) bool { return strings.HasPrefix(op, "write 2024/") })
	w.dir = t.TempDir()
	faults = tree.NewFaults(quick{})
	faults.FailAt(at, syscall.EFBIG)
	job = w.job()
	job.FS = faults
	result, err := copyWith(t, job, client)
	if !is(err, cause.DestinationFileLimit) || result.New != first.New-1 || result.Left[0].Reason != TooLarge || faults.Fired() != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	w.whole(nil)
}

// small is a file system that says how much room it has.
type small struct {
	tree.FS
	free int64
}

func (s small) OpenDir(path string) (tree.Dir, error) {
	d, err := s.FS.OpenDir(path)
	return smallDir{d, s.free}, err
}

type smallDir struct {
	tree.Dir
	free int64
}

func (s smallDir) Free() (int64, error) { return s.free, nil }

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		job  Job
		want cause.ID
	}{
		"no folder":      {Job{UDID: udid, Dir: filepath.Join(dir, "none")}, cause.DestinationMissing},
		"a file":         {Job{UDID: udid, Dir: file}, cause.DestinationNotWritable},
		"a phone's path": {Job{UDID: "../../../x", Dir: dir}, cause.NoSuchPhone},
	} {
		if c, err := Open(tc.job); !is(err, tc.want) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	// A link in the place of a folder of ours is not followed.
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, homeName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Job{UDID: udid, Dir: dir}); !is(err, cause.DestinationNotWritable) {
		t.Errorf("link: %v", err)
	}
	if left, _ := os.ReadDir(outside); len(left) != 0 {
		t.Errorf("written outside: %v", left)
	}
}
