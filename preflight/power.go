package preflight

import (
	"context"

	"homeport/cause"
)

// computerChecks are the checks of the computer itself.
func (h Host) computerChecks() []Check {
	return []Check{
		{Name: "account", Group: cause.Computer, Run: h.account},
		{Name: "power", Group: cause.Computer, Run: h.power},
	}
}

// power warns of a computer that may switch off: its battery is below the same
// mark as a phone's, and no socket feeds it. How long a backup takes nobody knows
// yet, so this never refuses.
func (h Host) power(ctx context.Context) Finding {
	b, err := tell(ctx, h.Computer.Battery)
	if err != nil {
		return Finding{Status: Pass, Err: err}
	}
	if !b.Present || b.Percent < 0 || b.Percent > 100 {
		return passed(nil)
	}
	ev := cause.Evidence{"percent": b.Percent, "external": b.External}
	if b.Percent < lowBattery && !b.External {
		return told(Warn, cause.HostBatteryLow, ev)
	}
	return passed(ev)
}
