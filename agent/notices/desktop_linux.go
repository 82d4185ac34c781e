package notices

import (
	"context"
	"fmt"
	"html"
	"os"
	"slices"

	"github.com/godbus/dbus/v5"
)

// Desktop shows notices on the desktop of the user who runs this, over the session bus, as
// the Desktop Notifications Specification has it. No bus is started for it, and no program:
// as root, in a container and on a server there is ErrNoDesktop.
func Desktop() Shower { return desktop{busAddress(os.Getenv, os.Getuid(), isSocket)} }

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&os.ModeSocket != 0
}

type desktop struct{ address string }

const (
	noticesName = "org.freedesktop.Notifications"
	noticesPath = dbus.ObjectPath("/org/freedesktop/Notifications")
)

func (d desktop) Show(ctx context.Context, n Notice) error {
	if d.address == "" {
		return ErrNoDesktop
	}
	raw, err := dialBus(ctx, d.address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoDesktop, err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = raw.SetDeadline(deadline) // the handshake knows of no context
	}
	conn, err := dbus.NewConn(raw)
	if err != nil {
		_ = raw.Close()
		return fmt.Errorf("talk to the session bus: %w", err)
	}
	defer conn.Close()
	if err := conn.Auth(nil); err != nil {
		return fmt.Errorf("talk to the session bus: %w", err)
	}
	if err := conn.Hello(); err != nil {
		return fmt.Errorf("talk to the session bus: %w", err)
	}
	return notify(ctx, conn.Object(noticesName, noticesPath), n)
}

// notify asks the desktop for a notice. Its text is markup only where the desktop says so.
func notify(ctx context.Context, desk dbus.BusObject, n Notice) error {
	text := n.Text
	var can []string
	if desk.CallWithContext(ctx, noticesName+".GetCapabilities", 0).Store(&can) == nil && slices.Contains(can, "body-markup") {
		text = html.EscapeString(text)
	}
	hints := map[string]dbus.Variant{"urgency": dbus.MakeVariant(byte(1)), "category": dbus.MakeVariant("device")}
	call := desk.CallWithContext(ctx, noticesName+".Notify", 0, "Homeport", uint32(0), "phone", n.Title, text, []string{}, hints, int32(-1))
	if call.Err != nil {
		if e, ok := call.Err.(dbus.Error); ok && e.Name == "org.freedesktop.DBus.Error.ServiceUnknown" {
			return fmt.Errorf("%w: %w", ErrNoDesktop, call.Err)
		}
		return fmt.Errorf("show notice: %w", call.Err)
	}
	return nil
}
