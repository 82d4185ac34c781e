package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// mostName bounds a phone's name, in runes.
const mostName = 256

// sameName reports whether two names are the same to a person: iOS names phones
// with a curly apostrophe, which few keyboards have.
func sameName(a, b string) bool { return foldName(a) == foldName(b) }

// foldName takes out of a name what people do not see as a difference: the shape of
// quotes, the kind and number of spaces, letters composed or not, and case.
func foldName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4\u0060\uff07", r):
			return '\''
		case strings.ContainsRune("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02", r):
			return '"'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, clip(s, mostName))
	return strings.ToLower(norm.NFC.String(strings.ToUpper(strings.Join(strings.Fields(s), " "))))
}

// clip cuts a text to n runes.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
