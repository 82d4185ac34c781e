package preflight

import (
	"context"
	"strings"

	"homeport/cause"
)

// USB's speeds in bits per second.
const (
	fullSpeed  = 12_000_000
	superSpeed = 5_000_000_000
	superPlus  = 10_000_000_000
)

// flappingFrom is how many attaches in a minute mean a loose contact.
const flappingFrom = 3

// contact tells of a phone that comes and goes. It warns only: the agent waits
// for calm before it checks anything.
func (p *visit) contact(context.Context) Finding {
	if n := p.attached.Attaches; n >= flappingFrom {
		return told(Warn, cause.USBFlapping, cause.Evidence{"times": n})
	}
	return passed(nil)
}

// linkSpeed compares the cable with what the phone can do. The bus is believed
// more than usbmuxd, which tells 480 Mbit/s when it does not know.
func (p *visit) linkSpeed(context.Context) Finding {
	speed := p.attached.Link.SpeedBitsPerSecond
	if d := p.attached.USB; d != nil && d.SpeedBitsPerSecond > 0 {
		speed = d.SpeedBitsPerSecond
	}
	if speed <= 0 {
		return passed(nil)
	}
	ev := cause.Evidence{"speed": cause.BitRate(speed)}
	if speed <= fullSpeed {
		return told(Warn, cause.USBSlowLink, ev)
	}
	if possible := fastest(p.basics.ProductType); speed < possible && speed < superSpeed {
		ev["possible"] = cause.BitRate(possible)
		return told(Info, cause.USBSlowerThanPhone, ev)
	}
	return passed(ev)
}

// fasterThanUSB2 lists the models whose socket does more than USB 2, by
// ProductType. What is not in it counts as USB 2, so that a new model is never
// told off wrongly. Sources: Apple's technical specifications of each model.
var fasterThanUSB2 = []struct {
	speed  int64
	models string
}{
	// iPhone 15, 16 and 17 Pro and Pro Max.
	{superPlus, "iPhone16,1 iPhone16,2 iPhone17,1 iPhone17,2 iPhone18,1 iPhone18,2"},
	// iPad Pro with USB-C, 2018 to 2024.
	{superPlus, "iPad8,1 iPad8,2 iPad8,3 iPad8,4 iPad8,5 iPad8,6 iPad8,7 iPad8,8 iPad8,9 iPad8,10 iPad8,11 iPad8,12"},
	{superPlus, "iPad13,4 iPad13,5 iPad13,6 iPad13,7 iPad13,8 iPad13,9 iPad13,10 iPad13,11"},
	{superPlus, "iPad14,3 iPad14,4 iPad14,5 iPad14,6 iPad16,3 iPad16,4 iPad16,5 iPad16,6"},
	// iPad Air with M1, M2 and M3; iPad mini with A17 Pro.
	{superPlus, "iPad13,16 iPad13,17 iPad14,8 iPad14,9 iPad14,10 iPad14,11 iPad15,3 iPad15,4 iPad15,5 iPad15,6 iPad16,1 iPad16,2"},
	// iPad Air 4, iPad mini 6.
	{superSpeed, "iPad13,1 iPad13,2 iPad14,1 iPad14,2"},
}

// fastest is the speed of a model's socket in bits per second; 0 when it is
// USB 2, or not known.
func fastest(productType string) int64 {
	for _, row := range fasterThanUSB2 {
		for model := range strings.FieldsSeq(row.models) {
			if model == productType {
				return row.speed
			}
		}
	}
	return 0
}

// hub tells of a hub. Many do no harm, so it is worth a warning only after a
// backup broke.
func (p *visit) hub(context.Context) Finding {
	if p.attached.USB == nil || !p.attached.USB.ViaHub {
		return passed(nil)
	}
	status := Info
	if p.attached.FailedBefore {
		status = Warn
	}
	return told(status, cause.USBViaHub, cause.Evidence{"port": p.attached.USB.BusPath})
}
