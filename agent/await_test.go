package agent

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
)

// anybody is whoever is there first.
func anybody(_ context.Context, links []usbmux.Link) (usbmux.Link, bool, []string) {
	if len(links) == 0 {
		return usbmux.Link{}, false, nil
	}
	return links[0], true, nil
}

// TestAwait guides a person who does one thing after the other, whenever the hint
// for it is there: plug in, unlock, trust.
func TestAwait(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Trust.Mode, spec.Locked = simulator.TrustAsk, true
	w := newWorld(t, spec)
	g, got := NewGuide(""), []string{}
	advice := func(a Advice) {
		if n := len(got); n > 0 && got[n-1] == a.summary() {
			return
		}
		got = append(got, a.summary())
		switch {
		case a.Cause == cause.NoPhone:
			w.phone.Attach()
		case a.Cause == cause.DeviceLocked:
			w.phone.Unlock()
		case a.Cause == cause.NotTrusted:
			w.phone.Trust()
		}
	}
	link, err := w.await(t, g, advice)
	if err != nil || !usbmux.SameUDID(link.UDID, udidAnna) {
		t.Errorf("awaited %+v, %v", link, err)
	}
	want := []string{"cable no-phone: ", "unlocked device-locked +cable +port: ", "trusted", "ready"}
	for _, begin := range want {
		for len(got) > 0 && !strings.HasPrefix(got[0], begin) {
			got = got[1:]
		}
	}
	if len(got) == 0 || w.phone.Counts().Backups != 0 {
		t.Errorf("the advice did not come in the order %q, or a backup was made", want)
	}
}

// TestAwaitEnds stops a guide that waits, and one whose phone is pulled while it
// shows its question; neither leaves anything behind.
func TestAwaitEnds(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Trust.Mode = simulator.TrustAsk
	w := newWorld(t, spec)
	w.phone.Attach()
	ctx, cancel := context.WithCancelCause(t.Context())
	g := NewGuide("")
	_, err := w.awaitIn(t, ctx, g, func(a Advice) {
		switch {
		case a.Cause == cause.NotTrusted:
			w.phone.Detach()
		case a.Lost:
			cancel(errStop)
		}
	})
	if err != errStop || !strings.Contains(g.Furthest(), "went away") {
		t.Errorf("ended with %v: %s", err, g.Furthest())
	}
}

func (w *world) await(t *testing.T, g *Guide, tell func(Advice)) (usbmux.Link, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return w.awaitIn(t, ctx, g, tell)
}

func (w *world) awaitIn(t *testing.T, ctx context.Context, g *Guide, tell func(Advice)) (usbmux.Link, error) {
	t.Helper()
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	defer watcher.Close()
	var mu sync.Mutex
	a := w.agent()
	defer a.letGo()
	return a.Await(ctx, watcher, Awaited{Pick: anybody}, g, func(a Advice) {
		mu.Lock()
		defer mu.Unlock()
		tell(a)
	})
}

// TestGuideAndChecksAreOneConversation: the checks go on over the session of the guide.
func TestGuideAndChecksAreOneConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(t.Context()))
	defer watcher.Close()
	a := w.agent()
	link, err := a.Await(t.Context(), watcher, Awaited{Pick: anybody}, NewGuide(""), func(Advice) {})
	must(t, err)
	if o := a.CheckAll(t.Context(), []usbmux.Link{link})[0]; o.Err != nil {
		t.Error(o.Err)
	}
	if c := w.phone.Counts(); c.Sessions != 1 {
		t.Errorf("%d sessions", c.Sessions)
	}
}

// untrusting is a phone that says no more than that it does not trust this computer.
type untrusting struct{ Handset }

func (untrusting) Trust(context.Context) error { return cause.New(cause.NotTrusted, nil, nil) }

// TestGuideKeepsWhatItLearnt: why a phone refused to trust is told by the checks too.
func TestGuideKeepsWhatItLearnt(t *testing.T) {
	t.Parallel()
	policy := cause.New(cause.PairingProhibitedByPolicy, nil, nil)
	for want, refused := range map[cause.ID]error{cause.PairingProhibitedByPolicy: policy, cause.NotTrusted: nil} {
		if id, _ := cause.Of(knowing{untrusting{}, refused}.Trust(t.Context())); id != want {
			t.Errorf("%q, want %q", id, want)
		}
	}
}
