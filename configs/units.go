package configs

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time, written "90m", "24h", "7d" or "1w2d"; "0" is none.
// In JSON it is a number of seconds.
type Duration time.Duration

// maxDuration bounds what a setting may say: ten years.
const maxDuration = 10 * 365 * 24 * time.Hour

// ParseDuration reads a duration: numbers with the units s, m, h, d (24 h) or w
// (7 d), one after the other. A bare number has no unit and is refused, 0 aside.
func ParseDuration(s string) (Duration, error) {
	rest := strings.TrimSpace(s)
	if rest == "0" {
		return 0, nil
	}
	if rest == "" {
		return 0, errors.New("parse duration: empty")
	}
	total := 0.0
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		n, err := strconv.ParseFloat(rest[:digits], 64)
		if err != nil || digits == len(rest) {
			return 0, fmt.Errorf("parse duration: no number with a unit in %q", rest)
		}
		unit, ok := durationUnits[rest[digits]]
		if !ok {
			return 0, fmt.Errorf("parse duration: no unit %q", rest[digits:])
		}
		total += n * float64(unit)
		rest = rest[digits+1:]
	}
	if total > float64(maxDuration) {
		return 0, fmt.Errorf("parse duration: %s is more than ten years", s)
	}
	return Duration(math.Round(total)), nil
}

var durationUnits = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

// Std gives the duration as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes the duration so that ParseDuration reads it again: "7d", "24h",
// "1h30m".
func (d Duration) String() string {
	std := time.Duration(d)
	if day := 24 * time.Hour; std > day && std%day == 0 {
		return fmt.Sprintf("%dd", std/day)
	}
	if std == 0 {
		return "0"
	}
	s := std.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalYAML writes the duration as String does.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// MarshalJSON writes seconds.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).Seconds()) }

// Size is a number of bytes, written "500MB", "1GiB" or "1073741824". In JSON it
// is a number.
type Size int64

var sizeUnits = []struct {
	name string
	size int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// ParseSize reads a size: a number, and a decimal (kB, MB, GB, TB) or binary
// (KiB, MiB, GiB, TiB) unit in any case. Without a unit it is bytes.
func ParseSize(s string) (Size, error) {
	s = strings.TrimSpace(s)
	number, unit := s, int64(1)
	for _, u := range sizeUnits {
		if len(s) > len(u.name) && strings.EqualFold(s[len(s)-len(u.name):], u.name) {
			number, unit = strings.TrimSpace(s[:len(s)-len(u.name)]), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || math.IsNaN(n) || n*float64(unit) >= math.MaxInt64 {
		return 0, fmt.Errorf("parse size: %q is no size", s)
	}
	return Size(math.Round(n * float64(unit))), nil
}

// String writes the size with the largest unit that leaves a whole number, so
// that ParseSize reads it again.
func (n Size) String() string {
	for _, u := range sizeUnits {
		if n != 0 && int64(n)%u.size == 0 {
			return fmt.Sprintf("%d%s", int64(n)/u.size, u.name)
		}
	}
	return "0"
}

// MarshalYAML writes the size as String does.
func (n Size) MarshalYAML() (any, error) { return n.String(), nil }
