package agent

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// stage is an agent on the clock of a synctest bubble, between a scripted
// watcher, phone and engine. Only the store is real.
type stage struct {
	events  chan usbmux.Event
	phone   *fakePhone
	engine  *fakeEngine
	diary   *diary
	begun   time.Time
	dest    string
	stop    context.CancelCauseFunc
	ended   chan error
	next    int // DeviceID
	link    usbmux.Link
	left    atomic.Bool // usbmuxd does not list it any more
	agent   *Agent
	asleep  atomic.Int64                                      // the computer, in all, in ns
	battery atomic.Pointer[func() (preflight.Battery, error)] // nil: there is none
}

// play runs a story in a bubble. The agent is stopped at its end; synctest fails
// the test when anything of it goes on after that.
func play(t *testing.T, flags map[string]string, story func(t *testing.T, s *stage)) {
	t.Helper()
	t.Parallel()
	dest := cmp.Or(flags["destination"], t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		all := map[string]string{"destination": dest, "min_interval": "0", "reserve": "1MiB"}
		for k, v := range flags {
			all[k] = v
		}
		cfg, err := configs.Load(configs.Options{File: os.DevNull, Flags: all})
		must(t, err)
		st, err := store.Create(dest, store.Options{})
		must(t, err)
		must(t, st.Close())
		s := &stage{
			events: make(chan usbmux.Event), phone: &fakePhone{}, engine: &fakeEngine{}, diary: newDiary(),
			dest: dest, begun: time.Now(), ended: make(chan error, 1),
		}
		ctx, stop := context.WithCancelCause(t.Context())
		s.stop = stop
		a := New(Options{
			Config: func() configs.Config { return cfg }, Mux: fakeMux{s}, Engine: s.engine, Tell: s.diary.write,
			Dial: func(usbmux.Link) Handset { return s.phone },
		})
		s.agent = a
		a.opts.Computer.Battery = s.power
		a.opts.Asleep = func() time.Duration { return time.Duration(s.asleep.Load()) }
		go func() { s.ended <- a.Run(ctx, s) }()
		story(t, s)
		stop(errStop)
		synctest.Wait()
		select {
		case err := <-s.ended:
			if !errors.Is(err, errStop) {
				t.Errorf("Run = %v", err)
			}
		default:
			t.Error("Run has not ended at once")
			<-s.ended
		}
	})
}

// power tells of the computer's battery, as the story has it; else there is none.
func (s *stage) power(context.Context) (preflight.Battery, error) {
	if ask := s.battery.Load(); ask != nil {
		return (*ask)()
	}
	return preflight.Battery{}, nil
}

// Events makes the stage a Watcher.
func (s *stage) Events() <-chan usbmux.Event { return s.events }

func (s *stage) attach() usbmux.Link {
	s.next++
	s.link = usbmux.Link{DeviceID: s.next, UDID: udidAnna, Connection: usbmux.USB, SpeedBitsPerSecond: 480_000_000}
	s.events <- usbmux.Event{Kind: usbmux.Attached, Link: s.link}
	synctest.Wait()
	return s.link
}

func (s *stage) detach(l usbmux.Link) {
	s.events <- usbmux.Event{Kind: usbmux.Detached, Link: l}
	synctest.Wait()
}

// pass lets time go by.
func (s *stage) pass(d time.Duration) {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
}

// tries are the times of the engine's runs since the beginning.
func (s *stage) tries() []time.Duration {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	var list []time.Duration
	for _, at := range s.engine.begun {
		list = append(list, at.Sub(s.begun).Round(time.Second))
	}
	return list
}

// fakeMux lists the link that was attached last.
type fakeMux struct{ s *stage }

func (m fakeMux) Address() usbmux.Address { return usbmux.Address{Network: "tcp", Addr: "memory"} }

func (m fakeMux) Devices(context.Context) ([]usbmux.Link, []error, error) {
	if m.s.left.Load() {
		return nil, nil, nil
	}
	return []usbmux.Link{m.s.link}, nil, nil
}

// fakePhone is a trusted phone in good order, unless told otherwise.
type fakePhone struct {
	mu       sync.Mutex
	locked   bool
	version  string      // of iOS; "": 18.5
	asked    []time.Time // for facts
	sessions int
	trust    error
	pair     func(ctx context.Context, report func(lockdown.PairState)) error
}

func (p *fakePhone) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *fakePhone) Facts(context.Context) (lockdown.Facts, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, time.Now())
	locked := p.locked
	version := cmp.Or(p.version, "18.5")
	return lockdown.Facts{
		UDID: udidAnna, DeviceName: "Anna", ProductType: "iPhone14,2", ProductVersion: version, ActivationState: "Activated",
		PasswordProtected: &locked,
	}, nil
}

func (p *fakePhone) Trust(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions++
	return p.trust
}

func (p *fakePhone) Pair(ctx context.Context, report func(lockdown.PairState)) error {
	return p.pair(ctx, report)
}

func (p *fakePhone) TrySyncLock(context.Context) (func() error, error) {
	return func() error { return nil }, nil
}

func (p *fakePhone) Values(_ context.Context, domain string) (map[string]any, error) {
	if domain == "" {
		return map[string]any{"UniqueDeviceID": udidAnna}, nil
	}
	return map[string]any{}, nil
}

func (p *fakePhone) Open(context.Context, string) (net.Conn, error) { return nil, io.EOF }

func (p *fakePhone) Close() error { return nil }

// fakeEngine fails each run as it is told.
type fakeEngine struct {
	mu      sync.Mutex
	begun   []time.Time
	running int
	most    int
	run     func(ctx context.Context) error
	write   func(ctx context.Context, job backup.Job) (backup.Result, error) // instead of run
	report  func(backup.Progress)                                            // of the newest run
}

// says has the newest run report something.
func (e *fakeEngine) says(p backup.Progress) {
	e.mu.Lock()
	report := e.report
	e.mu.Unlock()
	report(p)
}

func (e *fakeEngine) Backup(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	e.mu.Lock()
	e.begun = append(e.begun, time.Now())
	e.running++
	e.most = max(e.most, e.running)
	run, write := e.run, e.write
	e.report = report
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.running--
		e.mu.Unlock()
	}()
	if write != nil {
		return write(ctx, job)
	}
	return backup.Result{}, run(ctx)
}

// fails has each run fail with a cause.
func (e *fakeEngine) fails(id cause.ID) {
	e.does(func(context.Context) error { return cause.New(id, nil, errors.New("as told")) })
}

// holds has each run go on until its context ends, and then for so long.
func (e *fakeEngine) holds(longer time.Duration) {
	e.does(func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(longer) // the bubble's clock
		return context.Cause(ctx)
	})
}

func (e *fakeEngine) does(run func(ctx context.Context) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.run = run
}
