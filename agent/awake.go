package agent

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"homeport/agent/command"
	"homeport/cause"
)

// Waker keeps the computer from falling asleep by itself. What a person does, such as closing
// the lid, it does not hinder.
type Waker interface {
	// Hold keeps the computer awake until release is called, which does not wait. why is shown to
	// whoever asks what keeps it awake. An error that matches ErrNoWaker says that nothing here can
	// be asked; any other, that it was asked in vain.
	Hold(ctx context.Context, why string) (release func(), err error)
}

// ErrNoWaker is the error of a computer that has nobody to ask to stay awake, as a container
// or a small server.
var ErrNoWaker = errors.New("nothing here puts the computer to sleep")

// awakeLimit is how long a run waits for the answer.
const awakeLimit = 5 * time.Second

// awake is what an agent knows of its Waker.
type awake struct{ told atomic.Bool }

// stayAwake keeps the computer awake until release. A computer that refuses is told once, and
// backs up all the same.
func (v *visit) stayAwake(ctx context.Context) (release func()) {
	waker := v.agent.opts.Waker
	if waker == nil {
		return func() {}
	}
	asking, cancel := context.WithTimeout(ctx, awakeLimit)
	defer cancel()
	release = func() {}
	err := cause.Guard(func() error {
		held, err := waker.Hold(asking, "backing up "+command.Clean(v.phone.seen().Label()))
		if err == nil {
			release = held
		}
		return err
	})
	if err == nil || errors.Is(err, ErrNoWaker) || ctx.Err() != nil || v.agent.awake.told.Swap(true) {
		return release
	}
	v.tell(Event{Kind: Note, Message: "the computer may fall asleep during backups: it does not let itself be kept awake (" + command.Clean(err.Error()) + ")"})
	return release
}
