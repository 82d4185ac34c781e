package main

import (
	"fmt"
	"slices"
	"strings"

	"homeport/cause"
	"homeport/preflight"
)

// groupNames are the groups as doctor labels them.
var groupNames = map[cause.Layer]string{
	cause.Computer: "computer", cause.Cable: "cable and port", cause.Trust: "trust",
	cause.Phone: "iPhone", cause.Destination: "destination", cause.Earlier: "earlier backups",
}

// checkWords are a check in people's words: what it asks about, as in "not asked:
// battery", and what it found when all is well, if that is worth a word. In found
// "{key}" stands for the evidence of that name; without it nothing is said.
//
// With only, it is said only when the evidence of that name is there.
var checkWords = map[string]struct {
	about string
	found []string
	only  string
}{
	"account":              {about: "your account"},
	"power":                {about: "its power", found: []string{"battery at {percent} %"}},
	"own-run":              {about: "other backups of it"},
	"usb-service":          {about: "the iPhone service"},
	"phone":                {about: "the USB ports"},
	"cable":                {about: "the cable"},
	"contact":              {about: "the plug's contact"},
	"answers":              {about: "whether it answers", found: []string{"the iPhone answers"}},
	"link-speed":           {about: "the cable's speed", found: []string{"{speed}"}},
	"hub":                  {about: "hubs"},
	"unlocked":             {about: "the lock", found: []string{"unlocked"}, only: "unlocked"},
	"trusted":              {about: "trust", found: []string{"trusts this computer"}},
	"passcode":             {about: "its passcode"},
	"activated":            {about: "its activation"},
	"set-up":               {about: "its Setup Assistant"},
	"supervised":           {about: "who administers it"},
	"icloud":               {about: "iCloud"},
	"ios-version":          {about: "iOS", found: []string{"iOS {iosVersion}"}},
	"battery":              {about: "its battery", found: []string{"battery at {percent} %"}},
	"phone-storage":        {about: "its free space", found: []string{"{free} free on it"}},
	"encryption":           {about: "encryption", found: []string{"backups are encrypted"}, only: "encrypted"},
	"sync-lock":            {about: "other programs at it"},
	"destination":          {about: "the folder"},
	"destination-safe":     {about: "who else may write there"},
	"destination-writable": {about: "whether it can be written", found: []string{"can be written"}},
	"destination-format":   {about: "its format", found: []string{"{fileSystem}"}},
	"destination-cloud":    {about: "sync services"},
	"destination-store":    {about: "the backups in it"},
	"own-room":             {about: "room for this run"},
	"engine":               {about: "idevicebackup2"},
	"destination-foreign":  {about: "backups of other programs"},
	"room":                 {about: "room for a backup", found: []string{"{free} free on {volume}", "{free} free"}},
	"earlier-backup":       {about: "the newest version"},
	"overdue":              {about: "how old the newest version is"},
}

// aboutCheck is what a check asks about. One that has no words yet goes by its name.
func aboutCheck(name string) string {
	if w := checkWords[name].about; w != "" {
		return w
	}
	return strings.ReplaceAll(name, "-", " ")
}

// foundBy is what a check found that went well; empty when nobody wants to know.
func foundBy(f preflight.Finding) string {
	words := checkWords[f.Check]
	if f.Evidence[words.only] == nil && words.only != "" {
		return ""
	}
	for _, template := range words.found {
		if s, complete := cause.Fill(template, f.Evidence); complete {
			return s
		}
	}
	return ""
}

// wellWords sums up what went well in a group, in the order of the checks; empty
// when nothing of it is worth a word.
func wellWords(passed []preflight.Finding) string {
	var words []string
	for _, f := range passed {
		if w := foundBy(f); w != "" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// notAsked says what could not be asked in a group, and what it takes to ask.
func notAsked(skipped []preflight.Finding) []string {
	var needs []string
	about := map[string][]string{}
	for _, f := range skipped {
		if !slices.Contains(needs, f.Needs) {
			needs = append(needs, f.Needs)
		}
		about[f.Needs] = append(about[f.Needs], aboutCheck(f.Check))
	}
	var lines []string
	for _, need := range needs {
		lines = append(lines, fmt.Sprintf("not asked: %s; needs %s", strings.Join(about[need], ", "), needWords(need)))
	}
	return lines
}

// needWords is a check as what others need.
func needWords(check string) string {
	switch check {
	case "usb-service":
		return "the iPhone service"
	case "answers":
		return "an iPhone that answers"
	case "trusted":
		return "trust"
	case "destination", "destination-safe":
		return "a folder for the backups"
	case "destination-writable":
		return "a folder that can be written"
	}
	return aboutCheck(check)
}
