package backuptest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"homeport/backup"
	"homeport/simulator"
	"homeport/simulator/contents"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// UDID is that of the phone in every case.
const UDID = "00008110-000A1B2C3D4E5F60"

// Maker makes the engine under test, for phones behind the usbmuxd at mux, spelled
// as libusbmuxd does.
type Maker func(t testing.TB, mux string) backup.Engine

// Traits say what an engine is, where that decides what a case wants.
type Traits struct {
	// Name is Result.Engine.
	Name string
	// Pulls is how many backups are broken by pulling the cable; 0 means 4, and in
	// short mode it is fewer.
	Pulls int
	// Width is how many cases are played at a time; 0 means one per processor.
	Width int
	// Gone, when set, is called after each run that was broken, with its folder,
	// and fails the test when something of the engine still runs.
	Gone func(t testing.TB, dir string)
}

// world is one simulated phone behind its usbmuxd, our own way to it, and the
// engine.
type world struct {
	t      testing.TB
	sim    *simulator.Simulator
	device *simulator.Phone
	phone  *lockdown.Phone
	engine backup.Engine
	traits Traits
}

// newWorld plugs in a phone that trusts this computer.
func newWorld(t testing.TB, traits Traits, maker Maker, spec simulator.PhoneSpec) *world {
	t.Helper()
	spec.UDID, spec.Trust.Mode = UDID, simulator.TrustPaired
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{spec}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	addr, err := usbmux.ParseAddress(sim.Addr())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, sim: sim, device: sim.Phone(UDID), engine: maker(t, addr.String()), traits: traits}
	w.plug()
	return w
}

// plug finds the phone again after it was attached.
func (w *world) plug() {
	w.t.Helper()
	client, links := w.links()
	if len(links) != 1 {
		w.t.Fatalf("%d links", len(links))
	}
	w.phone = lockdown.New(client, links[0])
	w.t.Cleanup(func() { w.phone.Close() })
}

// links is what usbmuxd lists.
func (w *world) links() (*usbmux.Client, []usbmux.Link) {
	w.t.Helper()
	addr, err := usbmux.ParseAddress(w.sim.Addr())
	if err != nil {
		w.t.Fatal(err)
	}
	client := usbmux.NewClient(addr)
	links, _, err := client.Devices(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return client, links
}

// unplugged returns when usbmuxd lists the phone no more: a fault that pulls the cable is
// told to have fired just before it does.
func (w *world) unplugged() {
	w.t.Helper()
	late := time.After(soon)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for _, links := w.links(); len(links) > 0; _, links = w.links() {
		select {
		case <-late:
			w.t.Fatal("the phone is still listed")
		case <-again.C:
		}
	}
}

// job is a job with plenty of space, into dir.
func (w *world) job(dir string) backup.Job {
	return backup.Job{
		UDID: UDID, Dir: dir, Phone: w.phone,
		Free: func(context.Context) (int64, error) { return 1 << 50, nil },
	}
}

// backUp makes a backup that must go well.
func (w *world) backUp(job backup.Job, report func(backup.Progress)) backup.Result {
	w.t.Helper()
	job.Phone = w.phone
	res, err := w.engine.Backup(w.t.Context(), job, report)
	if err != nil {
		w.t.Fatalf("backup: %v", err)
	}
	return res
}

// expect holds the folder against the phone: every file of the phone with its
// bytes, no other body, no staging, and nothing beside the phone's own folder but
// what is named.
func (w *world) expect(dir string, beside ...string) {
	w.t.Helper()
	view := w.device.Contents().View()
	files := 0
	for _, i := range view.ByID() {
		row := view.Row(int(i))
		if row.Kind != contents.File {
			continue
		}
		files++
		id := hex.EncodeToString(row.ID[:])
		got, err := sumFile(filepath.Join(dir, UDID, id[:2], id))
		if err != nil {
			w.t.Errorf("a file of the phone is missing: %v", err)
			continue
		}
		if w.device.Spec().BackupPassword == "" && got != sumBody(w.t, view, int(i)) {
			w.t.Errorf("%s is not what the phone has", id)
		}
	}
	for p := range tree(w.t, dir) {
		if base := filepath.Base(p); len(base) == 40 {
			files--
		} else if !slices.Contains(beside, p) && filepath.Dir(p) != UDID {
			w.t.Errorf("%s does not belong into a finished backup", p)
		}
	}
	if files != 0 {
		w.t.Errorf("%d bodies missing, or beyond those of the phone", files)
	}
}

// wholeBodies wants every body of a broken run to be one that the phone has, or
// had in one of the earlier views, from its first to its last byte.
func (w *world) wholeBodies(dir string, views ...*contents.View) {
	w.t.Helper()
	if w.device.Spec().BackupPassword != "" {
		return // what the phone sends is not what it has
	}
	views = append(views, w.device.Contents().View())
	for p, sum := range tree(w.t, dir) {
		id, err := hex.DecodeString(filepath.Base(p))
		if err != nil || len(id) != 20 {
			continue
		}
		good := false
		for _, v := range views {
			i, ok := v.Find([20]byte(id))
			good = good || ok && sumBody(w.t, v, i) == sum
		}
		if !good {
			w.t.Errorf("%s is not whole", p)
		}
	}
}

func sumBody(t testing.TB, v *contents.View, i int) [32]byte {
	t.Helper()
	row := v.Row(i)
	h := sha256.New()
	body := v.Body(i)
	if _, err := io.Copy(h, io.NewSectionReader(body, 0, row.Size)); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

func sumFile(path string) ([32]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return [32]byte{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return [32]byte{}, err
	}
	return [32]byte(h.Sum(nil)), nil
}

// tree hashes every file below dir, by its path with slashes.
func tree(t testing.TB, dir string) map[string][32]byte {
	t.Helper()
	sums := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		sums[filepath.ToSlash(rel)], err = sumFile(p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}
