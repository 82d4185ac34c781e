package main

import (
	"encoding/json"
	"fmt"
	"html"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"homeport/usbmux"
)

func notLetter(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
}

// canonicalKey is a UDID in one spelling.
func canonicalKey(udid string) string { return strings.ToLower(usbmux.CanonicalUDID(udid)) }

// spellings are the forms in which a thing may stand in a text: as it is, with
// other quotes, escaped for JSON, Go, XML or an address, a UDID with and without
// its dash.
func spellings(thing string) []string {
	forms := []string{thing}
	if strings.ContainsAny(thing, "'’") {
		forms = append(forms, strings.ReplaceAll(thing, "’", "'"), strings.ReplaceAll(thing, "'", "’"))
	}
	if bare := strings.ReplaceAll(thing, "-", ""); usbmux.ValidUDID(thing) || usbmux.ValidUDID(bare) {
		forms = append(forms, bare)
		if len(bare) == 24 {
			forms = append(forms, bare[:8]+"-"+bare[8:])
		}
	}
	for _, f := range slices.Clone(forms) {
		forms = append(forms, escaped(f)...)
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// escaped are the escaped forms of a text.
func escaped(s string) []string {
	inner := func(quoted string) string { return quoted[1 : len(quoted)-1] }
	asJSON, _ := json.Marshal(s) // a string is always JSON
	plain := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(inner(string(asJSON)))
	var percent, ascii strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&percent, "%%%02X", s[i])
	}
	for _, r := range s {
		switch {
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&ascii, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		case r > 126:
			fmt.Fprintf(&ascii, `\u%04x`, r)
		case r == '"' || r == '\\':
			ascii.WriteString(`\` + string(r))
		default:
			ascii.WriteRune(r)
		}
	}
	forms := []string{
		inner(string(asJSON)), plain, ascii.String(), inner(strconv.Quote(s)), inner(strconv.QuoteToASCII(s)),
		url.PathEscape(s), url.QueryEscape(s), percent.String(), html.EscapeString(s), strings.ReplaceAll(s, "'", "''"),
		strings.ReplaceAll(url.PathEscape(s), "%2F", "/"),
	}
	return append(forms, inner(strconv.Quote(plain))) // JSON within a quoted text
}

// pattern is a form by which something personal is known that nobody told us of.
type pattern struct {
	kind   string
	expr   *regexp.Regexp
	really func(string) bool // nil: always
}

// patterns are tried in this order; what one takes the next does not see.
var patterns = []pattern{
	{"secret", regexp.MustCompile(`(?i)\b[\w-]*(?:password|passwort|passphrase|token|secret|authorization|api[_-]?key)[\w-]*["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?[^\s"',;]+`), nil},
	{"mail", regexp.MustCompile(`(?i)[\p{L}\p{N}._+-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`), nil},
	{"udid", regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{16}\b`), nil},
	{"id", regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), nil},
	{"id", regexp.MustCompile(`(?i)\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{24})\b`), nil},
	{"ecid", regexp.MustCompile(`(?i)\becid["']?\W{0,3}(?:0x)?[0-9a-f]{6,16}\b`), nil},
	{"ecid", regexp.MustCompile(`(?i)\b0x[0-9a-f]{11,16}\b`), nil},
	{"mac", regexp.MustCompile(`(?i)\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b`), nil},
	{"address", regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`), farAddress},
	{"address", regexp.MustCompile(`(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?`), farAddress},
	{"number", regexp.MustCompile(`\+\d[\d ().-]{6,18}\d`), nil},
	{"number", regexp.MustCompile(`\b0\d{2,4}[ /-]\d{3,4}[ -]?\d{2,6}\b`), nil},
	{"number", regexp.MustCompile(`\b\d{14,16}\b|\b89\d{17,18}\b`), nil},
	{"serial", regexp.MustCompile(`\b[A-Z0-9]{10,12}\b`), mixed},
}

// farAddress reports whether a text is the address of another computer.
func farAddress(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && !a.IsLoopback() && !a.IsUnspecified()
}

// mixed reports whether a text has letters and digits, as Apple's serial numbers.
func mixed(s string) bool {
	digits := strings.Count(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '9'
		}
		return r
	}, s), "9")
	return digits >= 2 && digits < len(s)
}

// patterns takes out what is known by its form.
func (r *redactor) patterns(s string) string {
	s = r.files(s)
	for _, p := range patterns {
		s = p.expr.ReplaceAllStringFunc(s, func(found string) string {
			if p.really != nil && !p.really(found) {
				return found
			}
			r.removed[p.kind]++
			return "(" + p.kind + ")"
		})
	}
	return s
}

// domainPath begins the path of a phone's file, and absolute a path of a computer.
var (
	domainPath = regexp.MustCompile(`[A-Za-z]+Domain(?:-[\w.-]+)?[/\\]`)
	absolute   = regexp.MustCompile(`(?:^|[\s"'(=\[])(/[^\s/"']+/|[A-Za-z]:\\|\\\\[^\s\\]+\\)`)
)

// systemPaths are the same on every computer, and worth knowing.
var systemPaths = regexp.MustCompile(`^(?:/usr/(?:local/)?(?:s?bin|lib)|/opt/homebrew|/var/run/|/run/|/proc/|/sys/|/dev/|/s?bin/|/var/(?:db|lib)/(?:lockdown|usbmuxd)|[A-Z]:\\Program Files|[A-Z]:\\Windows)`)

// files takes out the names of files that nobody told us of. Where such a name
// ends nobody can say, as it may hold anything; so all goes up to what an error
// says last.
func (r *redactor) files(s string) string {
	if at := domainPath.FindStringIndex(s); at != nil {
		r.removed["file"]++
		return s[:at[1]] + "(file)" + lastWords(s[at[1]:])
	}
	for _, at := range absolute.FindAllStringSubmatchIndex(s, -1) {
		if !systemPaths.MatchString(s[at[2]:]) {
			r.removed["path"]++
			return s[:at[2]] + "(path)" + lastWords(s[at[2]:])
		}
	}
	return s
}

// lastWords is what an error says after its last colon.
func lastWords(s string) string {
	if i := strings.LastIndex(s, ": "); i >= 0 {
		return s[i:]
	}
	return ""
}
