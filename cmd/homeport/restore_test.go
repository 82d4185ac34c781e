package main

import (
	"strings"
	"testing"

	"homeport/agent"
	"homeport/backup"
	"homeport/backup/store"
)

// TestRestoreConfirmed: only the phone's own name goes on, as a person can type it,
// or its UDID.
func TestRestoreConfirmed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, typed string
		want        bool
	}{
		{"Anna\u2019s iPhone", "Anna's iPhone\n", true},
		{"Anna\u2019s iPhone", "  anna's  IPHONE \n", true},
		{"Anna\u2019s iPhone", "Anna\u2019s iPhone\n", true},
		{"\U0001F4F1", phoneUDID + "\n", true},
		{"", phoneUDID, true},
		{"Anna\u2019s iPhone", "Anna\n", false},
		{"Anna\u2019s iPhone", "y\n", false},
		{"Anna\u2019s iPhone", "\n", false},
		{"Anna\u2019s iPhone", "", false},
		{"Anna\u2019s iPhone", "00008120\n", false},
	} {
		a, _, said := asking()
		a.stdin = strings.NewReader(c.typed)
		plan := agent.RestorePlan{Phone: agent.Phone{UDID: phoneUDID, Name: c.name}, Version: store.Version{Device: "Old one", Encrypted: true}}
		err := restoreOptions{}.confirm(t.Context(), a, plan)
		if (err == nil) != c.want || err != nil && !isUsage(err) {
			t.Errorf("%q for %q: %v", c.typed, c.name, err)
		}
		if text := said.String(); !strings.Contains(text, "(another phone)") || !strings.Contains(text, "encrypted") {
			t.Errorf("said %q", text)
		}
	}
}

// TestRestoreOutline says of every part of the phone whether it stays.
func TestRestoreOutline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options        backup.RestoreOptions
		replaced, kept string
	}{
		{backup.RestoreOptions{}, "apps\n", "settings, what is not in the version, what iOS keeps for itself"},
		{backup.RestoreOptions{Settings: true}, "apps, settings\n", "what is not in the version, what iOS"},
		{backup.RestoreOptions{Settings: true, SystemFiles: true, RemoveOthers: true}, "DELETED", "kept      nothing"},
	} {
		text := restoreOptions{options: c.options}.outline(agent.RestorePlan{SamePhone: true})
		if !strings.Contains(text, c.replaced) || !strings.Contains(text, c.kept) || strings.Contains(text, "another phone") {
			t.Errorf("%+v:\n%s", c.options, text)
		}
	}
}
