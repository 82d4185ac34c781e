package usbmux

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"homeport/cause"
)

// The numbers of a Result.
const (
	resultOK      = 0
	resultNoEntry = 2 // for pair records: an errno
)

// ResultError says that usbmuxd refused a request.
type ResultError struct {
	Request string // the MessageType of the request
	Number  int64  // as usbmuxd told it: see the package comment
}

// Error names the request and the number.
func (e *ResultError) Error() string {
	return fmt.Sprintf("%s: usbmuxd answered with number %d", e.Request, e.Number)
}

// numberEvidence is the evidence of a refused request.
func (e *ResultError) evidence() cause.Evidence {
	return cause.Evidence{"request": e.Request, "number": e.Number}
}

// dialError gives a failed dial its cause.
func (c *Client) dialError(ctx context.Context, err error) error {
	err = fmt.Errorf("connect to usbmuxd at %s: %w", c.address, err)
	ev := cause.Evidence{"socket": c.address.String()}
	switch {
	case ctx.Err() != nil:
		return ended(ctx, "connect to usbmuxd")
	case isTimeout(err):
		return cause.New(cause.MuxNotAnswering, ev, err)
	case errors.Is(err, fs.ErrPermission):
		return cause.New(cause.MuxPermissionDenied, ev, err)
	}
	return cause.New(cause.MuxServiceNotRunning, ev, err)
}

// exchangeError gives a failed exchange its cause. transport says that the
// connection failed; otherwise what came over it was no message.
func (c *Client) exchangeError(ctx context.Context, name string, err error, transport bool) error {
	err = fmt.Errorf("%s: %w", name, err)
	switch {
	case ctx.Err() != nil:
		return ended(ctx, name)
	case isTimeout(err):
		return cause.New(cause.MuxNotAnswering, cause.Evidence{"seconds": cause.Seconds(c.timeout.Seconds())}, err)
	case transport:
		return cause.New(cause.MuxServiceStopped, nil, err)
	}
	return cause.New(cause.ProtocolError, layerEvidence(), err)
}

// ended is the error of an operation whose context is over. It carries the
// context's own cause, so that a caller who cancels with one gets it back.
func ended(ctx context.Context, name string) error {
	if why := context.Cause(ctx); why != ctx.Err() {
		return fmt.Errorf("%s: %w: %w", name, ctx.Err(), why)
	}
	return fmt.Errorf("%s: %w", name, ctx.Err())
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
