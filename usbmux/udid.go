package usbmux

import (
	"fmt"
	"strings"
)

// ValidUDID says whether s has one of the three forms of a UDID: 40 hex digits
// (up to the iPhone X), 8 and 16 with a dash, or those 24 without it as the USB
// serial number spells them. What passes is safe as a file name.
func ValidUDID(s string) bool {
	switch {
	case len(s) == 40 || len(s) == 24:
		return isHex(s)
	case len(s) == 25:
		return s[8] == '-' && isHex(s[:8]) && isHex(s[9:])
	}
	return false
}

// CanonicalUDID returns a valid UDID as the phone itself spells it: 40 hex digits
// in lower case, or 8 and 16 in upper case with a dash. It returns what is no
// UDID unchanged.
func CanonicalUDID(s string) string {
	switch {
	case !ValidUDID(s):
		return s
	case len(s) == 40:
		return strings.ToLower(s)
	case len(s) == 24:
		s = s[:8] + "-" + s[8:]
	}
	return strings.ToUpper(s)
}

// SameUDID compares two UDIDs without regard to case and dash. An empty one is
// the same as none.
func SameUDID(a, b string) bool {
	a, b = strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", "")
	return a != "" && strings.EqualFold(a, b)
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// clip shortens a text of foreign origin for an error; the caller quotes it.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:most], len(s))
}
