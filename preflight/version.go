package preflight

import (
	"context"
	"strconv"
	"strings"

	"homeport/cause"
)

// The iOS versions that matter.
var (
	// oldestIOS keeps its manifest as a database; older ones have another format.
	oldestIOS = iosVersion{10}
	// newestIOS is the newest major version that this release was tested with, on
	// simulated phones.
	newestIOS = iosVersion{26}
)

// iosVersion is a version number, "16.1" as {16, 1}; what is missing is 0.
type iosVersion [3]int

// parseIOS reads "18.5" or "15.7.1", and of "27.1 beta 2" the 27.1; false for what does
// not begin as a version.
func parseIOS(s string) (v iosVersion, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) > len(v) {
		parts = parts[:len(v)]
	}
	for i, part := range parts {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil || n > 999 {
			return v, i > 0
		}
		v[i] = n
		if digits != part {
			break
		}
	}
	return v, true
}

func (v iosVersion) before(w iosVersion) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

func (p *visit) iosVersion(context.Context) Finding {
	v, ok := parseIOS(p.basics.ProductVersion)
	if !ok {
		return passed(nil)
	}
	ev := cause.Evidence{"iosVersion": p.basics.ProductVersion}
	switch {
	case v.before(oldestIOS):
		ev["oldest"] = strconv.Itoa(oldestIOS[0])
		return told(Fail, cause.IOSTooOld, ev)
	case v[0] > newestIOS[0]:
		ev["tested"] = strconv.Itoa(newestIOS[0])
		return told(Warn, cause.IOSTooNewUntested, ev)
	}
	return passed(ev)
}

// passcode predicts whether the phone will ask for its passcode before the
// backup: since iOS 15.7.1 and 16.1 it always does when it has one. That is no
// finding of its own but a fact, "passcodeNeeded", for whoever waits.
func (p *visit) passcode(context.Context) Finding {
	v, ok := parseIOS(p.basics.ProductVersion)
	asks := ok && !v.before(iosVersion{15, 7, 1}) && !(v[0] == 16 && v[1] == 0)
	return passed(cause.Evidence{"passcodeNeeded": asks})
}
