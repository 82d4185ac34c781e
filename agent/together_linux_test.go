package agent

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilebackup2"
	"homeport/backup/store"
	"homeport/backup/tree/treetest"
	"homeport/cause"
	"homeport/configs"
	"homeport/simulator"
	"homeport/usbmux"
)

// TestTwoRunsOnOneDisk backs two phones up at the same time, into two destinations on
// one disk, which something else fills meanwhile until it has room for one of them. The
// second is told that it is full; the first, which it stood in no way of, becomes a
// version.
func TestTwoRunsOnOneDisk(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, engine func(*world) backup.Engine) {
		anna, ben := quick(udidAnna), quick(udidBen)
		for _, spec := range []*simulator.PhoneSpec{&anna, &ben} {
			spec.Files, spec.Bytes, spec.Unplugged = 60, 12<<20, false
			spec.Disk = simulator.Disk{Total: 1 << 30, Available: 1<<30 - 20<<20}
		}
		w := newWorld(t, anna, ben)
		m := treetest.NewMount(t, "tmpfs", 256<<20, "")
		w.dest = filepath.Join(m.Dir, "one")
		other := filepath.Join(m.Dir, "two")
		for _, dir := range []string{w.dest, other} {
			st, err := store.Create(dir, store.Options{})
			must(t, err)
			must(t, st.Close())
		}
		w.configure(t, map[string]string{"reserve": "0"})
		w.second(udidBen, other)
		w.engine = engine(w)
		both := w.agent()
		for _, udid := range []string{udidAnna, udidBen} {
			if o := w.backupOf(t, both, udid); o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		first, second := w.held(t, both, w.sim.Phone(udidAnna)), w.held(t, both, w.sim.Phone(udidBen))
		room := int64(16 << 20) // each has 11 MiB to come
		if _, native := w.engine.(*mobilebackup2.Engine); !native {
			room += 32 << 20 // the tool is to leave so much
		}
		m.Leave(room)
		o := second()
		if id := causeOf(o.Err); id != cause.HostDiskFullDuring {
			t.Errorf("the second: told as %s: %v", id, o.Err)
		}
		if left, err := os.ReadDir(filepath.Join(other, ".homeport", udidBen, "staging")); err != nil || len(left) > 0 {
			t.Errorf("the second left %v, %v", left, err)
		}
		if o := first(); o.Err != nil {
			t.Errorf("the first: %v", o.Err)
		}
		w.prove(t, udidAnna)
	})
}

// held begins a backup of a phone that stops after a megabyte, and answers what lets it
// go on and gives its end.
func (w *world) held(t *testing.T, a *Agent, p *simulator.Phone) (end func() Outcome) {
	t.Helper()
	held := p.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 1 << 20})[0]
	done := make(chan Outcome, 1)
	go func() { done <- w.backupOf(t, a, p.UDID()) }()
	select {
	case <-held.Done():
	case o := <-done:
		t.Fatalf("%s did not begin: %v", p.UDID(), o.Err)
	}
	return func() Outcome {
		held.Cancel()
		return <-done
	}
}

// second gives a phone a destination of its own.
func (w *world) second(udid, dest string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cfg.Phones = append(w.cfg.Phones, configs.Phone{UDID: udid, Destination: dest})
}

// backupOf makes one full backup of a phone with this agent.
func (w *world) backupOf(t *testing.T, a *Agent, udid string) Outcome {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	defer watcher.Close()
	return a.Backup(ctx, watcher, []usbmux.Link{w.link(t, udid)}, Request{Full: true})[0]
}

// fileLimitEnv says to the test binary that it runs with a limit on the length of files.
const fileLimitEnv = "HOMEPORT_TEST_FILE_LIMIT"

// TestFileLimit backs up where a file may have no more than 600,000 bytes, in a process
// of its own, since the limit is the process's. It is told as that.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	if os.Getenv(fileLimitEnv) == "" {
		cmd := exec.Command("prlimit", "--fsize=600000", os.Args[0], "-test.run", "^TestFileLimit$", "-test.v")
		cmd.Env = append(os.Environ(), fileLimitEnv+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	onBothEngines(t, func(t *testing.T, engine func(*world) backup.Engine) {
		spec := quick(udidAnna)
		spec.Files, spec.Bytes, spec.Profile = 4, 8<<20, ""
		w := newWorld(t, spec)
		w.engine = engine(w)
		w.phone.Attach()
		o := w.backup(t, Request{})
		if id := causeOf(o.Err); id != cause.DestinationFileLimit {
			t.Errorf("told as %s: %v", id, o.Err)
		}
		if left, err := os.ReadDir(filepath.Join(w.dest, ".homeport", udidAnna, "staging")); err != nil || len(left) > 0 {
			t.Errorf("it left %v, %v", left, err)
		}
		if list := w.versions(t, udidAnna); len(list) > 0 {
			t.Errorf("versions: %v", list)
		}
	})
}
