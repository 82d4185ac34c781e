package photos

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// sha256sum checks the list of sums with the system's own program.
func (w *world) sha256sum() {
	w.t.Helper()
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		w.t.Log("sha256sum is not installed: the list of sums was not checked")
		return
	}
	cmd := exec.CommandContext(w.t.Context(), program, "--strict", "--quiet", "-c", homeName+"/"+udid+".sha256")
	cmd.Dir = w.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Errorf("sha256sum: %v\n%s", err, out)
	}
}

func TestCopyAndCopyAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 4, Live: 2, Edits: 2, Synced: 1})
	job := w.job()
	job.FS = nil // the real one, with its syncs
	result, err := copyWith(t, job, w.files())
	if err != nil {
		t.Fatal(err)
	}
	if result.New != 4+2+2+2+1 || result.Copied() != result.New || result.Here != 0 || result.LeftOut != 0 {
		t.Errorf("%+v", result)
	}
	list := listing(t, w.dir)
	w.wants("2024/2024-01/"+filepath.Base(list[0]), "2024/2024-01/IMG_0001.AAE", "2024/2024-01/IMG_0001.HEIC", "2024/2024-01/IMG_0001.MOV",
		"2024/2024-01/IMG_0002.AAE", "2024/2024-01/IMG_0002.HEIC", "2024/2024-01/IMG_0002.MOV", "2024/2024-01/IMG_0003.HEIC",
		"2024/2024-01/IMG_0004.HEIC", "2024/2024-01/IMG_E0001.HEIC", "2024/2024-01/IMG_E0002.HEIC")
	w.same("2024/2024-01/IMG_0002.MOV", "/DCIM/100APPLE/IMG_0002.MOV")
	w.same("2024/2024-01/IMG_E0001.HEIC", "/PhotoData/Mutations/DCIM/100APPLE/IMG_0001/Adjustments/FullSizeRender.heic")
	if i, err := os.Stat(filepath.Join(w.dir, "2024/2024-01/IMG_0001.HEIC")); err != nil || !i.ModTime().Equal(time.Date(2024, 1, 15, 9, 30, 12, 345_678_000, time.UTC)) {
		t.Errorf("dated %v, %v", i.ModTime(), err)
	}
	w.sha256sum()
	before := w.phone.Traffic(simulator.ChannelAFC).Total()
	if result := w.must(); result.Copied() != 0 || result.Here != 11 || result.Bytes != 0 {
		t.Errorf("again: %+v", result)
	}
	if moved := w.phone.Traffic(simulator.ChannelAFC).Total() - before; moved > 20_000 {
		t.Errorf("a run with nothing to do moved %d bytes", moved)
	}
}

func TestWhatChangesOnThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 3, Live: 1})
	w.must()
	w.phone.DeletePhotos(1)
	w.phone.RetouchPhotos(1)
	w.phone.TakePhotos(1)
	if result := w.must(); result.New != 2 || result.Changed != 1 || result.Here != 1 {
		t.Errorf("%+v", result)
	}
	w.wants("2024/2024-01/IMG_0001.HEIC", "2024/2024-01/IMG_0001.MOV", "2024/2024-01/IMG_0002-2.HEIC", "2024/2024-01/IMG_0002.HEIC",
		"2024/2024-01/IMG_0003.HEIC", "2024/2024-01/IMG_0004.HEIC", "2024/2024-01/IMG_0004.MOV")
	w.same("2024/2024-01/IMG_0002-2.HEIC", "/DCIM/100APPLE/IMG_0002.HEIC")
	w.sha256sum()
	// A new date alone is no new picture.
	if err := w.phone.SetMediaTimes("/DCIM/100APPLE/IMG_0003.HEIC", time.Now(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if result := w.must(); result.Copied() != 0 || result.Here != 4 {
			t.Errorf("%+v", result)
		}
	}
}

// What a person does in the folder is theirs: nothing is replaced or removed, and
// what is no longer there is copied again.
func TestWhatAPersonDoesInTheFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 3, Live: 3})
	w.write("2024/2024-01/img_0001.heic", "another picture, of another program")
	w.write("2024/2024-01/IMG_0002.txt", "notes about it")
	w.write("2024/2024-01/IMG_0003-2.MOV", "a film")
	w.must()
	at := "2024/2024-01/"
	w.wants(at+"IMG_0001-2.HEIC", at+"IMG_0001-2.MOV", at+"IMG_0002-2.HEIC", at+"IMG_0002-2.MOV", at+"IMG_0002.txt",
		at+"IMG_0003-2.MOV", at+"IMG_0003.HEIC", at+"IMG_0003.MOV", at+"img_0001.heic")
	if err := os.Remove(filepath.Join(w.dir, at+"IMG_0002-2.MOV")); err != nil {
		t.Fatal(err)
	}
	w.write(at+"IMG_0003.HEIC", "turned by a person")
	if result := w.must(); result.Again != 2 || result.Here != 4 {
		t.Errorf("%+v", result)
	}
	w.wants(at+"IMG_0001-2.HEIC", at+"IMG_0001-2.MOV", at+"IMG_0002-2.HEIC", at+"IMG_0002-2.MOV", at+"IMG_0002.txt",
		at+"IMG_0003-2.MOV", at+"IMG_0003-3.HEIC", at+"IMG_0003.HEIC", at+"IMG_0003.MOV", at+"img_0001.heic")
	w.same(at+"IMG_0003-3.HEIC", "/DCIM/100APPLE/IMG_0003.HEIC")
	if got, _ := os.ReadFile(filepath.Join(w.dir, at+"IMG_0003.HEIC")); string(got) != "turned by a person" {
		t.Errorf("replaced by %d bytes", len(got))
	}
	if result := w.must(); result.Copied() != 0 || result.Here != 6 {
		t.Errorf("a third time: %+v", result)
	}
}

// A record that is lost costs time and no copies: equal files are kept.
func TestLostRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 4, Live: 2, Edits: 1})
	w.must()
	before := listing(t, w.dir)
	if err := os.RemoveAll(filepath.Join(w.dir, homeName)); err != nil {
		t.Fatal(err)
	}
	w.write("2024/2024-01/IMG_0002.MOV", "") // and one of them is another now, of the right length
	film, _ := w.phone.MediaFile("/DCIM/100APPLE/IMG_0002.MOV")
	w.write("2024/2024-01/IMG_0002.MOV", string(make([]byte, len(film))))
	if result := w.must(); result.New != 2 || result.Here < 5 {
		t.Errorf("%+v", result)
	}
	w.wants(slices.Sorted(slices.Values(append(before, "2024/2024-01/IMG_0002-2.HEIC", "2024/2024-01/IMG_0002-2.MOV")))...)
	w.sha256sum()
	if result := w.must(); result.Copied() != 0 {
		t.Errorf("again: %+v", result)
	}
}

func TestTwoPhonesOneFolder(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t, simulator.Photos{Count: 2}), newWorld(t, simulator.Photos{Count: 2})
	w.must()
	job := other.job()
	job.UDID, job.Dir = "00008110-000A1B2C3D4E801F", w.dir
	job2 := job
	first, err := Open(job)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(job2); !is(err, cause.AlreadyRunning) {
		t.Errorf("two at once: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	// The second phone is the twin of the first: its pictures are here already.
	if result, err := copyWith(t, job, other.files()); err != nil || result.Here != 2 || result.New != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	other.phone.RetouchPhotos(2)
	if result, err := copyWith(t, job, other.files()); err != nil || result.Changed != 2 {
		t.Errorf("%+v, %v", result, err)
	}
	if result := w.must(); result.Copied() != 0 {
		t.Errorf("the first again: %+v", result)
	}
	w.sha256sum()
}
