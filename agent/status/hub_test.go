package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// reader is a stream that writes into memory.
type reader struct {
	stream
	got  []string // events, as "kind data"
	at   []time.Time
	slow chan struct{} // not nil: each write waits for it
}

func newReader(now func() Snapshot) *reader {
	r := &reader{}
	r.snapshot = func(context.Context) Snapshot { return now() }
	r.write = func(p []byte) error {
		if r.slow != nil {
			<-r.slow
		}
		for _, one := range strings.Split(strings.TrimSpace(string(p)), "\n\n") {
			kind, data, _ := strings.Cut(one, "\n")
			if kind, ok := strings.CutPrefix(kind, "event: "); ok {
				r.got, r.at = append(r.got, kind+" "+strings.TrimPrefix(data, "data: ")), append(r.at, time.Now())
			}
		}
		return nil
	}
	return r
}

func (r *reader) count(kind string) (n int) {
	for _, g := range r.got {
		if strings.HasPrefix(g, kind+" ") {
			n++
		}
	}
	return n
}

// TestProgressIsPaced sends progress of two phones a thousand times a second: each is
// told four times a second, the newest, and all else at once.
func TestProgressIsPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		sub, err := h.subscribe("page", 1)
		must(t, err)
		r := newReader(func() Snapshot { return Snapshot{Now: time.Now()} })
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.follow(ctx, h.over, sub) }()
		for i := range 10_000 {
			for _, phone := range []string{"anna", "ben"} {
				h.publish(message{"progress", fmt.Appendf(nil, "%s-%d", phone, i)}, phone, true)
			}
			time.Sleep(time.Millisecond)
		}
		h.publish(message{"finished", []byte("anna")}, "anna", false)
		synctest.Wait()
		if i := slices.Index(r.got, "finished anna"); i < 0 || !r.at[i].Equal(time.Now()) {
			t.Errorf("the end was not told at once: %q", r.got[len(r.got)-2:])
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := r.count("progress"); n < 2*39 || n > 2*42 {
			t.Errorf("%d times progress in 10 s", n)
		}
		for i, g := range r.got {
			if strings.HasPrefix(g, "progress anna") && strings.Contains(strings.Join(r.got[:i], " "), "finished anna") {
				t.Error("progress of a run that is over was told")
			}
		}
		if n := r.count("status"); n != 1 {
			t.Errorf("a picture that stays was told %d times", n)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		h.leave(sub)
	})
}

// TestSlowReader holds a reader up while ten thousand events come: nobody waits for it,
// what it has waiting stays small, and it is told that it missed some, with the picture.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		sub, err := h.subscribe("page", 1)
		must(t, err)
		n := 0
		r := newReader(func() Snapshot { n++; return Snapshot{Version: fmt.Sprint(n)} })
		r.slow = make(chan struct{})
		done := make(chan error)
		go func() { done <- r.follow(t.Context(), h.over, sub) }()
		synctest.Wait() // it writes, and gets no further
		for i := range 10_000 {
			h.publish(message{"waiting", fmt.Appendf(nil, "%d", i)}, "anna", false)
		}
		if len(sub.queue) > mostQueued {
			t.Errorf("%d events wait", len(sub.queue))
		}
		close(r.slow)
		time.Sleep(time.Second)
		synctest.Wait()
		if r.count("lost") != 1 || r.count("status") != 2 || r.count("waiting") > mostQueued {
			t.Errorf("told %d lost, %d status, %d events", r.count("lost"), r.count("status"), r.count("waiting"))
		}
		h.publish(message{"failed", []byte("how it ended")}, "anna", false)
		h.close()
		must(t, <-done)
		if g := r.got; !strings.HasPrefix(g[len(g)-2], "failed") || !strings.HasPrefix(g[len(g)-1], "status") {
			t.Errorf("at the end: %q", g[len(g)-2:])
		}
		h.leave(sub)
		if h.watched() {
			t.Error("somebody still reads")
		}
	})
}

// TestPictureByTheClock has a phone become overdue while nothing is told.
func TestPictureByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		sub, err := h.subscribe("page", 1)
		must(t, err)
		begun := time.Now()
		r := newReader(func() Snapshot {
			s := Snapshot{Now: time.Now(), Phones: []Phone{{State: OK}}}
			if time.Since(begun) > 90*time.Second {
				s.Phones[0].State = Overdue
			}
			return s
		})
		done := make(chan error)
		go func() { done <- r.follow(t.Context(), h.over, sub) }()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if r.count("status") != 2 || !strings.Contains(r.got[1], "overdue") {
			t.Errorf("told %q", r.got)
		}
		h.changed() // for nothing
		time.Sleep(time.Second)
		h.close()
		must(t, <-done)
		if r.count("status") != 2 {
			t.Errorf("told %q", r.got)
		}
	})
}

func TestReadersAreBounded(t *testing.T) {
	t.Parallel()
	h := newHub()
	var subs []*subscriber
	for range 3 {
		s, err := h.subscribe("page", 3)
		must(t, err)
		subs = append(subs, s)
	}
	if _, err := h.subscribe("page", 3); !errors.Is(err, errFull) {
		t.Errorf("a fourth: %v", err)
	}
	if _, err := h.subscribe("control", 3); err != nil {
		t.Errorf("of another kind: %v", err)
	}
	h.leave(subs[0])
	if _, err := h.subscribe("page", 3); err != nil {
		t.Errorf("once one has gone: %v", err)
	}
	h.close()
	if _, err := h.subscribe("page", 9); !errors.Is(err, errFull) {
		t.Errorf("at the end: %v", err)
	}
}

// TestVisitors tries keys and secrets by the clock.
func TestVisitors(t *testing.T) {
	t.Parallel()
	now := moment
	v := newVisitors(nil)
	var kept []visitor
	v.changed = func(list []visitor) { kept = list }
	key, expires := v.invite(now)
	if len(key) < 26 || !expires.Equal(now.Add(keyAge)) {
		t.Errorf("key %q until %v", key, expires)
	}
	if _, ok := v.enter(key, now.Add(keyAge)); ok {
		t.Error("a key that is too old")
	}
	secret, ok := v.enter(key, now.Add(keyAge-time.Second))
	if !ok || !v.known(secret, now.Add(visitAge)) || len(kept) != 1 || strings.Contains(fmt.Sprint(kept), secret) {
		t.Errorf("entered: %v, kept %v", ok, kept)
	}
	if _, ok := v.enter(key, now); ok {
		t.Error("a key twice")
	}
	if v.known(secret, now.Add(visitAge+keyAge)) {
		t.Error("a visit that is too old")
	}
	if again := newVisitors(kept); !again.known(secret, now.Add(keyAge)) || again.known(key, now) {
		t.Error("a new start knows other visitors")
	}
	first, _ := v.invite(now)
	for range mostKeys {
		v.invite(now)
	}
	if _, ok := v.enter(first, now); ok || len(v.keys) > mostKeys {
		t.Errorf("%d keys are open", len(v.keys))
	}
	for range mostVisitors {
		key, _ := v.invite(now)
		_, _ = v.enter(key, now)
	}
	if v.known(secret, now) || len(kept) != mostVisitors {
		t.Errorf("%d visitors are known, the oldest too: %v", len(kept), v.known(secret, now))
	}
}
