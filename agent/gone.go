package agent

import (
	"homeport/cause"
	"homeport/usbmux"
)

// goneWaiting says of a phone that was unplugged what it had waited for; todo is how that
// was told.
func goneWaiting(id cause.ID, todo string) string {
	switch id {
	case cause.DeviceLocked, cause.DeviceNotUnlockedSinceBoot:
		return "unplugged before it was unlocked"
	case cause.NotTrusted:
		return "unplugged before it was told to trust this computer"
	case cause.USBFlapping:
		return "unplugged while its contact was loose"
	case cause.AlreadyRunning:
		return "unplugged before it was its turn"
	}
	return "unplugged while it waited: " + todo
}

// because gives the event of an unplugged phone its reason why there was no backup: what
// the phone waited for. A run that had begun tells of its end by itself.
func (p *picture) because(e Event) Event {
	if e.Kind != Unplugged || e.Phone == nil {
		return e
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.phones[usbmux.CanonicalUDID(e.Phone.UDID)]
	switch {
	case one.run == nil || one.run.Version != "":
	case one.todo.cause != "":
		e.Cause, e.Message = one.todo.cause, goneWaiting(one.todo.cause, one.todo.message)
	case one.run.Phase == phaseQueued:
		e.Cause, e.Message = cause.AlreadyRunning, goneWaiting(cause.AlreadyRunning, "")
	}
	return e
}
