package usbmux

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// world is a usbmuxd in the memory of a test, for the watcher to live with.
type world struct {
	mu        sync.Mutex
	wg        sync.WaitGroup
	down      bool // nobody listens
	mute      bool // connections are taken, nothing is answered
	devices   map[int]string
	listeners map[*peer]bool
	conns     []net.Conn
	dials     []time.Time
	lists     int
}

func newWorld() *world {
	return &world{devices: map[int]string{}, listeners: map[*peer]bool{}}
}

// watch opens a watcher on the world; done ends both.
func (w *world) watch(t *testing.T, opts WatcherOptions) (watcher *Watcher, done func()) {
	c := NewClient(Address{Network: "tcp", Addr: "memory"})
	c.dial = func(ctx context.Context) (net.Conn, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.dials = append(w.dials, time.Now())
		if w.down {
			return nil, c.dialError(ctx, syscall.ECONNREFUSED)
		}
		ours, theirs := net.Pipe()
		w.conns = append(w.conns, theirs)
		w.wg.Go(func() { w.serve(&peer{Conn: theirs}) })
		return ours, nil
	}
	watcher = NewWatcher(c, opts)
	if err := watcher.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return watcher, func() {
		if err := watcher.Close(); err != nil {
			t.Error(err)
		}
		w.die()
		w.wg.Wait()
	}
}

func (w *world) serve(p *peer) {
	defer p.Close()
	for {
		request, err := p.request()
		if err != nil {
			w.mu.Lock()
			delete(w.listeners, p)
			w.mu.Unlock()
			return
		}
		w.mu.Lock()
		mute := w.mute
		var list []any
		for id, udid := range w.devices {
			list = append(list, attached(id, udid))
		}
		kind, _ := request.String("MessageType")
		if kind == "ListDevices" {
			w.lists++
		} else if !mute {
			w.listeners[p] = true
		}
		w.mu.Unlock()
		switch {
		case mute:
		case kind == "ListDevices":
			err = p.reply(map[string]any{"DeviceList": list})
		default:
			err = p.reply(result(0))
			for _, entry := range list {
				if err == nil {
					err = p.send(0, entry)
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// die drops every connection, as a killed usbmuxd does.
func (w *world) die() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// tell sends an event to every listener.
func (w *world) tell(v any) {
	w.mu.Lock()
	var all []*peer
	for p := range w.listeners {
		all = append(all, p)
	}
	w.mu.Unlock()
	for _, p := range all {
		_ = p.send(0, v)
	}
}

func (w *world) attach(id int, udid string) {
	w.set(func() { w.devices[id] = udid })
	w.tell(attached(id, udid))
}

func (w *world) detach(id int) {
	w.set(func() { delete(w.devices, id) })
	w.tell(map[string]any{"MessageType": "Detached", "DeviceID": id})
}

// expect wants these events and, for the moment, no others.
func expect(t *testing.T, watcher *Watcher, want ...string) {
	t.Helper()
	synctest.Wait()
	var got []string
	for {
		select {
		case e, open := <-watcher.Events():
			if !open {
				t.Fatalf("the watcher ended after %v", got)
			}
			got = append(got, describe(e))
			synctest.Wait()
			continue
		default:
		}
		break
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func describe(e Event) string {
	switch e.Kind {
	case ServiceDown, Nonsense:
		id, _ := cause.Of(e.Err)
		return fmt.Sprintf("%s %s", e.Kind, id)
	case ServiceUp:
		return string(e.Kind)
	}
	return fmt.Sprintf("%s %d %s", e.Kind, e.Link.DeviceID, e.Link.UDID[:4])
}

func TestWatcherTellsWhoComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.devices[1] = udidA
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		expect(t, watcher, "serviceUp", "attached 1 0000")
		w.attach(2, udidB)
		expect(t, watcher, "attached 2 0123")
		w.attach(2, udidB) // told twice
		expect(t, watcher)
		w.tell(map[string]any{"MessageType": "Paired", "DeviceID": 2})
		expect(t, watcher, "paired 2 0123")
		w.detach(1) // tells only the id: the event knows the phone
		expect(t, watcher, "detached 1 0000")
		w.detach(1)
		w.detach(77)
		w.tell(map[string]any{"MessageType": "Paired", "DeviceID": 77})
		w.tell(map[string]any{"MessageType": "Tomorrow"})
		expect(t, watcher)
		w.attach(2, udidA) // another phone under a known id
		expect(t, watcher, "detached 2 0123", "attached 2 0000")
	})
}

func TestWatcherFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		expect(t, watcher, "serviceUp")
		var want []string
		go func() {
			for id := 1; id <= 200; id++ {
				w.attach(id, udidA)
				w.detach(id)
			}
		}()
		for id := 1; id <= 200; id++ {
			want = append(want, fmt.Sprintf("attached %d 0000", id), fmt.Sprintf("detached %d 0000", id))
		}
		expect(t, watcher, want...)
	})
}

func TestWatcherSurvivesNonsense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		expect(t, watcher, "serviceUp")
		for _, v := range []any{
			[]any{}, map[string]any{}, map[string]any{"MessageType": 5}, map[string]any{"MessageType": "Detached", "DeviceID": "1"},
			map[string]any{"MessageType": "Attached", "DeviceID": 5}, attached(6, "../../x"), attached(0, udidA),
		} {
			w.tell(v)
			expect(t, watcher, "nonsense protocol-error")
		}
		w.attach(1, udidA)
		expect(t, watcher, "attached 1 0000")
		// Nothing but nonsense is no service.
		for range maxNonsense {
			w.tell("x")
		}
		want := append(strings.Split(strings.Repeat("nonsense protocol-error,", maxNonsense), ",")[:maxNonsense], "serviceDown protocol-error")
		expect(t, watcher, want...)
		time.Sleep(time.Second)
		expect(t, watcher, "serviceUp") // and the link is still the same
	})
}

func TestWatcherBrokenFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		expect(t, watcher, "serviceUp")
		w.set(func() {
			for p := range w.listeners {
				go func() { _ = p.frame(3, 1, 8, 0, nil) }()
			}
		})
		expect(t, watcher, "serviceDown protocol-error")
		time.Sleep(time.Second)
		expect(t, watcher, "serviceUp")
	})
}

func TestWatcherOutlivesRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.devices[1], w.devices[2] = udidA, udidB
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		synctest.Wait()
		for range 3 {
			<-watcher.Events()
		}
		// It dies without a Detached and comes back with the phones' ids anew.
		w.set(func() { w.down = true })
		w.die()
		expect(t, watcher, "serviceDown mux-service-stopped")
		w.set(func() { w.down, w.devices = false, map[int]string{1: udidA, 3: udidB} })
		time.Sleep(time.Second)
		expect(t, watcher, "serviceUp", "detached 2 0123", "attached 3 0123")
		// It stays away: after the grace no link is left, and each reason is told once.
		w.set(func() { w.down = true })
		w.die()
		expect(t, watcher, "serviceDown mux-service-stopped")
		time.Sleep(4 * time.Second)
		expect(t, watcher, "serviceDown mux-service-not-running")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		gone := map[string]bool{}
		for range 2 {
			gone[describe(<-watcher.Events())] = true
		}
		if !gone["detached 1 0000"] || !gone["detached 3 0123"] {
			t.Errorf("gone: %v", gone)
		}
		time.Sleep(time.Hour)
		expect(t, watcher)
	})
}

func TestWatcherBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.down = true
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		expect(t, watcher, "serviceDown mux-service-not-running")
		time.Sleep(3 * time.Minute)
		expect(t, watcher)
		w.set(func() {
			var pauses []time.Duration
			for i := 1; i < len(w.dials); i++ {
				pauses = append(pauses, w.dials[i].Sub(w.dials[i-1]))
			}
			if got := fmt.Sprint(pauses); !strings.HasPrefix(got, "[1s 2s 4s 8s 16s 30s 30s 30s") {
				t.Errorf("pauses %s", got)
			}
		})
	})
}

func TestWatcherHungService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.devices[1] = udidA
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		expect(t, watcher, "serviceUp", "attached 1 0000")
		// The listening connection stays open and silent: only the comparison tells.
		w.set(func() { w.mute = true })
		time.Sleep(5*time.Minute + muxTimeout - time.Second)
		expect(t, watcher)
		time.Sleep(time.Second)
		expect(t, watcher, "serviceDown mux-not-answering")
		time.Sleep(2 * muxTimeout)
		expect(t, watcher, "detached 1 0000")
	})
}

func TestWatcherReconciles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.devices[1] = udidA
		watcher, done := w.watch(t, WatcherOptions{})
		defer done()
		expect(t, watcher, "serviceUp", "attached 1 0000")
		w.set(func() { w.devices = map[int]string{2: udidB} }) // never told
		time.Sleep(5*time.Minute - time.Second)
		expect(t, watcher)
		time.Sleep(time.Second)
		expect(t, watcher, "detached 1 0000", "attached 2 0123")
	})
}

func TestWatcherLinkLimit(t *testing.T) {
	t.Parallel()
	table := linkTable{}
	var last []Event
	for id := 1; id <= maxLinks+1; id++ {
		last = table.attach(Link{DeviceID: id, UDID: udidA, Connection: USB})
	}
	if len(table) != maxLinks || len(last) != 1 || last[0].Kind != Nonsense {
		t.Errorf("%d links, last %v", len(table), last)
	}
	if gone := table.relist(nil); len(gone) != maxLinks || len(table) != 0 {
		t.Errorf("%d gone, %d left", len(gone), len(table))
	}
}

// TestWatcherSeesANewSocket waits for real: a socket in the file system.
func TestWatcherSeesANewSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), "s")
	c := NewClient(Address{Network: "unix", Addr: path})
	watcher := NewWatcher(c, WatcherOptions{MinBackoff: time.Hour, MaxBackoff: time.Hour, SocketPoll: 10 * time.Millisecond})
	if err := watcher.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	if e := <-watcher.Events(); e.Kind != ServiceDown || !isCause(e.Err, cause.MuxServiceNotRunning) {
		t.Fatalf("%v", e)
	}
	for range 3 { // a socket appears, dies stale, and is replaced
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		served := make(chan struct{})
		w := newWorld()
		go func() {
			defer close(served)
			for range 2 { // Listen and ListDevices
				conn, err := l.Accept()
				if err != nil {
					return
				}
				w.conns = append(w.conns, conn)
				w.wg.Go(func() { w.serve(&peer{Conn: conn}) })
			}
		}()
		inTime(t, 2*time.Second, func() {
			if e := <-watcher.Events(); e.Kind != ServiceUp {
				t.Errorf("%v", e)
			}
		})
		<-served
		_ = l.Close()
		w.die()
		w.wg.Wait()
		if e := <-watcher.Events(); e.Kind != ServiceDown {
			t.Errorf("%v", e)
		}
		// The stale socket makes way as usbmuxd's own start does.
		if err := errors.Join(syscall.Unlink(path)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWatcherLife(t *testing.T) {
	t.Parallel()
	never := NewWatcher(NewClient(DefaultAddress()), WatcherOptions{})
	for range 2 {
		if err := never.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := never.Open(t.Context()); err == nil {
		t.Error("a closed watcher was opened")
	}
	if _, open := <-never.Events(); open {
		t.Error("its events go on")
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := NewWatcher(NewClient(Address{Network: "unix", Addr: "/nowhere/at/all"}), WatcherOptions{})
	if err := w.Open(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.Open(ctx); err == nil {
		t.Error("it was opened twice")
	}
	cancel()
	for range w.Events() { // ends with its context
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
