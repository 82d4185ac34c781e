package computer

import (
	"bufio"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"homeport/preflight"
)

// supply is one entry of Linux's /sys/class/power_supply, by the names of its
// uevent without POWER_SUPPLY_.
type supply map[string]string

const (
	maxSupplies = 64
	maxUevent   = 16 << 10 // bytes
)

// supplies reads a tree of the form <name>/uevent.
func supplies(root fs.FS) ([]supply, error) {
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil, err
	}
	var list []supply
	for _, e := range entries[:min(len(entries), maxSupplies)] {
		data, err := readSome(root, e.Name()+"/uevent", maxUevent)
		if err != nil {
			continue // it went while we looked
		}
		s := supply{}
		for line := range strings.Lines(string(data)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			if name, ok := strings.CutPrefix(key, "POWER_SUPPLY_"); ok {
				s[name] = value
			}
		}
		list = append(list, s)
	}
	return list, nil
}

func readSome(root fs.FS, name string, most int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// batteryOfSupplies puts the supplies of a computer together. Those with the
// scope Device belong to a mouse, a headset, or a phone at the USB port, which
// the kernel lists as a battery too.
//
// The charger counts when one is connected, or when a battery says that it fills:
// not every computer lists what it is charged by. Where no charger is listed at
// all, a battery that is full or rests counts as fed.
func batteryOfSupplies(list []supply) preflight.Battery {
	list = slices.DeleteFunc(slices.Clone(list), func(s supply) bool { return s["SCOPE"] == "Device" })
	var batteries []supply
	chargers, fed := 0, false
	for _, s := range list {
		switch {
		case s["TYPE"] == "Battery" && s["PRESENT"] != "0":
			batteries = append(batteries, s)
			fed = fed || s["STATUS"] == "Charging"
		case s["TYPE"] == "Mains" || strings.HasPrefix(s["TYPE"], "USB") || s["TYPE"] == "Wireless":
			chargers++
			fed = fed || s.number("ONLINE") > 0
		}
	}
	percent, ok := percentOf(batteries)
	if !ok {
		return preflight.Battery{}
	}
	if chargers == 0 && !fed {
		fed = !slices.ContainsFunc(batteries, func(s supply) bool { return s["STATUS"] == "Discharging" })
	}
	return preflight.Battery{Present: true, Percent: percent, External: fed}
}

// percentOf weighs batteries by what they can hold, in Wh or else Ah; where that
// is not told for all of them, each counts the same.
func percentOf(batteries []supply) (int, bool) {
	for _, unit := range []string{"ENERGY", "CHARGE"} {
		var now, full float64
		for _, b := range batteries {
			if n, f := b.number(unit+"_NOW"), b.number(unit+"_FULL"); n >= 0 && f > 0 {
				now, full = now+n, full+f
			} else {
				full = -1
				break
			}
		}
		if full > 0 {
			return int(min(100*now/full, 100)), true
		}
	}
	sum, n := 0.0, 0
	for _, b := range batteries {
		if c := b.number("CAPACITY"); c >= 0 && c <= 100 {
			sum, n = sum+c, n+1
		}
	}
	if n == 0 {
		return 0, false
	}
	return int(sum / float64(n)), true
}

// number reads a value; -1 for one that is not there, or below zero.
func (s supply) number(name string) float64 {
	v, err := strconv.ParseFloat(s[name], 64)
	if err != nil || !(v >= 0 && v < 1e15) {
		return -1
	}
	return v
}

// batteryOfPmset reads the output of macOS's `pmset -g batt`:
//
//	Now drawing from 'Battery Power'
//	 -InternalBattery-0 (id=4325475)	19%; discharging; 1:02 remaining present: true
//
// A UPS has a line of its own with another name, and does not count.
func batteryOfPmset(out string) preflight.Battery {
	var b preflight.Battery
	sum, n := 0, 0
	scan := bufio.NewScanner(strings.NewReader(out))
	for scan.Scan() {
		line := strings.TrimSpace(scan.Text())
		if source, ok := strings.CutPrefix(line, "Now drawing from '"); ok {
			b.External = !strings.HasPrefix(source, "Battery Power")
			continue
		}
		if !strings.HasPrefix(line, "-InternalBattery-") || strings.Contains(line, "present: false") {
			continue
		}
		_, rest, _ := strings.Cut(line, "\t")
		digits, _, _ := strings.Cut(strings.TrimSpace(rest), "%")
		if percent, err := strconv.Atoi(digits); err == nil && percent >= 0 && percent <= 100 {
			sum, n = sum+percent, n+1
		}
	}
	if n == 0 {
		return preflight.Battery{}
	}
	b.Present, b.Percent = true, sum/n
	return b
}

// batteryOfStatus reads the first bytes of Windows' SYSTEM_POWER_STATUS: whether a
// socket feeds the computer (0 no, 1 yes, 255 not known), flags (128 no battery,
// 255 not known), and the percentage (255 not known).
func batteryOfStatus(line, flag, percent byte) preflight.Battery {
	const noBattery, unknown = 128, 255
	if flag == unknown || flag&noBattery != 0 || percent > 100 || line == unknown {
		return preflight.Battery{}
	}
	return preflight.Battery{Present: true, Percent: int(percent), External: line != 0}
}
