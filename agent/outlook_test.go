package agent

import (
	"math"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
)

// made is a version as an earlier run left it.
func made(newBytes int64, seconds float64, full bool) store.Version {
	return store.Version{
		NewBytes: newBytes, Bytes: 50e9, Full: full, Finished: time.Unix(1_800_000_000, 0),
		Took: backup.Took{Receiving: seconds, Link: seconds, Bytes: newBytes, Files: 10},
	}
}

func TestOutlook(t *testing.T) {
	t.Parallel()
	const usb2, usb3 = 480_000_000, 5_000_000_000
	full := made(50e9, 1800, true)
	bad := made(9e9, 900, false)
	bad.Damage = "gone"
	cases := map[string]struct {
		list          []store.Version
		used, speed   int64
		runs          int
		first, rough  bool
		bytes, most   int64
		seconds, long float64
	}{
		"a first one":                 {nil, 40e9, usb2, 0, true, true, 10e9, 40e9, 20 + 10e9/35e6, 180 + 40e9/12e6},
		"a first one, fast":           {nil, 40e9, usb3, 0, true, true, 10e9, 40e9, 20 + 10e9/120e6, 180 + 40e9/30e6},
		"a first one, nothing known":  {nil, 0, 0, 0, true, true, 0, 0, 0, 0},
		"only a damaged one":          {[]store.Version{bad}, 40e9, usb2, 0, true, true, 10e9, 40e9, 20 + 10e9/35e6, 180 + 40e9/12e6},
		"after the first":             {[]store.Version{full}, 0, usb2, 0, false, true, 5e8, 125e8, 20 + 5e8/35e6, 180 + 125e8/12e6},
		"one later run":               {[]store.Version{made(1e9, 100, false), full}, 0, usb2, 1, false, false, 75e7, 125e7, 75, 125},
		"two later runs":              {[]store.Version{made(1e9, 100, false), made(4e9, 400, false), full}, 0, usb2, 2, false, false, 75e7, 5e9, 75, 500},
		"one odd run among three":     {[]store.Version{made(1e9, 100, false), made(90e9, 9e5, false), made(2e9, 200, false)}, 0, usb2, 3, false, false, 15e8, 25e8, 150, 250},
		"a run of an earlier release": {[]store.Version{{NewBytes: 1e9, Bytes: 50e9}}, 0, usb2, 1, false, true, 75e7, 125e7, 20 + 75e7/35e6, 180 + 125e7/12e6},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := outlook(c.list, c.used, c.speed)
			near := func(a, b float64) bool { return math.Abs(a-b) < 0.01 }
			if got.Runs != c.runs || got.First != c.first || got.Rough != c.rough || got.Bytes != c.bytes || got.MostBytes != c.most ||
				!near(got.Seconds, c.seconds) || !near(got.MostSeconds, c.long) {
				t.Errorf("outlook = %+v", got)
			}
		})
	}
}

// TestOutlookOfHostileRecords holds that no number in a record makes a range that is no
// range.
func TestOutlookOfHostileRecords(t *testing.T) {
	t.Parallel()
	odd := []int64{0, -1, math.MinInt64, math.MaxInt64, 1}
	for _, a := range odd {
		for _, b := range odd {
			for _, full := range []bool{true, false} {
				list := []store.Version{
					{NewBytes: a, Bytes: b, Full: full, Took: backup.Took{Receiving: 1e-300, Bytes: b}},
					{NewBytes: b, Bytes: a, Took: backup.Took{Receiving: 2e6, Link: 2e6, Disk: 1, Bytes: a}},
				}
				for n := range 3 {
					o := outlook(list[:n], a, b)
					ok := o.Bytes >= 0 && o.MostBytes >= o.Bytes && o.Seconds >= 0 && o.MostSeconds >= o.Seconds && o.MostSeconds < math.Inf(1)
					if !ok {
						t.Errorf("of %d versions with %d and %d: %+v", n, a, b, o)
					}
				}
			}
		}
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	const gb = 1_000_000_000
	quick := usual{seconds: 100, bytes: gb}
	cases := map[string]struct {
		took backup.Took
		u    usual
		part string // "" is not slow
	}{
		"as fast as the cable":           {backup.Took{Receiving: 1000, Link: 950, Bytes: 35 * gb, LinkSpeed: 480e6}, usual{}, ""},
		"little to receive":              {backup.Took{Receiving: 300, Phone: 290, Bytes: gb / 10}, usual{}, ""},
		"a disk that does not keep up":   {backup.Took{Receiving: 1000, Disk: 900, Link: 50, Phone: 50, Bytes: 2 * gb, LinkSpeed: 480e6}, usual{}, "disk"},
		"USB 1":                          {backup.Took{Receiving: 2000, Link: 1990, Bytes: 2 * gb, LinkSpeed: 12e6}, usual{}, "link"},
		"a phone that sends slowly":      {backup.Took{Receiving: 1000, Link: 990, Bytes: 2 * gb, LinkSpeed: 480e6}, usual{}, "phone"},
		"a phone that thinks":            {backup.Took{Receiving: 1000, Phone: 800, Link: 100, Bytes: 2 * gb, LinkSpeed: 480e6}, usual{}, "phone"},
		"small files":                    {backup.Took{Receiving: 1000, Link: 990, Bytes: 2 * gb, Files: 200_000, LinkSpeed: 480e6}, usual{}, "files"},
		"longer than usual":              {backup.Took{Receiving: 600, Phone: 500, Link: 10, Bytes: gb}, quick, "phone"},
		"longer than usual, for more":    {backup.Took{Receiving: 600, Phone: 500, Link: 10, Bytes: 10 * gb}, quick, ""},
		"a little longer than usual":     {backup.Took{Receiving: 250, Phone: 200, Link: 10, Bytes: gb}, quick, ""},
		"the person took long, not it":   {backup.Took{Passcode: 1700, Receiving: 90, Link: 80, Bytes: gb}, quick, ""},
		"a phone that first looked long": {backup.Took{Waiting: 900, Receiving: 100, Link: 80, Bytes: gb}, quick, "phone"},
		"nothing measured":               {backup.Took{}, quick, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := slow(c.took, c.took.Bytes, c.u)
			part := ""
			if e != nil {
				part, _ = e.Evidence["part"].(string)
			}
			if part != c.part || (e == nil) != (c.part == "") {
				t.Errorf("slow = %+v, want %q", e, c.part)
			}
		})
	}
}

// TestSlowIsToldLive has a run crawl: it is told once, while it goes on.
func TestSlowIsToldLive(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		s.attach()
		for n := range int64(60) {
			s.engine.says(backup.Progress{
				Phase: backup.PhaseReceiving, Bytes: n * 20_000_000, Percent: float64(n), Files: int(n),
				Spent: backup.Spent{Link: time.Duration(n) * time.Second, Disk: time.Duration(n) * 9 * time.Second},
			})
			s.pass(10 * time.Second)
		}
		notes := s.diary.all(Note)
		if len(notes) != 1 || notes[0].Cause != cause.BackupSlow {
			t.Fatalf("noted %+v", notes)
		}
		if e := notes[0].Error.Evidence; e["part"] != "disk" || e["share"] != 90 || e["speed"] != "2 MB/s" {
			t.Errorf("evidence %v", e)
		}
		if !strings.Contains(notes[0].Message, "the disk that takes the backup") {
			t.Errorf("told: %s", notes[0].Message)
		}
	})
}
