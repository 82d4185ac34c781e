package main

import (
	"context"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

func newPairCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "pair PHONE",
		Short: "Ask the phone to trust this computer, and wait for the answer",
		Long: `Ask the phone to trust this computer, and wait up to 5 minutes for the answer. What
has to be done at the phone is told meanwhile; it may be unplugged and plugged in
again. A key that the phone has forgotten is replaced.`,
		Args:              argsBetween(0, 1),
		ValidArgsFunction: a.validPhones,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPhone(cmd.Context(), first(args), func(p plugged, h *lockdown.Phone) error {
				mux, err := a.mux()
				if err != nil {
					return err
				}
				return runPair(cmd.Context(), a, mux, p, h)
			})
		},
	}
}

func newUnpairCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "unpair PHONE",
		Short:             "Make the phone and this computer forget each other",
		Args:              argsBetween(1, 1),
		ValidArgsFunction: a.validPhones,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPhone(cmd.Context(), first(args), func(p plugged, h *lockdown.Phone) error {
				if err := h.Unpair(cmd.Context()); err != nil {
					return err
				}
				a.told(p.phone, "forgotten")
				return nil
			})
		},
	}
}

// withPhone finds exactly one phone and opens a handset to it.
func (a *app) withPhone(ctx context.Context, name string, do func(plugged, *lockdown.Phone) error) error {
	mux, err := a.mux()
	if err != nil {
		return err
	}
	list, err := a.lookAround(ctx, mux)
	if err != nil {
		return err
	}
	if list, err = chooseOne(list, name); err != nil {
		return err
	}
	handset := a.handset(mux, list[0].link)
	defer handset.Close()
	return do(list[0], handset)
}

// runPair asks for trust when there is none, and guides the person meanwhile.
func runPair(ctx context.Context, a *app, mux *usbmux.Client, p plugged, h *lockdown.Phone) error {
	if h.Trust(ctx) == nil {
		a.told(p.phone, "trusted already")
		return nil
	}
	back := func(ctx context.Context) (agent.Pairer, error) {
		l, err := agent.FindAgain(ctx, mux, p.phone.UDID)
		if err != nil {
			return nil, err
		}
		again := lockdown.New(mux, l)
		again.GoOn(h)
		a.closers = append(a.closers, func() { _ = again.Close() })
		h = again
		return again, nil
	}
	guide := a.newGuide(p.phone)
	err := agent.AskTrust(ctx, h, back, guide.say)
	guide.close()
	if err != nil {
		return err
	}
	a.told(p.phone, "trusted")
	return nil
}

// guide tells the person at a phone what to do: each sentence in a line of its own,
// and on a terminal the last one once more below, with the time that is left.
type guide struct {
	app  *app
	who  string
	live *live
	stop chan struct{}
	wg   sync.WaitGroup

	mu   sync.Mutex
	last agent.TrustWord
}

func (a *app) newGuide(p agent.Phone) *guide {
	g := &guide{app: a, who: clean(p.Label()), live: newLive(a.stdout), stop: make(chan struct{})}
	if a.json || !g.live.terminal() {
		return g
	}
	g.wg.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-g.stop:
				g.live.set(g.who, "")
				return
			case now := <-tick.C:
				g.count(now)
			}
		}
	})
	return g
}

func (g *guide) say(w agent.TrustWord) {
	if g.app.json || w.Text == agent.PairWords(lockdown.PairAccepted) { // the verb's own last line says it
		return
	}
	g.mu.Lock()
	g.last = w
	g.mu.Unlock()
	g.live.print(g.who + ": " + w.Text)
}

// count shows how long the wait still goes on.
func (g *guide) count(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if left := g.last.Until.Sub(now); g.last.Text != "" && left > 0 {
		g.live.set(g.who, "waiting for "+g.who+"; "+roughly(left.Seconds())+" left")
	}
}

func (g *guide) close() {
	close(g.stop)
	g.wg.Wait()
}

// told prints how it ended for one phone.
func (a *app) told(p agent.Phone, state string) {
	if a.json {
		a.printJSON(map[string]any{"phone": p, "state": state})
		return
	}
	a.printf("%s: %s\n", clean(p.Label()), state)
}
