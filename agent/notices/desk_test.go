package notices

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// showing is a desktop of a test.
type showing func(context.Context, Notice) error

func (s showing) Show(ctx context.Context, n Notice) error { return s(ctx, n) }

func (s showing) Withdraw(ctx context.Context, about string) error {
	return s(ctx, Notice{Title: "withdraw", About: about})
}

// TestDeskNeverWaits has a desktop that hangs, one that panics and one that fails.
func TestDeskNeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bad errs
		shown := 0
		d := NewDesk(showing(func(ctx context.Context, n Notice) error {
			switch n.Title {
			case "hang":
				<-ctx.Done()
				return ctx.Err()
			case "panic":
				panic("in a desktop")
			case "none":
				return ErrNoDesktop
			}
			shown++
			return nil
		}), bad.add)
		begun := time.Now()
		for _, title := range []string{"hang", "panic", "none", "good"} {
			d.Put(Notice{Title: title})
		}
		if time.Since(begun) > 0 {
			t.Error("Put waited")
		}
		time.Sleep(showLimit + time.Second) // the bubble's clock
		synctest.Wait()
		if shown != 1 || len(bad.all()) != 3 || !errors.Is(bad.all()[2], ErrNoDesktop) {
			t.Errorf("shown %d, told %v", shown, bad.all())
		}
		for range 5 * showQueue {
			d.Put(Notice{Title: "hang"})
		}
		begun = time.Now()
		d.Close()
		if time.Since(begun) > 0 {
			t.Error("Close waited for what hangs")
		}
	})
}

// TestDeskWaitsForSomebody has notices that come before anybody is logged in.
func TestDeskWaitsForSomebody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bad errs
		var shown []string
		var here atomic.Bool
		d := NewDesk(showing(func(_ context.Context, n Notice) error {
			switch {
			case n.Title == "withdraw":
				return nil
			case !here.Load():
				return ErrNoDesktop
			}
			shown = append(shown, n.Title)
			return nil
		}), bad.add)
		for _, n := range []Notice{{Title: "passcode", About: "anna"}, {Title: "overdue", About: "ben"}, {Title: "first", About: "carl"}, {Title: "second", About: "carl"}} {
			d.Put(n)
		}
		d.Withdraw("anna")
		time.Sleep(3 * time.Hour)
		here.Store(true)
		time.Sleep(deskLook)
		synctest.Wait()
		if want := []string{"overdue", "second"}; !slices.Equal(shown, want) {
			t.Errorf("shown %q, want %q", shown, want)
		}
		if len(bad.all()) != 4 {
			t.Errorf("told %v", bad.all())
		}
		here.Store(false)
		shown = nil
		for i := range 3 * showQueue {
			d.Put(Notice{Title: strconv.Itoa(i)})
			synctest.Wait()
		}
		time.Sleep(deskAge + time.Hour)
		d.Put(Notice{Title: "news"})
		here.Store(true)
		time.Sleep(deskLook)
		synctest.Wait()
		if !slices.Equal(shown, []string{"news"}) {
			t.Errorf("a day later: %q", shown)
		}
		d.Close()
	})
}

// TestDeskClosesCleanly withdraws what was true until now.
func TestDeskClosesCleanly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done []string
		d := NewDesk(showing(func(_ context.Context, n Notice) error {
			done = append(done, n.Title+" "+n.About)
			return nil
		}), func(error) {})
		d.Withdraw("anna")
		d.Put(Notice{Title: "too late"})
		d.Withdraw("ben")
		d.Close() // the goroutine has not begun
		if !slices.Contains(done, "withdraw anna") || !slices.Contains(done, "withdraw ben") {
			t.Errorf("done %q", done)
		}
	})
}
