package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"

	"homeport/cause"

	"github.com/godbus/dbus/v5"
)

// HostWaker asks logind for an inhibitor lock, as systemd-inhibit does
// (org.freedesktop.login1(5)). The lock is a descriptor: it is gone when we are, however we end.
func HostWaker() Waker {
	return logind{cmp.Or(os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"), "unix:path=/run/dbus/system_bus_socket")}
}

type logind struct{ bus string }

const (
	logindName = "org.freedesktop.login1"
	logindPath = dbus.ObjectPath("/org/freedesktop/login1")
)

func (l logind) Hold(ctx context.Context, why string) (func(), error) {
	type answer struct {
		release func()
		err     error
	}
	got := make(chan answer, 1)
	go func() {
		var a answer
		a.err = cause.Guard(func() (err error) {
			a.release, err = l.hold(ctx, why)
			return err
		})
		got <- a
	}()
	select {
	case a := <-got:
		return a.release, a.err
	case <-ctx.Done():
		go func() { // a connection that hangs has been closed by the end of ctx
			if a := <-got; a.err == nil {
				a.release()
			}
		}()
		return nil, fmt.Errorf("ask logind: %w", context.Cause(ctx))
	}
}

// hold asks over a connection of its own, which need not outlive the answer.
func (l logind) hold(ctx context.Context, why string) (func(), error) {
	conn, err := dbus.Dial(l.bus)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoWaker, err)
	}
	closing := sync.OnceFunc(func() { _ = conn.Close() })
	defer closing()
	defer context.AfterFunc(ctx, closing)()
	if err := conn.Auth(nil); err != nil {
		return nil, fmt.Errorf("ask logind: %w", err)
	}
	if err := conn.Hello(); err != nil {
		return nil, fmt.Errorf("ask logind: %w", err)
	}
	var lock dbus.UnixFD
	err = conn.Object(logindName, logindPath).CallWithContext(ctx, logindName+".Manager.Inhibit", 0, "sleep:idle", "Homeport", why, "block").Store(&lock)
	if err != nil {
		return nil, refusal(err)
	}
	syscall.CloseOnExec(int(lock))
	return sync.OnceFunc(func() { _ = syscall.Close(int(lock)) }), nil
}

// noLogind are the errors of a bus without logind.
var noLogind = []string{
	"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.UnknownObject",
	"org.freedesktop.DBus.Error.Spawn.ServiceNotFound", "org.freedesktop.DBus.Error.Spawn.ChildExited", "org.freedesktop.systemd1.NoSuchUnit",
}

func refusal(err error) error {
	if e, ok := errors.AsType[dbus.Error](err); ok && slices.Contains(noLogind, e.Name) {
		return fmt.Errorf("%w: %w", ErrNoWaker, err)
	}
	return err
}
