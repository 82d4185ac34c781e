package cause

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxPasted bounds what is looked at, in bytes: the end of a pasted log, where the
// failure stands.
const maxPasted = 256 << 10

// unpaste makes one plain text of what somebody pasted or piped in: bytes of a
// Windows console, colours of a terminal, progress bars that rewrite their line,
// typographic signs of a dialog. What is no text becomes a space.
func unpaste(text string) string {
	if len(text) > 2*maxPasted {
		text = text[(len(text)-2*maxPasted)&^1:] // even, for UTF-16
	}
	text = fromUTF16(text)
	if len(text) > maxPasted {
		text = text[len(text)-maxPasted:]
	}
	return straighten(withoutEscapes(text))
}

// fromUTF16 decodes what PowerShell and Notepad write. Without a mark at the
// beginning, text in which every other byte is mostly zero is taken for it.
func fromUTF16(text string) string {
	order, known := 0, false // where the high byte is
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		order, known, text = 1, true, text[2:]
	case strings.HasPrefix(text, "\xfe\xff"):
		order, known, text = 0, true, text[2:]
	default:
		var zeros [2]int
		probe := min(len(text), 4096)
		for i := range probe {
			if text[i] == 0 {
				zeros[i%2]++
			}
		}
		switch {
		case probe >= 4 && zeros[1] > probe/3 && zeros[0] < probe/20+1:
			order, known = 1, true
		case probe >= 4 && zeros[0] > probe/3 && zeros[1] < probe/20+1:
			order, known = 0, true
		}
	}
	if !known {
		return text
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = uint16(text[2*i+order])<<8 | uint16(text[2*i+1-order])
	}
	return string(utf16.Decode(units))
}

// withoutEscapes drops the sequences with which terminals colour and move.
func withoutEscapes(text string) string {
	if !strings.Contains(text, "\x1b") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "\x1b")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = rest[escapeLength(rest):]
	}
}

// escapeLength is how many bytes of s, which follow an escape sign, belong to its
// sequence.
func escapeLength(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case '[': // parameters, then one letter
		for i := 1; i < len(s) && i < 64; i++ {
			if s[i] >= '@' && s[i] <= '~' {
				return i + 1
			}
		}
	case ']': // a title, up to a bell or another escape
		for i := 1; i < len(s) && i < 1024; i++ {
			if s[i] == '\a' {
				return i + 1
			}
			if s[i] == '\x1b' {
				return i
			}
		}
	}
	return 1
}

// straighten replaces typographic signs, gives every line break one form, and
// drops what cannot be seen.
func straighten(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch r {
		case '’', '‘', '´', '`', 'ʼ', '′':
			return '\''
		case '“', '”', '„', '«', '»', '″':
			return '"'
		case '−', '–', '—', '‐', '‑', '﹣', '－':
			return '-'
		case '\r', '\n', '\v', '\f', '\u0085', '\u2028', '\u2029':
			return '\n'
		case '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
			return -1
		case utf8.RuneError:
			return ' '
		}
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text)
}
