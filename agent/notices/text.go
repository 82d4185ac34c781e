package notices

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of texts, in runes: what desktops show without cutting.
const (
	mostName  = 40
	mostTitle = 80
	mostText  = 280
)

// clean makes a text from outside one plain line of at most most runes: no control
// characters, nothing that cannot be seen or that turns the reading direction.
func clean(s string, most int) string {
	if len(s) > 4*most*utf8.UTFMax {
		s = s[:4*most*utf8.UTFMax]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		s = strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
	}
	return s
}

// sentence makes a clause a sentence.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[n:]
	if last, _ := utf8.DecodeLastRuneInString(s); !strings.ContainsRune(".!?…", last) {
		s += "."
	}
	return s
}

// told is what is wrong and the first thing to do. The step is what helps: where both do not
// fit, the sentence is cut.
func told(what string, steps []string) string {
	step := ""
	if len(steps) > 0 {
		step = " " + clean(steps[0], mostText/2)
	}
	return sentence(clean(what, mostText-utf8.RuneCountInString(step)-1)) + step
}
