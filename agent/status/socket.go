package status

import (
	"context"
	"errors"
	"net"

	"homeport/cause"
)

// ErrNotRunning says that no Homeport answers on the control socket of a state folder.
var ErrNotRunning = errors.New("no Homeport is running")

// Listen opens the control socket of the state folder dir, which it makes when it is
// missing. Only programs of the same user are let in; strangers is told of the others,
// and may be nil. What a program that crashed has left is put out of the way; when
// another one answers there, the error is already-running. Close takes the socket away.
func Listen(dir string, strangers func(error)) (net.Listener, error) {
	if strangers == nil {
		strangers = func(error) {}
	}
	return listen(dir, strangers)
}

// Dial connects to the Homeport that keeps its state in dir. The error is ErrNotRunning
// when there is none. A socket that another user answers is refused.
func Dial(ctx context.Context, dir string) (net.Conn, error) { return dial(ctx, dir) }

// answersAlready is the error of a socket that is in use.
func answersAlready(path string) error {
	return cause.New(cause.AlreadyRunning, cause.Evidence{"path": path}, errors.New("open control socket: another Homeport answers on "+path))
}
