package agent

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// trap is a world in which something panics for Anna's phone, in one place, while Ben's is
// backed up.
type trap struct {
	*world
	sprung atomic.Int32
	agent  *Agent
}

// breaks panics for Anna's phone.
func (tr *trap) breaks(udid string) {
	if usbmux.SameUDID(udid, udidAnna) {
		tr.sprung.Add(1)
		panic("a mistake of ours")
	}
}

// brittleEngine panics before, in the middle of, or in a report of a backup.
type brittleEngine struct {
	backup.Engine
	trap  *trap
	where string
}

func (e brittleEngine) Backup(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	if e.where == "begin" {
		e.trap.breaks(job.UDID)
	}
	if e.where == "middle" {
		job.Phone = brittlePhone{job.Phone, func(string) { e.trap.breaks(job.UDID) }}
	}
	result, err := e.Engine.Backup(ctx, job, report)
	if e.where == "end" {
		e.trap.breaks(job.UDID)
	}
	return result, err
}

// brittlePhone panics when a service is opened.
type brittlePhone struct {
	backup.Phone
	breaks func(service string)
}

func (p brittlePhone) Open(ctx context.Context, service string) (net.Conn, error) {
	p.breaks(service)
	return p.Phone.Open(ctx, service)
}

// brittleHandset panics when it is asked something.
type brittleHandset struct {
	Handset
	facts, values func()
}

func (h brittleHandset) Facts(ctx context.Context) (lockdown.Facts, error) {
	h.facts()
	return h.Handset.Facts(ctx)
}

func (h brittleHandset) Values(ctx context.Context, domain string) (map[string]any, error) {
	h.values()
	return h.Handset.Values(ctx, domain)
}

// TestPanicEndsNothingElse has one phone's handling panic in one place after the other. The
// other phone is backed up, the failure is told as something unexpected, nothing of the phone's is
// published, held or left, and it is not tried in a tight loop.
func TestPanicEndsNothingElse(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*trap, *Options){
		"as the engine begins": func(tr *trap, o *Options) { o.Engine = brittleEngine{o.Engine, tr, "begin"} },
		"in the engine":        func(tr *trap, o *Options) { o.Engine = brittleEngine{o.Engine, tr, "middle"} },
		"as the engine ends":   func(tr *trap, o *Options) { o.Engine = brittleEngine{o.Engine, tr, "end"} },
		"in what reads values": func(tr *trap, o *Options) {
			dial := o.Dial
			o.Dial = func(l usbmux.Link) Handset {
				h := brittleHandset{dial(l), func() {}, func() { tr.breaks(l.UDID) }}
				return h
			}
		},
		"in what greets": func(tr *trap, o *Options) {
			dial := o.Dial
			o.Dial = func(l usbmux.Link) Handset {
				return brittleHandset{dial(l), func() { tr.breaks(l.UDID) }, func() {}}
			}
		},
		"in what dials": func(tr *trap, o *Options) {
			dial := o.Dial
			o.Dial = func(l usbmux.Link) Handset { tr.breaks(l.UDID); return dial(l) }
		},
		"in what hears of progress": func(tr *trap, o *Options) {
			tell := o.Tell
			o.Tell = func(e Event) {
				tell(e)
				if e.Kind == Progress && e.Phone != nil {
					tr.breaks(e.Phone.UDID)
				}
			}
		},
		"in what hears of all": func(tr *trap, o *Options) {
			tell := o.Tell
			o.Tell = func(e Event) {
				tell(e)
				tr.sprung.Add(1)
				panic("in a teller")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := &trap{world: newWorld(t, quick(udidAnna), quick(udidBen))}
			tr.agent = tr.world.agent()
			set(tr, &tr.agent.opts)
			tr.live(t, strings.HasPrefix(name, "in what hears"))
		})
	}
}

// live plugs both phones in and holds what must hold. With harmless, Anna's is backed up too.
func (tr *trap) live(t *testing.T, harmless bool) {
	ctx, cancel := context.WithCancelCause(context.Background())
	watcher := usbmux.NewWatcher(tr.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	defer watcher.Close()
	ended := make(chan error, 1)
	go func() { ended <- tr.agent.Run(ctx, watcher) }()
	tr.sim.Phone(udidAnna).Attach()
	eventually(t, "it panics", func() bool { return tr.sprung.Load() > 0 })
	tr.sim.Phone(udidBen).Attach()
	eventually(t, "the other is backed up", func() bool { return len(tr.versions(t, udidBen)) == 1 })
	if harmless {
		eventually(t, "this one too", func() bool { return len(tr.versions(t, udidAnna)) == 1 })
	} else {
		eventually(t, "it is told", func() bool { return len(tr.panics())+len(tr.diary.all(Failed)) > 0 })
	}
	tried := tr.sprung.Load()
	<-time.After(50 * time.Millisecond) // for a loop to show
	if more := tr.sprung.Load() - tried; more > 3 && !harmless {
		t.Errorf("tried again %d times at once", more)
	}
	cancel(errStop)
	<-ended
	if harmless {
		return
	}
	for _, e := range tr.diary.all(Failed) {
		if e.Cause != cause.Unknown || e.Stack == "" {
			t.Errorf("told %+v", e)
		}
	}
	for _, e := range tr.panics() {
		inCheck := e.Error.ExitCode == cause.ExitRefused
		if e.Cause != cause.Unknown || e.Error.ExitCode != cause.ExitUnexpected && !inCheck || !strings.Contains(e.Stack, "breaks") || strings.Contains(e.Error.Message+e.Error.Detail+e.Message, "goroutine") {
			t.Errorf("told %+v: %+v", e, e.Error)
		}
	}
	if list := tr.versions(t, udidAnna); len(list) > 0 {
		t.Errorf("published: %+v", list)
	}
	left, _ := os.ReadDir(filepath.Join(tr.dest, ".homeport", udidAnna, "staging"))
	if len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
	st, err := store.Open(tr.dest, store.Options{})
	must(t, err)
	defer st.Close()
	stage, err := st.Begin(t.Context(), udidAnna)
	if err != nil {
		t.Fatalf("its folder is still held: %v", err)
	}
	must(t, stage.Discard())
}

// panics are the events that tell of one.
func (tr *trap) panics() []Event {
	var list []Event
	for _, kind := range []Kind{Failed, Service} {
		for _, e := range tr.diary.all(kind) {
			if e.Stack != "" {
				list = append(list, e)
			}
		}
	}
	return list
}

// TestPanicIsTriedAgainByTheRule lets a bubble's day pass for an engine and for a schedule that
// panic each time.
func TestPanicIsTriedAgainByTheRule(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.does(func(context.Context) error { panic("each time") })
		s.attach()
		s.pass(24 * time.Hour)
		if n := len(s.tries()); n < 2 || n > retryMost {
			t.Errorf("tried %d times: %v", n, s.tries())
		}
		for _, e := range s.diary.all(Failed) {
			if e.Cause != cause.Unknown || e.Stack == "" {
				t.Errorf("told %+v", e)
			}
		}
	})
}

// TestScrubPanics begins anew an hour later, and the agent lives on.
func TestScrubPanics(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		var asked atomic.Int64
		broken := func() (preflight.Battery, error) {
			asked.Add(1)
			panic("in the battery")
		}
		s.battery.Store(&broken)
		s.pass(3 * time.Hour)
		if n := asked.Load(); n < 2 || n > 5 {
			t.Errorf("asked %d times", n)
		}
		if list := s.diary.all(Service); len(list) != int(asked.Load()) || list[0].Stack == "" {
			t.Errorf("told %+v", list)
		}
		s.battery.Store(nil)
		s.engine.fails(cause.TransferStalled)
		s.attach()
		s.pass(time.Minute)
		if len(s.tries()) != 1 {
			t.Error("the agent does nothing any more")
		}
	})
}
