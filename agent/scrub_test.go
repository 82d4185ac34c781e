package agent

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/preflight"
)

// spoil changes one body of a version in place, as a drive does.
func spoil(t testing.TB, version string) {
	t.Helper()
	var body string
	must(t, filepath.WalkDir(version, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && len(d.Name()) == 40 && body == "" {
			if info, err := d.Info(); err == nil && info.Size() > 0 {
				body = path
			}
		}
		return err
	}))
	data, err := os.ReadFile(body)
	must(t, err)
	data[0] ^= 1
	must(t, os.WriteFile(body, data, 0o600))
}

// TestScrubTellsOnce has the drive spoil a file of two versions: the daemon finds it
// when it has nothing else to do, and tells it once; not from the battery, and not
// when the settings say never.
func TestScrubTellsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	for range 2 {
		if o := w.backup(t, Request{}); o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	spoil(t, w.versions(t, udidAnna)[0].Path)
	w.guard.Forget(w.dest)
	damaged := func() (n int) {
		for _, e := range w.diary.all(Service) {
			if e.Cause == cause.VersionDamaged {
				n++
				if e.Phone == nil || e.Phone.Name == "" || e.Error == nil || !strings.Contains(e.Message, "Domain") {
					t.Errorf("told as %+v", e)
				}
			}
		}
		return n
	}
	a := w.agent()
	for name, c := range map[string]struct {
		every   string
		battery preflight.Battery
	}{"never": {"0", preflight.Battery{}}, "not due": {"30d", preflight.Battery{}}, "battery": {"0.001s", preflight.Battery{Present: true}}} {
		w.configure(t, map[string]string{"scrub.every": c.every})
		a.opts.Computer.Battery = func(context.Context) (preflight.Battery, error) { return c.battery, nil }
		a.scrubDue(t.Context())
		if damaged() != 0 {
			t.Errorf("%s: told %d times", name, damaged())
		}
	}
	w.configure(t, map[string]string{"scrub.every": "0.001s"})
	a.opts.Computer.Battery = func(context.Context) (preflight.Battery, error) {
		return preflight.Battery{Present: true, External: true}, nil
	}
	a.scrubDue(t.Context())
	if damaged() != 2 {
		t.Errorf("told %d times", damaged())
	}
	a.scrubDue(t.Context())
	if damaged() != 2 {
		t.Errorf("told again: %d times", damaged())
	}
	for _, v := range w.versions(t, udidAnna) {
		if v.Sound() {
			t.Errorf("not marked: %+v", v)
		}
	}
	if o := w.backup(t, Request{}); o.Err != nil || !o.Result.Full {
		t.Errorf("the next run: %+v, %v", o.Result, o.Err)
	}
	w.prove(t, udidAnna)
}

// TestScrubByTheDaemon has the running agent find it by itself.
func TestScrubByTheDaemon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	w.phone.Detach()
	spoil(t, w.versions(t, udidAnna)[0].Path)
	w.guard.Forget(w.dest)
	w.configure(t, map[string]string{"scrub.every": "0.001s"})
	a := w.agent()
	a.calm.pause = time.Millisecond
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan struct{})
	go func() { a.scrubs(ctx); close(done) }()
	if e := w.diary.await(t, Service); e.Cause != cause.VersionDamaged {
		t.Errorf("told %+v", e)
	}
	cancel(errStop)
	<-done
}

// TestCalm holds when something may be read, and that it ends at once.
func TestCalm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := calm{pause: scrubPause}
		c.disturb()
		begun := time.Now()
		must(t, c.wait(t.Context()))
		if waited := time.Since(begun); waited != scrubPause {
			t.Errorf("waited %v", waited)
		}
		ctx, done := c.during(t.Context())
		if ctx.Err() != nil {
			t.Error("it ended before anything happened")
		}
		c.disturb()
		if context.Cause(ctx) != errDisturbed {
			t.Errorf("a phone came, and it goes on: %v", context.Cause(ctx))
		}
		done()
		leave := c.enter()
		time.AfterFunc(time.Hour, leave)
		begun = time.Now()
		must(t, c.wait(t.Context()))
		if waited := time.Since(begun); waited < time.Hour+scrubPause || waited > time.Hour+2*scrubPause {
			t.Errorf("waited %v for a backup of an hour", waited)
		}
		leave = c.enter()
		if ctx, done := c.during(t.Context()); ctx.Err() == nil {
			t.Error("it began under a backup")
		} else {
			done()
		}
		leave()
	})
}

// TestScrubEndsOnBattery unplugs the computer while versions are read.
func TestScrubEndsOnBattery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		a := New(Options{})
		a.opts.Computer.Battery = func(context.Context) (preflight.Battery, error) {
			return preflight.Battery{Present: true, External: time.Since(begun) < time.Hour}, nil
		}
		ctx, done := a.untilBattery(t.Context())
		<-ctx.Done()
		if on := time.Since(begun); on < time.Hour || on > time.Hour+batteryLook || context.Cause(ctx) != errBattery {
			t.Errorf("after %v: %v", on, context.Cause(ctx))
		}
		done()
		ctx, done = a.untilBattery(t.Context())
		done()
		if context.Cause(ctx) == errBattery {
			t.Error("ended for another reason than the end")
		}
	})
}
