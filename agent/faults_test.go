package agent

import (
	"context"
	"maps"
	"os"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
)

// TestMuxDiesInMidRun kills usbmuxd under a backup: the run says so, and goes on
// by itself once usbmuxd is back.
func TestMuxDiesInMidRun(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]time.Duration{"for a moment": 50 * time.Millisecond, "for longer than the grace": 6 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start(t)
			held := w.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 200_000})[0]
			w.phone.Attach()
			<-held.Done()
			killed := time.Now()
			w.sim.Play(simulator.MuxRestart{Down: down})
			if e := w.diary.await(t, Failed); e.Cause != cause.MuxServiceStopped || e.Time.Sub(killed) > toldLimit {
				t.Errorf("after %v: %s: %s", e.Time.Sub(killed), e.Cause, e.Error.Detail)
			}
			held.Cancel()
			w.diary.await(t, Finished)
			w.prove(t, udidAnna)
		})
	}
}

func TestMuxDiesWhileIdle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configure(t, map[string]string{"min_interval": "24h"})
	w.start(t)
	w.diary.await(t, Service)
	w.sim.Play(simulator.MuxRestart{Down: 100 * time.Millisecond})
	w.diary.await(t, Service) // gone
	w.diary.await(t, Service) // back
	w.phone.Attach()
	w.diary.await(t, Finished)
	w.sim.Play(simulator.MuxRestart{Down: 100 * time.Millisecond})
	w.diary.await(t, Service)
	w.diary.await(t, Service)
	w.phone.Detach()
	w.diary.await(t, Unplugged) // the watcher follows the new one
}

// TestMuxHangs has a usbmuxd that takes connections and answers nothing: the try
// ends with that cause, and the next one comes when it answers again.
func TestMuxHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t)
	w.diary.await(t, Service)
	w.phone.Play(simulator.SlowLink{Channel: simulator.ChannelLockdown, BytesPerSecond: 60_000})
	w.phone.Attach()
	eventually(t, "the checks go on", func() bool { return w.phone.Traffic(simulator.ChannelLockdown).Total() > 10_000 })
	hang := w.sim.Play(simulator.MuxHang{})[0]
	if e := w.diary.await(t, Failed); e.Cause != cause.MuxNotAnswering {
		t.Errorf("%s: %s", e.Cause, e.Error.Detail)
	}
	hang.Cancel()
	w.diary.await(t, Finished)
}

func TestImpostorIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t)
	w.phone.SetImpostor(true)
	w.phone.Attach()
	if e := w.diary.await(t, Failed); e.Cause != cause.DeviceIdentityMismatch {
		t.Errorf("%s: %s", e.Cause, e.Error.Detail)
	}
	w.diary.await(t, Skipped)
	if n := w.phone.Traffic(simulator.ChannelBackup).Total(); n != 0 || w.phone.Counts().Handshake != 0 {
		t.Errorf("%d bytes on the backup channel, %+v", n, w.phone.Counts())
	}
}

// TestDestinationVanishes takes the folder away in mid-run, as a drive that is
// pulled, and brings it back: the backup is then made without a re-plug.
func TestDestinationVanishes(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	w := newWorld(t, spec)
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	before := fingerprint(t, w.dest)
	w.phone.Modify(20)
	w.phone.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeManual})
	w.start(t)
	eventually(t, "the passcode is asked for", w.phone.SheetUp)
	must(t, os.Rename(w.dest, w.dest+".away"))
	w.phone.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeEnter})
	w.phone.EnterPasscode()
	if e := w.diary.await(t, Failed); e.Cause != cause.DestinationMissing {
		t.Errorf("%s: %s", e.Cause, e.Error.Detail)
	}
	if _, err := os.Lstat(w.dest); !os.IsNotExist(err) {
		t.Errorf("something was made where the folder was: %v", err)
	}
	must(t, os.Rename(w.dest+".away", w.dest))
	w.diary.await(t, Finished)
	w.prove(t, udidAnna)
	after := fingerprint(t, w.dest)
	for path, p := range before {
		if is, there := after[path]; there && is != p && w.published(path) {
			t.Errorf("%s is not what it was", path)
		}
	}
}

// ender is an engine that has something happen right after a good backup.
type ender struct {
	backup.Engine
	then func(ctx context.Context)
}

func (e ender) Backup(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	r, err := e.Engine.Backup(ctx, job, report)
	e.then(ctx)
	return r, err
}

// TestWhatIsFinishedIsPublished pulls the cable, or stops the agent, when the
// phone has said that it is done: the version is there all the same.
func TestWhatIsFinishedIsPublished(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pulled", "stopped"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var stop func()
			over := make(chan struct{})
			w.engine = ender{w.engine, func(ctx context.Context) {
				if name == "pulled" {
					w.phone.Detach()
				} else {
					go func() { stop(); close(over) }()
				}
				<-ctx.Done()
			}}
			stop = w.start(t)
			w.phone.Attach()
			w.diary.await(t, Finished)
			if name == "stopped" {
				<-over
			}
			w.prove(t, udidAnna)
			if n := len(w.diary.all(Failed)); n != 0 {
				t.Errorf("it is told as a failure too:\n%s", w.diary)
			}
		})
	}
}

// TestStopKeepsWhatCame stops the agent in mid-run: it ends soon, the partial
// stays, and the next run goes on in it.
func TestStopKeepsWhatCame(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Files, spec.Bytes = 400, 4<<20
	w := newWorld(t, spec)
	stop := w.start(t)
	held := w.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 3 << 20})[0]
	w.phone.Attach()
	<-held.Done()
	began := time.Now()
	stop()
	if d := time.Since(began); d > toldLimit {
		t.Errorf("it took %v to stop", d)
	}
	if e := w.diary.await(t, Failed); e.Cause != cause.HostShutdown {
		t.Errorf("%s: %s", e.Cause, e.Error.Detail)
	}
	held.Cancel()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	w.prove(t, udidAnna)
	if kept := w.phone.Agent().Stats().KeptBytes; kept < 1<<20 {
		t.Errorf("only %d bytes were not sent again", kept)
	}
}

// TestNothingIsLeftOpen compares goroutines and descriptors after many visits
// with those after a few. It runs alone.
func TestNothingIsLeftOpen(t *testing.T) {
	w := newWorld(t)
	w.phone.Attach()
	visits := func(n int) {
		for range n {
			if o := w.backup(t, Request{}); o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		for range n {
			stop := w.start(t)
			w.diary.await(t, Finished)
			stop()
		}
	}
	visits(1)
	few := openNow(t)
	visits(4)
	if many := openNow(t); !maps.Equal(few, many) {
		t.Errorf("after few visits %v, after many %v", few, many)
	}
}

// openNow counts goroutines and descriptors, once they have come to rest.
func openNow(t *testing.T) map[string]int {
	t.Helper()
	var last map[string]int
	same := 0
	eventually(t, "goroutines come to rest", func() bool {
		now := map[string]int{"goroutines": goroutines(), "descriptors": descriptors()}
		if same++; !maps.Equal(now, last) {
			same = 0
		}
		last = now
		return same > 20
	})
	return last
}
