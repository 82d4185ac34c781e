package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostShown bounds one text from a phone on a terminal, in runes.
const mostShown = 256

// clean makes a text from outside fit for a terminal: no control characters, no
// escapes, nothing that turns the reading direction, at most mostShown runes.
func clean(s string) string {
	if len(s) > mostShown*utf8.UTFMax {
		s = s[:mostShown*utf8.UTFMax]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > mostShown {
		s = string([]rune(s)[:mostShown-1]) + "…"
	}
	return s
}
