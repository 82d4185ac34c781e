package preflight

import (
	"context"
	"math"
	"time"

	"homeport/cause"
)

// oldICloud is the age from which iCloud's backup is told as old: the phone makes
// one every night when it can.
const oldICloud = 7 * 24 * time.Hour

// iCloud tells that iCloud has a backup too, and from when. It stops nothing: the
// two do not know of each other.
func (p *visit) iCloud(ctx context.Context) Finding {
	v, err := p.domain(ctx, backupDomain)
	if err != nil {
		return unknown(err)
	}
	if on, _ := flag(v, "CloudBackupEnabled"); !on {
		return passed(nil)
	}
	ev := cause.Evidence{}
	last, known := moment(v["LastCloudBackupDate"])
	// A clock may be a little ahead of the other; one that is more says nothing.
	if age := time.Since(last); known && age > -24*time.Hour {
		age = max(age, time.Minute)
		ev["lastICloudBackup"] = last.UTC().Format(time.RFC3339)
		ev["age"] = coarse(age)
		if age >= oldICloud {
			ev["oldAge"] = coarse(age)
		}
	}
	return told(Info, cause.ICloudBackupToo, ev)
}

// coarse rounds an age to what a person wants to know: days, hours or minutes.
func coarse(d time.Duration) cause.Seconds {
	unit := time.Minute
	switch {
	case d >= 48*time.Hour:
		unit = 24 * time.Hour
	case d >= 2*time.Hour:
		unit = time.Hour
	}
	return cause.Seconds(d.Truncate(unit).Seconds())
}

// The times that a number may mean. Apple counts seconds from 2001, others from
// 1970; iCloud Backup began in 2011, and from either count only one of them gives a
// time after that for the next thirty years.
const (
	from2001 = 978_307_200     // the beginning of 2001 in Unix time
	in2011   = 1_293_840_000   // the beginning of 2011 in Unix time
	farAway  = 100_000_000_000 // past any date that means something
)

// moment reads a time as a property list may hold it: a date, a number of seconds,
// or a text.
func moment(v any) (time.Time, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, t.Unix() >= in2011
	case string:
		parsed, err := time.Parse(time.RFC3339, t)
		return parsed, err == nil && parsed.Unix() >= in2011
	}
	seconds, ok := number(map[string]any{"": v}, "")
	switch {
	case !ok || seconds > farAway || seconds < math.MinInt32:
		return time.Time{}, false
	case seconds >= in2011:
		return time.Unix(seconds, 0), true
	case seconds >= in2011-from2001:
		return time.Unix(seconds+from2001, 0), true
	}
	return time.Time{}, false
}
