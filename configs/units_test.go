package configs

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0": 0, "90m": 90 * time.Minute, "24h": 24 * time.Hour, "7d": 168 * time.Hour, "1w2d": 9 * 24 * time.Hour,
		"1.5h": 90 * time.Minute, " 30s ": 30 * time.Second, "1d12h30m": 36*time.Hour + 30*time.Minute,
	} {
		got, err := ParseDuration(text)
		if err != nil || got.Std() != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		again, err := ParseDuration(got.String())
		if err != nil || again != got {
			t.Errorf("%q is written %q and read as %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "h", "24", "-1h", "1y", "1h30", "1e9h", "99999999w", "1..5h", "NaNh", "24 h"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDurationString(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "0", 24 * time.Hour: "24h", 48 * time.Hour: "2d", 90 * time.Minute: "1h30m", 10 * time.Minute: "10m", 20 * time.Hour: "20h", 10 * time.Second: "10s", time.Hour + time.Second: "1h0m1s"} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Size{
		"0": 0, "1GiB": 1 << 30, "500MB": 500e6, "10 gb": 10e9, "1.5TiB": 3 << 39, "1024": 1024, "7B": 7, "2kb": 2000, "3KiB": 3072,
	} {
		got, err := ParseSize(text)
		if err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
		if again, err := ParseSize(got.String()); err != nil || again != got {
			t.Errorf("%q is written %q and read as %d, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "GB", "-1GB", "1PB", "inf", "NaN", "1e30", "8388608TiB", "1,5GB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"destination", "engine", "keep", "log", "min_interval", "reserve"}
	for _, far := range []string{"webhook", "notify", "a", "foo", "status_page"} {
		if got, ok := Nearest(far, names); ok {
			t.Errorf("%s: %s", far, got)
		}
	}
	for word, want := range map[string]string{"dest": "destination", "engin": "engine", "keeps": "keep", "interval": "min_interval", "LOG": "log", "reserved": "reserve"} {
		if got, ok := Nearest(word, names); got != want || !ok {
			t.Errorf("%s: %s, %v", word, got, ok)
		}
	}
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"same", "SAME", 0}, {"keep", "kepe", 2}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
