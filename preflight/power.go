package preflight

import (
	"context"
	"os"
	"path/filepath"

	"homeport/cause"
)

// computerChecks are the checks of the computer itself.
func (h Host) computerChecks() []Check {
	return []Check{
		{Name: "account", Group: cause.Computer, Run: h.account},
		{Name: "power", Group: cause.Computer, Run: h.power},
		{Name: "engine", Group: cause.Computer, Run: h.engine, Timeout: engineTimeout},
		{Name: "own-room", Group: cause.Computer, Run: h.ownRoom},
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

// ownNeeds is what the drive with the log and the state should have free, in
// bytes. They take a few MB; a system drive below this is in trouble itself.
const ownNeeds = 200_000_000

// ownRoom warns of a nearly full drive below Homeport's own files, when it is not
// the one that takes the backups: of that the other checks tell more.
func (h Host) ownRoom(context.Context) Finding {
	if h.LogDir == "" || h.Disk == nil {
		return passed(nil)
	}
	own, err := h.Disk.Volume(existing(h.LogDir))
	if err != nil {
		return Finding{Status: Pass, Err: err}
	}
	ev := cause.Evidence{"ownFree": cause.Bytes(own.Free), "volume": "this computer's own drive"}
	if own.Free >= ownNeeds || own.Total == 0 {
		return passed(ev)
	}
	if there, err := h.Disk.Volume(existing(h.Destination)); err == nil && there.Total == own.Total && there.FileSystem == own.FileSystem {
		return passed(ev)
	}
	return told(Warn, cause.HostDiskTight, ev)
}

// existing is the nearest folder at or above dir that is there.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}
