package history

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// bounded is s as valid UTF-8 without NUL, cut between runes to at most n bytes.
func bounded(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	return strings.ReplaceAll(s, "\x00", "")
}

// key is a UDID as it is compared: without case or dash.
func key(udid string) string {
	return strings.ToUpper(strings.ReplaceAll(bounded(udid, maxID), "-", ""))
}

// finite is f where that is a number that a person can believe, else 0.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return 0
	}
	return f
}

// millis is a time as the file has it; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
