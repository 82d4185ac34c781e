package preflight

import (
	"context"
	"strings"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// USB's speeds in bits per second.
const (
	lowSpeed   = 1_500_000
	fullSpeed  = 12_000_000
	highSpeed  = 480_000_000
	superSpeed = 5_000_000_000
	superPlus  = 10_000_000_000
)

// flappingFrom is how many attaches in a minute mean a loose contact.
const flappingFrom = 3

// cable tells of a phone that is there without one.
func (p *visit) cable(context.Context) Finding {
	if p.attached.Link.Connection == usbmux.Network {
		return told(Warn, cause.WiFiOnly, nil)
	}
	return passed(nil)
}

// contact tells of a phone that comes and goes. It warns only: the agent waits
// for calm before it checks anything.
func (p *visit) contact(ctx context.Context) Finding {
	n := max(p.attached.Attaches, p.comings(ctx))
	if n >= flappingFrom {
		return told(Warn, cause.USBFlapping, cause.Evidence{"times": n})
	}
	return passed(nil)
}

// comings asks the system how often a phone came at this port within a minute,
// when the phone has come just now: a program that has just been started has seen
// none of it.
func (p *visit) comings(ctx context.Context) int {
	d := p.attached.USB
	if d == nil || p.attached.Ports == nil || d.OnBus <= 0 || d.OnBus > time.Minute {
		return 0
	}
	troubles, err := p.attached.Ports(ctx)
	if err != nil {
		return 0
	}
	for _, t := range troubles {
		if t.Kind == usbmux.Loose && t.Port == d.BusPath {
			return t.Times
		}
	}
	return 0
}

// linkSpeed compares the cable with what the phone can do. The bus is believed
// more than usbmuxd, which tells 480 Mbit/s when it does not know.
func (p *visit) linkSpeed(ctx context.Context) Finding {
	speed := p.attached.Link.SpeedBitsPerSecond
	if d := p.attached.USB; d != nil && d.SpeedBitsPerSecond > 0 {
		speed = d.SpeedBitsPerSecond
	}
	if speed <= 0 {
		return passed(nil)
	}
	ev := cause.Evidence{"speed": cause.BitRate(speed)}
	possible := fastest(p.basics.ProductType)
	switch {
	case speed <= fullSpeed:
		p.addTimes(ctx, ev, speed, max(possible, highSpeed))
		return told(Warn, cause.USBSlowLink, ev)
	case speed < possible && speed < superSpeed:
		ev["possible"] = cause.BitRate(possible)
		p.addTimes(ctx, ev, speed, possible)
		return told(Info, cause.USBSlowerThanPhone, ev)
	}
	return passed(ev)
}

// throughput is how many bytes of a backup go over a link in a second, a third to
// two thirds of what the wire could carry: 38 MB/s is usual over USB 2. Beyond USB
// 3 the phone itself is what limits it, so more is not promised.
func throughput(speed int64) int64 {
	switch {
	case speed <= lowSpeed:
		return 100_000
	case speed <= fullSpeed:
		return 900_000
	case speed < superSpeed:
		return 38_000_000
	}
	return 200_000_000
}

// addTimes tells how long the next backup will take over this link, and how long
// it could, when that is known and makes a difference of minutes.
func (p *visit) addTimes(ctx context.Context, ev cause.Evidence, speed, possible int64) {
	bytes, known := p.nextBytes(ctx)
	takes, could := bytes/throughput(speed), bytes/throughput(possible)
	if !known || takes-could < 120 {
		return
	}
	ev["takes"], ev["could"] = rounded(takes), rounded(could)
}

// nextBytes estimates what the next backup will move: as much as the last one
// brought, or for a first one between a quarter and all of what is in use.
func (p *visit) nextBytes(ctx context.Context) (int64, bool) {
	if p.attached.Newest != nil {
		return p.attached.Newest.NewBytes, p.attached.Newest.NewBytes > 0
	}
	used, known := p.used(ctx)
	return used / 2, known
}

// rounded makes an estimate look like one: whole minutes, five from 20 on, hours
// from six.
func rounded(seconds int64) cause.Seconds {
	step := int64(60)
	switch {
	case seconds >= 6*3600:
		step = 3600
	case seconds >= 20*60:
		step = 5 * 60
	}
	return cause.Seconds(max((seconds+step/2)/step, 1) * step)
}

// fasterThanUSB2 lists the models whose socket does more than USB 2, by
// ProductType. What is not in it counts as USB 2, so that a new model is never
// told off wrongly. Sources: Apple's technical specifications of each model.
var fasterThanUSB2 = []struct {
	speed  int64
	models string
}{
	// iPhone 15, 16 and 17 Pro and Pro Max; those without Pro, and the Air, do USB 2.
	{superPlus, "iPhone16,1 iPhone16,2 iPhone17,1 iPhone17,2 iPhone18,1 iPhone18,2"},
	// iPad Pro with USB-C, 2018 to 2025.
	{superPlus, "iPad8,1 iPad8,2 iPad8,3 iPad8,4 iPad8,5 iPad8,6 iPad8,7 iPad8,8 iPad8,9 iPad8,10 iPad8,11 iPad8,12"},
	{superPlus, "iPad13,4 iPad13,5 iPad13,6 iPad13,7 iPad13,8 iPad13,9 iPad13,10 iPad13,11"},
	{superPlus, "iPad14,3 iPad14,4 iPad14,5 iPad14,6 iPad16,3 iPad16,4 iPad16,5 iPad16,6 iPad17,1 iPad17,2 iPad17,3 iPad17,4"},
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
	via, ev := p.attached.Link.ViaHub(), cause.Evidence{}
	if d := p.attached.USB; d != nil {
		via = d.ViaHub
		ev["port"] = d.BusPath
	}
	if !via {
		return passed(nil)
	}
	status := Info
	if p.attached.FailedBefore {
		status = Warn
	}
	return told(status, cause.USBViaHub, ev)
}
