package cause

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxShown bounds one piece of evidence in a sentence, in runes: evidence may
// come from a phone or a file, and must not flood a terminal.
const maxShown = 200

// maxListed is how many entries of a list a sentence names.
const maxListed = 3

// BitRate is a link's speed in bits per second; in a sentence it is shown as
// "480 Mbit/s", in JSON as a number.
type BitRate int64

// Sentence tells a person what is wrong, with the evidence filled in. An id
// without a row is told as unknown.
func (e *Error) Sentence() string {
	r := e.row()
	for _, template := range append(slices.Clone(r.Special), r.Sentence) {
		if s, ok := fill(template, e.Evidence); ok {
			return s
		}
	}
	s, _ := fill(r.Plain, e.Evidence)
	return s
}

// Remedy returns the steps that help on the system goos (as runtime.GOOS spells
// it), with the evidence filled in.
func (e *Error) Remedy(goos string) []string {
	row := e.row()
	templates := row.steps(goos)
	if i := slices.IndexFunc(row.Instead, func(s Steps) bool { return e.Evidence[s.With] != nil }); i >= 0 {
		templates = row.Instead[i].Steps
	}
	steps := make([]string, len(templates))
	for i, t := range templates {
		steps[i], _ = fill(t, e.Evidence)
	}
	return steps
}

// Hint is the first step of Remedy as it follows "hint:": in lower case, without
// a full stop. It is empty when there is nothing to do.
func (e *Error) Hint(goos string) string {
	steps := e.Remedy(goos)
	if len(steps) == 0 {
		return ""
	}
	first, size := utf8.DecodeRuneInString(steps[0])
	return strings.TrimSuffix(string(unicode.ToLower(first))+steps[0][size:], ".")
}

// ExitCode is what a verb that ends with e exits with. A cause that never ends a
// verb by itself, told as an error all the same, is unexpected. A check that failed
// refuses, whatever its cause would be in a backup.
func (e *Error) ExitCode() int {
	r := e.row()
	if _, waited := e.Evidence["waited"]; waited && r.Waits {
		return ExitWaitedInVain
	}
	code := r.ExitCode
	if code == 0 {
		code = ExitUnexpected
	}
	if e.Checked && (code == ExitFailed || code == ExitUnexpected) {
		return ExitRefused
	}
	return code
}

func (e *Error) row() Row {
	r, ok := Lookup(e.ID)
	if !ok {
		r, _ = Lookup(Unknown)
	}
	return r
}

func (r Row) steps(goos string) []string {
	own := r.RemedyLinux
	switch goos {
	case "darwin":
		own = r.RemedyDarwin
	case "windows":
		own = r.RemedyWindows
	}
	if own != nil {
		return own
	}
	return r.Remedy
}

// fill puts evidence into a template. It answers false when a placeholder
// without words of its own found no evidence.
func fill(template string, ev Evidence) (string, bool) {
	var b strings.Builder
	complete := true
	for {
		before, rest, open := strings.Cut(template, "{")
		b.WriteString(before)
		if !open {
			return b.String(), complete
		}
		name, after, _ := strings.Cut(rest, "}")
		key, fallback, optional := strings.Cut(name, "|")
		shown := show(ev[key])
		if shown == "" {
			shown, complete = fallback, complete && optional
		}
		b.WriteString(shown)
		template = after
	}
}

// show renders one piece of evidence for a sentence; nothing for nil.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case Bytes:
		return v.String()
	case Seconds:
		return v.String()
	case BitRate:
		return v.String()
	case time.Duration:
		return Seconds(v.Seconds()).String()
	case []string:
		return showList(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return trimZero(strconv.FormatFloat(v, 'f', 1, 64))
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return thousands(fmt.Sprint(v))
	default:
		return clean(fmt.Sprint(v))
	}
}

func showList(list []string) string {
	named := list[:min(len(list), maxListed)]
	parts := make([]string, len(named))
	for i, s := range named {
		parts[i] = clean(s)
	}
	s := strings.Join(parts, ", ")
	if more := len(list) - len(named); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// clean makes a text from outside fit for a terminal: no control or direction
// characters, no line breaks, bounded.
func clean(s string) string {
	if len(s) > 8*maxShown {
		s = s[:8*maxShown]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > maxShown {
		s = string([]rune(s)[:maxShown-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// String shows a size as people compare it with the label on a drive: "62.1 GB",
// in decimal units.
func (n Bytes) String() string {
	if n > -1000 && n < 1000 {
		return fmt.Sprintf("%d bytes", int64(n))
	}
	return scale(float64(n), "kB", "MB", "GB", "TB", "PB", "EB")
}

// String shows a speed as "480 Mbit/s" or "10 Gbit/s".
func (n BitRate) String() string { return scale(float64(n), "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s") }

// scale divides v by 1000 until it is short, and names the unit.
func scale(v float64, units ...string) string {
	unit := ""
	for _, unit = range units {
		v /= 1000
		if math.Abs(v) < 999.95 {
			break
		}
	}
	return trimZero(strconv.FormatFloat(v, 'f', 1, 64)) + " " + unit
}

// String shows a duration with its two largest units: "16 min 38 s", "2 d 4 h".
func (s Seconds) String() string {
	if s < 0 {
		s = 0
	}
	if s < 10 {
		return trimZero(strconv.FormatFloat(float64(s), 'f', 1, 64)) + " s"
	}
	n := int64(math.Round(math.Min(float64(s), math.MaxInt32)))
	switch {
	case n < 60:
		return fmt.Sprintf("%d s", n)
	case n < 3600:
		return pair(n/60, "min", n%60, "s")
	case n < 86400:
		return pair(n/3600, "h", n%3600/60, "min")
	}
	return pair(n/86400, "d", n%86400/3600, "h")
}

func pair(a int64, unitA string, b int64, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unitA)
	}
	return fmt.Sprintf("%d %s %d %s", a, unitA, b, unitB)
}

func trimZero(s string) string { return strings.TrimSuffix(s, ".0") }

// thousands puts commas into a whole number.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
