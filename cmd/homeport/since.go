package main

import (
	"fmt"
	"strings"
	"time"

	"homeport/configs"
)

// sinceHelp tells how a time is named; the verbs that take one share it.
const sinceHelp = `TIME is how long ago (2h, 7d, 1w), "today", "yesterday", a time of day (10:15), a date
(2026-11-24), both ("2026-11-24 10:15"), or as RFC 3339.`

// sinceForms are those without a zone: local time.
var sinceForms = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}

// parseSince reads a time in the past, as a person names it. A time of day that is still
// to come is yesterday's.
func parseSince(text string, now time.Time) (time.Time, error) {
	t, err := readTime(strings.TrimSpace(text), now)
	if err == nil && t.After(now) {
		err = fmt.Errorf("--since %s: that is still to come", text)
	}
	if err != nil {
		return time.Time{}, usageError{err}
	}
	return t, nil
}

func readTime(text string, now time.Time) (time.Time, error) {
	year, month, day := now.Date()
	midnight := func(days int) time.Time { return time.Date(year, month, day+days, 0, 0, 0, 0, now.Location()) }
	switch strings.ToLower(text) {
	case "":
		return time.Time{}, nil
	case "today":
		return midnight(0), nil
	case "yesterday":
		return midnight(-1), nil
	case "now":
		return now, nil
	}
	if d, err := configs.ParseDuration(strings.TrimSpace(strings.TrimSuffix(text, "ago"))); err == nil {
		return now.Add(-d.Std()), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, form := range sinceForms {
		if t, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, form := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(form, text); err == nil {
			at := time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			if at.After(now) {
				at = at.AddDate(0, 0, -1)
			}
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %s is no time: 2h, 7d, yesterday, 2026-11-24 or 10:15 would be", text)
}
