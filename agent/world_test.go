package agent

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilebackup2"
	"homeport/backup/store"
	"homeport/backup/tree/treetest"
	"homeport/configs"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

const (
	udidAnna = "00008120-000A1B2C3D4E5F60"
	udidBen  = "00008130-000B2C3D4E5F6071"
)

// stepLimit bounds each wait for something that must happen.
const stepLimit = 30 * time.Second

// world is a simulated usbmuxd with its phones, a destination, and what the agent
// told. Everything between the socket and the disk is the real thing.
type world struct {
	sim    *simulator.Simulator
	phone  *simulator.Phone // the first one
	mux    *usbmux.Client
	dest   string
	engine backup.Engine
	diary  *diary
	tell   func(Event) // writes the diary
	record *Recorder   // nil: nobody keeps a history

	guard treetest.Guard // of the published versions; a test that changes some itself says Forget

	mu  sync.Mutex
	cfg configs.Config
}

// quick is a phone that costs little: small files, trusted, its passcode typed at
// once.
func quick(udid string) simulator.PhoneSpec {
	return simulator.PhoneSpec{
		UDID: udid, Name: "Phone " + udid[5:8], Seed: 5, Files: 120, Bytes: 1 << 20, Profile: "small",
		Trust: simulator.Trust{Mode: simulator.TrustPaired}, Unplugged: true,
	}
}

// newWorld makes a world in a folder of the test. With no specs it has one quick
// phone, which is not plugged in.
func newWorld(t testing.TB, specs ...simulator.PhoneSpec) *world {
	t.Helper()
	if len(specs) == 0 {
		specs = []simulator.PhoneSpec{quick(udidAnna)}
	}
	sim, err := simulator.Start(simulator.Config{Phones: specs})
	must(t, err)
	t.Cleanup(func() { must(t, sim.Close()) })
	address, err := usbmux.ParseAddress(sim.Addr())
	must(t, err)
	w := &world{
		sim: sim, phone: sim.Phones()[0], mux: usbmux.NewClient(address), dest: t.TempDir() + "/backups",
		engine: mobilebackup2.New(mobilebackup2.Options{}), diary: newDiary(),
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was told:\n%s", w.diary)
		}
	})
	w.tell = w.diary.write
	t.Cleanup(func() { w.watched(t) })
	w.configure(t, nil)
	st, err := store.Create(w.dest, store.Options{})
	must(t, err)
	must(t, st.Close())
	return w
}

// configure loads a configuration that differs from the default by flags; with no
// interval between backups, unless flags say otherwise.
func (w *world) configure(t testing.TB, flags map[string]string) {
	t.Helper()
	all := map[string]string{"destination": w.dest, "min_interval": "0", "reserve": "1MiB"}
	for k, v := range flags {
		all[k] = v
	}
	cfg, err := configs.Load(configs.Options{File: os.DevNull, Flags: all})
	must(t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cfg = cfg
}

func (w *world) config() configs.Config {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cfg
}

// agent makes a new agent of this world.
func (w *world) agent() *Agent {
	native := mobilebackup2.New(mobilebackup2.Options{})
	return New(Options{
		Config: w.config, Mux: w.mux, Engine: w.engine, Passwords: native, Restorer: native, Tell: w.tell, Recorder: w.record,
		Dial: func(l usbmux.Link) Handset { return lockdown.New(w.mux, l) },
	})
}

// start runs an agent until stop, which waits for its end and is safe to repeat.
func (w *world) start(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = w.agent().Run(ctx, watcher) })
	stop = sync.OnceFunc(func() {
		cancel(errStop)
		running.Wait()
		_ = watcher.Close()
	})
	t.Cleanup(stop)
	return stop
}

// link waits until usbmuxd lists the phone, and returns its link.
func (w *world) link(t testing.TB, udid string) usbmux.Link {
	t.Helper()
	var found usbmux.Link
	eventually(t, "usbmuxd lists "+udid, func() bool {
		links, _, err := w.mux.Devices(t.Context())
		for _, l := range links {
			if err == nil && usbmux.SameUDID(l.UDID, udid) {
				found = l
				return true
			}
		}
		return false
	})
	return found
}

// backup makes one backup as the verb does: a watcher beside it, bounded in time.
func (w *world) backup(t testing.TB, r Request) Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	defer watcher.Close()
	o := w.agent().Backup(ctx, watcher, []usbmux.Link{w.link(t, w.phone.UDID())}, r)[0]
	w.watched(t)
	return o
}

// watched holds the versions that are published against what they were when they were
// first seen: after each backup, and at the end of the test.
func (w *world) watched(t testing.TB) {
	t.Helper()
	w.guard.LookAll(t, w.dest)
}

// versions lists the versions of a phone, newest first.
func (w *world) versions(t testing.TB, udid string) []store.Version {
	t.Helper()
	st, err := store.Open(w.dest, store.Options{})
	must(t, err)
	defer st.Close()
	list, err := st.Versions(context.Background(), udid)
	must(t, err)
	return list
}

// published reports whether a path below the destination belongs to a version.
func (w *world) published(path string) bool {
	return strings.Contains(path, "/versions/")
}

// prove reads every byte of the newest version of a phone again.
func (w *world) prove(t testing.TB, udid string) store.Version {
	t.Helper()
	list := w.versions(t, udid)
	if len(list) == 0 || !list[0].Sound() {
		t.Fatalf("no sound version of %s: %+v", udid, list)
	}
	st, err := store.Open(w.dest, store.Options{})
	must(t, err)
	defer st.Close()
	report, err := st.Verify(context.Background(), list[0], store.Full, nil)
	must(t, err)
	if !report.OK {
		t.Fatalf("version %s is damaged: %+v", list[0].ID, report.Damage)
	}
	return list[0]
}

// diary keeps what an agent told.
type diary struct {
	mu     sync.Mutex
	events []Event
	news   chan struct{} // closed and replaced at each event
	read   int
}

func newDiary() *diary { return &diary{news: make(chan struct{})} }

func (d *diary) write(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
	close(d.news)
	d.news = make(chan struct{})
}

// all returns the events of one kind so far.
func (d *diary) all(kind Kind) []Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Event
	for _, e := range d.events {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list
}

// take returns the events so far, and forgets them.
func (d *diary) take() []Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	events := d.events
	d.events, d.read = nil, 0
	return events
}

// await waits for the next event of a kind, and reads on behind it the next time.
// A Failed that is not awaited fails the test.
func (d *diary) await(t testing.TB, kind Kind) Event {
	t.Helper()
	limit := time.NewTimer(stepLimit)
	defer limit.Stop()
	for {
		d.mu.Lock()
		for d.read < len(d.events) {
			e := d.events[d.read]
			d.read++
			if e.Kind == kind || e.Kind == Failed {
				d.mu.Unlock()
				if e.Kind != kind {
					t.Fatalf("waiting for %q: %s failed: %s (%s): %s", kind, e.Phone.Label(), e.Error.Message, e.Cause, e.Error.Detail)
				}
				return e
			}
		}
		news := d.news
		d.mu.Unlock()
		select {
		case <-news:
		case <-limit.C:
			t.Fatalf("waiting for %q: nothing in %v; so far:\n%s", kind, stepLimit, d)
		}
	}
}

// String tells the story so far, without progress.
func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := ""
	for _, e := range d.events {
		if e.Kind != Progress {
			text += fmt.Sprintf("  %s %s %s %s\n", e.Time.Format("05.000"), e.Kind, e.Cause, e.Message)
		}
	}
	return text
}

// eventually polls until ok, or fails the test.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	limit := time.Now().Add(stepLimit)
	for !ok() {
		if time.Now().After(limit) {
			t.Fatalf("not in %v: %s", stepLimit, what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
