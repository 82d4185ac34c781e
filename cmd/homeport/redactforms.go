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

	"golang.org/x/text/unicode/norm"

	"homeport/usbmux"
)

func notLetter(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
}

// canonicalKey is a UDID in one spelling.
func canonicalKey(udid string) string { return strings.ToLower(usbmux.CanonicalUDID(udid)) }

// spellings are the forms in which a thing may stand in a text: as it is, with
// other quotes, with accents of their own, escaped for JSON, Go, XML or an address, a UDID with and without
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
	for _, f := range slices.Clone(forms) { // a drive of a Mac takes its letters apart
		forms = append(forms, norm.NFC.String(f), norm.NFD.String(f))
	}
	slices.Sort(forms)
	for _, f := range slices.Compact(slices.Clone(forms)) {
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

// secretWords are in the names of what holds a secret, and secretValue is what comes
// after one.
const (
	secretWords = `password|passwort|passphrase|token|secret|authorization|api[_-]?key`
	secretValue = `(?:\\?"[^"]*"|'[^']*'|(?:(?:bearer|basic|digest|token)\s+)?[^\s"',;]+)`
)

// patterns are tried in this order; what one takes the next does not see.
var patterns = []pattern{
	{"secret", regexp.MustCompile(`(?i)\b[\w-]*(?:` + secretWords + `)[\w-]*(?:\\?["'])?\s*[:=]\s*` + secretValue), nil},
	{"secret", regexp.MustCompile(`(?i)(?:^|\s)--?(?:` + secretWords + `)\s+` + secretValue), nil},
	{"address", regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>]+`), farURL},
	{"mail", regexp.MustCompile(`(?i)[\p{L}\p{N}._+-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`), nil},
	{"udid", regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{16}\b`), nil},
	{"id", regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), nil},
	{"id", regexp.MustCompile(`(?i)\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{24})\b`), nil},
	{"ecid", regexp.MustCompile(`(?i)\b(?:ecid|uniquechipid)["']?\W{0,3}(?:0x)?[0-9a-f]{6,20}\b`), nil},
	{"ecid", regexp.MustCompile(`(?i)\b0x[0-9a-f]{11,16}\b`), nil},
	{"mac", regexp.MustCompile(`(?i)\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b`), nil},
	{"mac", regexp.MustCompile(`(?i)\b[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\b`), nil},
	{"host", regexp.MustCompile(`(?i)[\p{L}\p{N}-]+\.(?:local|lan|fritz\.box|home\.arpa)\b`), nil},
	{"address", regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`), farAddress},
	{"address", regexp.MustCompile(`(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?`), farAddress},
	{"number", regexp.MustCompile(`(?i)(?:\+|%2B)\d(?:[\d ().\x{a0}/-]|%20){6,24}\d`), nil},
	{"number", regexp.MustCompile(`\b0\d{2,4}(?:[ /.-]|%20)\d{3,4}(?:[ .-]|%20)?\d{2,8}\b`), nil},
	{"number", regexp.MustCompile(`\(0?\d{2,4}\)[ /-]?\d{3}[\d -]{2,8}\d\b`), nil},
	{"number", regexp.MustCompile(`\b[2-9]\d{2}[.-]\d{3}[.-]\d{4}\b|\b0\d{9,11}\b`), nil},
	{"number", regexp.MustCompile(`\b\d{14,16}\b|\b89\d{17,18}\b`), nil},
	{"serial", regexp.MustCompile(`\b[A-Z0-9]{10,12}\b`), mixed},
}

// farURL reports whether a text is an address that may say something: not of this
// computer itself, nor of Apple's help.
func farURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return true
	}
	host := u.Hostname()
	if strings.EqualFold(u.Scheme, "unix") { // a socket: what stands there may be our word for a folder
		return !systemPaths.MatchString(u.Path) && !slices.Contains([]string{"~", "TMP", "STATE", "DEST", "LOG"}, u.Host)
	}
	known := host == "" && u.Scheme != "file" || host == "localhost" || host == "apple.com" || strings.HasSuffix(host, ".apple.com")
	if a, err := netip.ParseAddr(host); err == nil {
		known = a.IsLoopback()
	}
	return !known || u.User != nil || u.RawQuery != ""
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
