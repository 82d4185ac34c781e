package tree

import (
	"strings"
	"unicode/utf8"
)

// tempPrefix begins the name of every file that is not whole yet. Parse refuses
// it, so no phone can name one.
const tempPrefix = ".hp-part-"

// TempName is the name of an unfinished file of ours; tag tells those of one folder
// apart.
func TempName(tag string) string { return tempPrefix + tag }

// IsTemp tells whether name (a last component) is that of an unfinished body,
// which a crash can leave behind and anyone may remove.
func IsTemp(name string) bool { return strings.HasPrefix(name, tempPrefix) }

// ValidName tells whether Parse takes name as one component of a path. What is on
// the disk already can have other names.
func ValidName(name string) bool { return checkComponent(name) == "" }

// metadata are the names that Apple gives to the files and folders of a backup
// that are not named after a hash. Another spelling of one of them would be the
// same file on a Mac or a PC.
var metadata = []string{"Info.plist", "Manifest.db", "Manifest.mbdb", "Manifest.mbdx", "Manifest.plist", "Snapshot", "Status.plist"}

// checkComponent gives the reason why c cannot be one component of a path, or "".
func checkComponent(c string) string {
	switch {
	case len(c) == 40 && isLowerHex(c), len(c) == 2 && isLowerHex(c):
		return ""
	case c == "":
		return "has an empty component"
	case len(c) > MaxComponent:
		return "has a component longer than 255 bytes"
	case c == "." || c == "..":
		return "has a component " + c
	case c[len(c)-1] == '.' || c[len(c)-1] == ' ':
		return "has a component that ends in a dot or a space"
	case c[0] == ' ' || c[0] == '-':
		return "has a component that begins with a space or a dash"
	}
	for i := 0; i < len(c); i++ {
		if !isAllowed(c[i]) {
			return "has a character that is not safe on every system"
		}
	}
	return checkName(c)
}

// checkName refuses names of allowed characters that some system or program
// gives a meaning of its own.
func checkName(c string) string {
	low := strings.ToLower(c)
	switch stem, _, _ := strings.Cut(low, "."); {
	case isReserved(strings.TrimRight(stem, " ")):
		return "has a name that Windows reserves"
	case IsTemp(low), IsGone(low):
		return "has a name that is kept for files of ours"
	case low == ".ds_store", low == "desktop.ini", low == "autorun.inf", low == "thumbs.db", strings.HasPrefix(low, "._"):
		return "has a name that a desktop acts upon"
	case strings.HasPrefix(low, "manifest.db-"):
		return "has the name of a database journal"
	case low != c && (isLowerHex(low) && (len(low) == 2 || len(low) == 40)):
		return "differs only in case from a name of the backup format"
	}
	for _, m := range metadata {
		if c != m && strings.EqualFold(c, m) {
			return "differs only in case from a name of the backup format"
		}
	}
	return ""
}

// isHostile tells a component that tries something from one that is merely
// outside the allowed set, as a future iOS might send.
func isHostile(c string) bool {
	switch {
	case c == "..", len(c) > MaxComponent, !utf8.ValidString(c), IsTemp(strings.ToLower(c)), IsGone(strings.ToLower(c)):
		return true
	case strings.Trim(c, ". \t") == "" && c != ".":
		return true
	case strings.ContainsFunc(c, func(r rune) bool { return r < 0x20 || r == 0x7f || r == ':' || r == '%' }):
		return true
	case strings.ContainsFunc(c, isDisguise):
		return true
	}
	stem, _, _ := strings.Cut(strings.ToLower(c), ".")
	return isReserved(strings.TrimRight(stem, " "))
}

// isDisguise finds characters that look like, or hide, others: full-width dots
// and slashes, leaders, zero-width and direction marks.
func isDisguise(r rune) bool {
	switch {
	case r == 0xFF0E, r == 0xFF0F, r == 0xFF3C, r == 0x2024, r == 0x2025, r == 0x2026, r == 0x2215, r == 0x2044:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
		return true
	}
	return false
}

// isReserved knows the device names of Windows, which it finds in any folder
// and with any extension. c is lower case, without the extension.
func isReserved(c string) bool {
	switch c {
	case "con", "prn", "aux", "nul", "conin$", "conout$", "clock$":
		return true
	}
	if !strings.HasPrefix(c, "com") && !strings.HasPrefix(c, "lpt") {
		return false
	}
	switch rest := c[3:]; rest {
	case "¹", "²", "³":
		return true
	default:
		return len(rest) == 1 && rest[0] >= '0' && rest[0] <= '9'
	}
}

// isAllowed is the alphabet of names that are not of a known shape. Everything
// else is refused on every system: quotes, wildcards and pipes mean something to
// Windows, ~ begins its short names, and letters outside ASCII fold and
// normalise differently from one file system to the next.
func isAllowed(b byte) bool {
	switch {
	case isLetter(b), b >= '0' && b <= '9':
		return true
	}
	return strings.IndexByte("._- +,=@()", b) >= 0
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func isLowerHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if b := s[i]; (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

// isFixed tells the names that cannot have a twin: Parse has refused every other
// spelling of them.
func isFixed(c string) bool {
	if isLowerHex(c) && (len(c) == 2 || len(c) == 40) {
		return true
	}
	for _, m := range metadata {
		if c == m {
			return true
		}
	}
	return false
}
