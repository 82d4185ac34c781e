package usbmux

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// logWindow is how far back a message of the kernel still says something about
	// a phone that is plugged in now.
	logWindow = 5 * time.Minute
	// looseWindow and looseFrom are when a contact counts as loose: as for the
	// events of usbmuxd.
	looseWindow = time.Minute
	looseFrom   = 3
	// maxPorts bounds what one log may tell of.
	maxPorts = 256
)

// logLine is one message of the kernel.
type logLine struct {
	at   time.Duration // since the computer was started, sleep left out
	text string
}

// parseKmsg reads one record of /dev/kmsg:
//
//	<level>,<sequence>,<microseconds>,<flags>[,...];<text>\n <key>=<value>\n...
func parseKmsg(record string) (logLine, bool) {
	head, text, found := strings.Cut(record, ";")
	fields := strings.Split(head, ",")
	if !found || len(fields) < 4 {
		return logLine{}, false
	}
	us, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || us < 0 || us > int64(time.Duration(1<<63-1)/time.Microsecond) {
		return logLine{}, false
	}
	text, _, _ = strings.Cut(text, "\n")
	return logLine{at: time.Duration(us) * time.Microsecond, text: text}, true
}

// parseMonotonic reads one line of journalctl -o short-monotonic:
//
//	[12345.678901] host kernel: <text>
func parseMonotonic(line string) (logLine, bool) {
	rest, open := strings.CutPrefix(line, "[")
	stamp, rest, closed := strings.Cut(rest, "]")
	_, text, kernel := strings.Cut(rest, " kernel: ")
	seconds, err := strconv.ParseFloat(strings.TrimSpace(stamp), 64)
	if !open || !closed || !kernel || err != nil || !(seconds >= 0 && seconds < 1e9) {
		return logLine{}, false
	}
	return logLine{at: time.Duration(seconds * float64(time.Second)), text: text}, true
}

// portLog is what the messages say about one port.
type portLog struct {
	failed   int           // attempts to read what is there that came to nothing, since the last that did not
	failedAt time.Duration //
	final    bool          // the kernel has given up
	message  string

	power        int
	powerAt      time.Duration
	powerMessage string

	phones []time.Duration // when a phone was read
}

// portsInLog tells which ports are in trouble, from the kernel's messages in their
// order and the time now.
func portsInLog(lines []logLine, now time.Duration) []PortTrouble {
	ports := map[string]*portLog{}
	for _, l := range lines {
		if l.at > now+time.Second || now-l.at > logWindow {
			continue
		}
		port, text, ok := portOf(l.text)
		if !ok || ports[port] == nil && len(ports) >= maxPorts {
			continue
		}
		if ports[port] == nil {
			ports[port] = &portLog{}
		}
		ports[port].note(l.at, text)
	}
	var troubles []PortTrouble
	for _, name := range slices.Sorted(maps.Keys(ports)) {
		troubles = append(troubles, ports[name].troubles(name, now)...)
	}
	return troubles
}

// note takes one message. Texts and their meaning are those of the kernel's
// drivers/usb/core/hub.c and generic.c, versions 3.x to 6.x.
func (p *portLog) note(at time.Duration, text string) {
	has := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case has("unable to enumerate USB device"), has("Cannot enable. Maybe the USB cable is bad"):
		p.fail(at, text)
		p.final = true
	case has("device descriptor read/"), has("device not accepting address"), has("device not responding to setup address"):
		p.fail(at, text)
	case has("over-current condition"), has("insufficient available bus power"):
		p.power++
		p.powerAt, p.powerMessage = at, printable(text)
	case has("New USB device found"):
		p.failed, p.final = 0, false
		if isPhoneLine(text) {
			p.phones = append(p.phones, at)
		}
	}
}

func (p *portLog) fail(at time.Duration, text string) {
	p.failed++
	p.failedAt, p.message = at, printable(text)
}

// settledAfter is how long after a first failure the kernel may still be trying.
const settledAfter = 3 * time.Second

// troubles draws the conclusions.
func (p *portLog) troubles(port string, now time.Duration) []PortTrouble {
	var list []PortTrouble
	ago := func(at time.Duration) time.Duration { return max(now-at, time.Millisecond) }
	if p.power > 0 {
		list = append(list, PortTrouble{Port: port, Kind: Power, Times: p.power, Ago: ago(p.powerAt), Message: p.powerMessage})
	}
	if n, last := p.loose(); n >= looseFrom && now-last <= looseWindow {
		list = append(list, PortTrouble{Port: port, Kind: Loose, Times: n, Ago: ago(last), Message: "phone found " + strconv.Itoa(n) + " times within a minute"})
	}
	if p.failed > 0 && (p.final || p.failed > 1 && now-p.failedAt >= settledAfter) {
		list = append(list, PortTrouble{Port: port, Kind: Unreadable, Times: p.failed, Ago: ago(p.failedAt), Message: p.message})
	}
	return list
}

// loose counts how often a phone came within the minute before it came last.
func (p *portLog) loose() (n int, last time.Duration) {
	if len(p.phones) == 0 {
		return 0, 0
	}
	last = p.phones[len(p.phones)-1]
	for _, at := range p.phones {
		if last-at <= looseWindow {
			n++
		}
	}
	return n, last
}

var (
	// "usb 1-1.4: ...": the device at that path.
	devicePattern = regexp.MustCompile(`^usb (\d{1,3}-\d{1,3}(?:\.\d{1,3}){0,6}): (.*)$`)
	// "usb usb1-port3: ...", "usb 1-1-port4: ...", since 3.16 or so.
	portPattern = regexp.MustCompile(`^usb (usb\d{1,3}|\d{1,3}-\d{1,3}(?:\.\d{1,3}){0,5})-port(\d{1,3}): (.*)$`)
	// "hub 1-0:1.0: ... on port 3", "hub 1-1:1.0: ... port 4", before that.
	hubPattern = regexp.MustCompile(`^hub (\d{1,3}-\d{1,3}(?:\.\d{1,3}){0,5}):\d{1,3}\.\d{1,3}: (?:(.*?) )?(?:on )?port (\d{1,3})\b(.*)$`)
	// The ids in "New USB device found, idVendor=05ac, idProduct=12a8".
	idPattern = regexp.MustCompile(`idVendor=([0-9a-f]{4}), idProduct=([0-9a-f]{4})`)
)

// portOf finds the port that a message is about, as a bus path: port 4 of the hub
// "1-1" is "1-1.4".
func portOf(text string) (port, rest string, ok bool) {
	const longest = 500
	text = text[:min(len(text), longest)]
	if m := devicePattern.FindStringSubmatch(text); m != nil {
		return m[1], m[2], true
	}
	if m := portPattern.FindStringSubmatch(text); m != nil {
		return portPath(m[1], m[2]), m[3], true
	}
	if m := hubPattern.FindStringSubmatch(text); m != nil {
		return portPath(m[1], m[3]), strings.TrimSpace(m[2] + m[4]), true
	}
	return "", "", false
}

// portPath is the bus path of a port of a hub; a bus itself is "usb1" or "1-0".
func portPath(hub, port string) string {
	if bus, root := strings.CutPrefix(hub, "usb"); root {
		return bus + "-" + port
	}
	if bus, root := strings.CutSuffix(hub, "-0"); root {
		return bus + "-" + port
	}
	return hub + "." + port
}

// isPhoneLine says that a found device is an Apple phone or tablet.
func isPhoneLine(text string) bool {
	m := idPattern.FindStringSubmatch(text)
	if m == nil || m[1] != appleVendor {
		return false
	}
	product, err := strconv.ParseUint(m[2], 16, 16)
	_, phone := modeOf(uint32(product))
	return err == nil && phone
}

// byTime sorts troubles, the newest first.
func byTime(a, b PortTrouble) int { return cmp.Compare(a.Ago, b.Ago) }
