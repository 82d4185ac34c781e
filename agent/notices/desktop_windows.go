package notices

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gen2brain/beeep"
)

// Desktop shows notices as toasts to the user in whose session this runs.
func Desktop() Shower { return &desktop{} }

type desktop struct{ busy atomic.Bool }

// errStuck is the error while Windows still has not answered about an earlier notice.
var errStuck = errors.New("show notice: Windows does not answer")

// Show hands the notice to Windows. The call knows of no context: one that hangs is left
// behind, and until it ends there are no others.
func (d *desktop) Show(ctx context.Context, n Notice) error {
	if !d.busy.CompareAndSwap(false, true) {
		return errStuck
	}
	done := make(chan error, 1)
	go func() {
		defer d.busy.Store(false)
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("show notice: %v", r)
			}
		}()
		beeep.AppName = "Homeport"
		done <- beeep.Notify(toastText(n.Title), toastText(n.Text), "")
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("show notice: %w", err)
		}
		return nil
	case <-ctx.Done():
		return errStuck
	}
}

// Withdraw does nothing: a toast goes by itself, and beeep names none.
func (d *desktop) Withdraw(context.Context, string) error { return nil }
