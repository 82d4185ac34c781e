package main

import (
	"fmt"
	"strings"

	"homeport/backup/store"
	"homeport/cause"
)

func (a *app) printVersions(list []store.Version) {
	a.printf("%-24s %-20s %10s %10s %10s  %s\n", "VERSION", "PHONE", "FILES", "SIZE", "NEW", "STATE")
	for _, v := range list {
		a.printf("%-24s %s %10s %10s %10s  %s\n", v.ID, pad(cut(clean(nameOfVersion(v)), 20), 20), thousands(int64(v.Files)),
			cause.Bytes(v.Bytes), cause.Bytes(v.NewBytes), stateOf(v))
	}
	a.printPasswords(list)
	for _, v := range list {
		if v.Latest {
			a.printf("newest of %s: %s\n", clean(nameOfVersion(v)), v.Path)
		}
	}
}

// stateOf words what is known about a version.
func stateOf(v store.Version) string {
	if v.Merging {
		return "unfinished: " + clean(v.Damage)
	}
	if !v.Sound() {
		return "damaged: " + clean(v.Damage)
	}
	words := []string{"proof: " + string(v.Proof)}
	if v.Proof == "" {
		words[0] = "proof: none without the password"
	}
	if v.Verified != nil {
		words = append(words, "checked "+v.Verified.Local().Format("2006-01-02 15:04"))
	}
	if v.Imported != nil {
		words = append(words, "imported, made "+madeWhen(v))
	}
	if v.Mirror {
		words = append(words, "mirror")
	}
	if v.Pinned {
		words = append(words, "pinned")
	}
	switch {
	case v.Encrypted && v.PasswordNumber > 0:
		words = append(words, fmt.Sprintf("encrypted (password %d)", v.PasswordNumber))
	case v.Encrypted:
		words = append(words, "encrypted")
	}
	if v.Latest {
		words = append(words, "latest")
	}
	return strings.Join(words, ", ")
}

// printPasswords tells which versions open with which password, where a phone had
// more than one, or a password was tried.
func (a *app) printPasswords(list []store.Version) {
	told := map[string]bool{}
	for _, v := range list {
		if v.PasswordNumber == 0 || told[v.UDID+v.KeyBag] {
			continue
		}
		told[v.UDID+v.KeyBag] = true
		versions, opened := 0, v.Opened
		for _, w := range list {
			if w.UDID != v.UDID || w.KeyBag != v.KeyBag {
				continue
			}
			versions++
			if w.Opened != nil && (opened == nil || w.Opened.After(*opened)) {
				opened = w.Opened
			}
		}
		known := "never opened here"
		if opened != nil {
			known = "last opened " + opened.Local().Format("2006-01-02 15:04")
		}
		a.printf("password %d of %s: opens %s, %s\n", v.PasswordNumber, clean(nameOfVersion(v)), count(versions, "version", "versions"), known)
	}
}
