package notices

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// Desktop shows notices on the desktop of the user who runs this, over the session bus, as
// the Desktop Notifications Specification has it. No bus is started for it: as root, in a
// container and on a server there is ErrNoDesktop.
func Desktop() Shower {
	return &desktop{bus: func() string { return busAddress(os.Getenv, os.Getuid(), isSocket) }, shown: map[string]shown{}}
}

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&os.ModeSocket != 0
}

type desktop struct {
	bus   func() string    // a user may log in later than this program starts
	shown map[string]shown // by what it is about: the last notice
}

// shown is the number that a desktop gave a notice. The next desktop, after a new log-in,
// gives the same numbers to others.
type shown struct {
	number uint32
	by     string
}

const (
	noticesName = "org.freedesktop.Notifications"
	noticesPath = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// Show implements Shower.
func (d *desktop) Show(ctx context.Context, n Notice) error {
	return d.talk(ctx, func(desk dbus.BusObject, self func() string) error {
		before := d.shown[n.About]
		if before.by != self() {
			before.number = 0
		}
		number, err := notify(ctx, desk, n, before.number)
		if err == nil && n.About != "" {
			d.shown[n.About] = shown{number, self()}
		}
		return err
	})
}

// Withdraw implements Shower.
func (d *desktop) Withdraw(ctx context.Context, about string) error {
	before, ok := d.shown[about]
	if !ok {
		return nil
	}
	delete(d.shown, about)
	return d.talk(ctx, func(desk dbus.BusObject, self func() string) error {
		if before.by == self() {
			// The specification has an empty error for a notice that is gone already.
			_ = desk.CallWithContext(ctx, noticesName+".CloseNotification", 0, before.number).Err
		}
		return nil
	})
}

// talk connects to the desktop for as long as f takes; self tells one desktop from another.
func (d *desktop) talk(ctx context.Context, f func(desk dbus.BusObject, self func() string) error) error {
	address := d.bus()
	if address == "" {
		return ErrNoDesktop
	}
	raw, err := dialBus(ctx, address)
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
	self := func() string {
		var bus, owner string
		_ = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetId", 0).Store(&bus)
		_ = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, noticesName).Store(&owner)
		return bus + owner
	}
	return f(conn.Object(noticesName, noticesPath), self)
}

// asMarkup escapes what would be markup. Quotes stay: GNOME shows &#39; as it is written.
var asMarkup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// notify asks the desktop for a notice, in place of the one with the number instead; 0 is
// none. Its text is markup only where the desktop says so.
func notify(ctx context.Context, desk dbus.BusObject, n Notice, instead uint32) (id uint32, err error) {
	text := n.Text
	var can []string
	if desk.CallWithContext(ctx, noticesName+".GetCapabilities", 0).Store(&can) == nil && slices.Contains(can, "body-markup") {
		text = asMarkup.Replace(text)
	}
	hints := map[string]dbus.Variant{"urgency": dbus.MakeVariant(byte(1)), "category": dbus.MakeVariant("device")}
	err = desk.CallWithContext(ctx, noticesName+".Notify", 0, "Homeport", instead, "phone", n.Title, text, []string{}, hints, int32(-1)).Store(&id)
	switch e, ok := errors.AsType[dbus.Error](err); {
	case err == nil:
		return id, nil
	case ok && (e.Name == "org.freedesktop.DBus.Error.ServiceUnknown" || strings.HasPrefix(e.Name, "org.freedesktop.DBus.Error.Spawn.")):
		return 0, fmt.Errorf("%w: %w", ErrNoDesktop, err)
	}
	return 0, fmt.Errorf("show notice: %w", err)
}
