package preflight

import (
	"context"
	"math"

	"homeport/cause"
	"homeport/usbmux/lockdown"
)

const (
	// lowBattery is the percentage below which a phone that is not charging may
	// not last.
	lowBattery = 20
	// phoneNeeds is what a phone should have free for its own snapshot, in bytes.
	phoneNeeds = 1_000_000_000
	// largestPhone is more than any phone holds, in bytes; a phone that claims
	// more says nothing about the size of its backup.
	largestPhone = 100_000_000_000_000
)

// battery warns of a phone that runs down. Plugged into a computer it usually
// charges.
func (p *visit) battery(ctx context.Context) Finding {
	v, err := p.domain(ctx, batteryDomain)
	if err != nil {
		return unknown(err)
	}
	percent, known := number(v, "BatteryCurrentCapacity")
	if battery, told := flag(v, "HasBattery"); told && !battery || !known || percent < 0 || percent > 100 {
		return passed(nil)
	}
	ev := cause.Evidence{"percent": percent}
	plugged, plugTold := flag(v, "ExternalConnected")
	charges, chargeTold := flag(v, "BatteryIsCharging")
	if percent < lowBattery && !plugged && !charges && (plugTold || chargeTold) {
		return told(Warn, cause.DeviceBatteryLow, ev)
	}
	return passed(ev)
}

// storage warns of a phone without room for its snapshot. It knows best itself
// how much it needs, so this does not refuse.
func (p *visit) storage(ctx context.Context) Finding {
	v, err := p.domain(ctx, diskDomain)
	if err != nil {
		return unknown(err)
	}
	free, known := number(v, "AmountDataAvailable")
	if !known || free < 0 {
		return passed(nil)
	}
	ev := cause.Evidence{"free": cause.Bytes(free)}
	if free < phoneNeeds {
		return told(Warn, cause.DeviceStorageFull, ev)
	}
	return passed(ev)
}

// encryption says what the backup will not hold, and whether a profile demands
// more. A phone that tells nothing has no backup password.
func (p *visit) encryption(ctx context.Context) Finding {
	v, err := p.domain(ctx, backupDomain)
	if err != nil {
		return unknown(err)
	}
	will, readable := flag(v, "WillEncrypt")
	demanded, _ := flag(v, "RequiresEncryption")
	switch {
	case will:
		return passed(cause.Evidence{"encrypted": true})
	case !readable && v["WillEncrypt"] != nil:
		return passed(nil)
	case demanded:
		return told(Fail, cause.EncryptionRequiredByPolicy, nil)
	}
	return told(Info, cause.EncryptionOff, nil)
}

// setUp warns of a phone in the middle of its Setup Assistant. It refuses a backup
// itself if it has to: only the restore of a phone is known to need this value.
func (p *visit) setUp(ctx context.Context) Finding {
	v, err := p.domain(ctx, setUpDomain)
	if err != nil {
		return unknown(err)
	}
	if done, readable := flag(v, "SetupDone"); readable && !done {
		return told(Warn, cause.SetupNotFinished, nil)
	}
	return passed(nil)
}

// supervised tells of an organisation's phone, because of what that means for a
// restore.
func (p *visit) supervised(ctx context.Context) Finding {
	v, err := p.domain(ctx, supervisedDomain)
	if err != nil {
		return unknown(err)
	}
	if is, _ := flag(v, "DeviceIsChaperoned"); is {
		return told(Info, cause.DeviceSupervised, nil)
	}
	return passed(nil)
}

// unknown is the finding for a domain that could not be read. A link that broke
// is a failure; a phone that does not want to tell is none.
func unknown(err error) Finding {
	if id, known := cause.Of(err); known && id != cause.Unknown && !keptBack(err) {
		return failed(err)
	}
	return Finding{Status: Pass, Err: err}
}

// used returns how many bytes of the phone are in use.
func (p *visit) used(ctx context.Context) (int64, bool) {
	v, err := p.domain(ctx, diskDomain)
	if err != nil {
		return 0, false
	}
	return Used(v)
}

// number reads a whole number, as any of the types that a property list decodes
// to.
func number(v map[string]any, key string) (int64, bool) {
	switch n := v[key].(type) {
	case int64:
		return n, true
	case uint64:
		return int64(min(n, math.MaxInt64)), true
	case int:
		return int64(n), true
	case float64:
		if n > -math.MaxInt64 && n < math.MaxInt64 {
			return int64(n), true
		}
	}
	return 0, false
}

// flag reads a bool; some phones tell it as a number. It is not readable when it was
// not told, or as something else.
func flag(v map[string]any, key string) (is, readable bool) {
	if _, word := v[key].(string); word {
		return false, false
	}
	return lockdown.Flag(v[key])
}

// Used returns how many bytes a phone holds by what its disk_usage domain tells: an
// upper bound of what a backup holds, because apps and what lies only in iCloud are not
// in it. It is not known when that makes no sense.
func Used(diskUsage map[string]any) (used int64, known bool) {
	total, told := number(diskUsage, "TotalDataCapacity")
	free, alsoTold := number(diskUsage, "TotalDataAvailable")
	if !told || !alsoTold || free < 0 || total <= free || total > largestPhone {
		return 0, false
	}
	return total - free, true
}
