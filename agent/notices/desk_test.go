package notices

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// showing is a desktop of a test.
type showing func(context.Context, Notice) error

func (s showing) Show(ctx context.Context, n Notice) error { return s(ctx, n) }

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
