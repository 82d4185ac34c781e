package main

import (
	"context"
	"errors"
	"strings"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
)

// mostDamage is how many damaged files a person is shown by name.
const mostDamage = 20

// verifyOne checks one version and tells how it stands. o opens it for the level
// Unlock.
func (a *app) verifyOne(ctx context.Context, o *opener, v store.Version, level store.Level) (store.Report, error) {
	out := newLive(a.stdout)
	progress := func(done, total int64) {
		if total > 0 {
			out.set("verify", pad(string(v.ID), 24)+cause.Bytes(done).String()+" of "+cause.Bytes(total).String()+" read")
		}
	}
	if a.json {
		progress = nil
	}
	r, err := o.verify(ctx, v, level, progress)
	out.set("verify", "")
	if err != nil || a.json {
		return r, err
	}
	a.printReport(v, r)
	return r, nil
}

// verify checks a version at any level.
func (o *opener) verify(ctx context.Context, v store.Version, level store.Level, progress func(done, total int64)) (store.Report, error) {
	if level != store.Unlock {
		return o.store.Verify(ctx, v, level, progress)
	}
	f, keys, err := o.open(ctx, v)
	if fe, ok := errors.AsType[*mobilesync.FileError](err); ok {
		// What cannot be opened with any password is damage; a full check says more.
		r, err := o.store.Verify(ctx, v, store.Full, progress)
		if err == nil && r.OK {
			r.OK, r.Damage = false, []mobilesync.Damage{{Path: v.UDID + "/" + fe.Name, Kind: fe.Kind}}
		}
		return r, err
	}
	if err != nil {
		return store.Report{ID: v.ID, Level: level}, err
	}
	_ = f.Close()
	return o.store.VerifyUnlocked(ctx, v, keys, progress)
}

// printReport tells a person what a check found.
func (a *app) printReport(v store.Version, r store.Report) {
	if r.OK {
		a.printf("%-24s whole: %s, %s (%s)\n", v.ID, count64(int64(r.Files), "file", "files"), cause.Bytes(r.Bytes), r.Level)
		return
	}
	a.printf("%-24s DAMAGED: %s\n", v.ID, count(len(r.Damage), "problem", "problems"))
	for _, d := range r.Damage[:min(len(r.Damage), mostDamage)] {
		a.printf("    %s: %s\n", d.Kind, clean(nameOf(d)))
	}
	if more := len(r.Damage) - mostDamage; more > 0 {
		a.printf("    and %d more; --json lists all of them\n", more)
	}
	if len(r.Others) > 0 {
		a.printf("    the same files are damaged in %s\n", joined(r.Others))
	}
}

// nameOf names a damaged file as the phone called it, where that is known.
func nameOf(d mobilesync.Damage) string {
	if d.Domain == "" {
		return d.Path
	}
	return d.Domain + "/" + d.RelativePath + "   (" + d.Path + ")"
}

// joined lists version ids.
func joined(ids []store.VersionID) string {
	var words []string
	for _, id := range ids {
		words = append(words, string(id))
	}
	return strings.Join(words, ", ")
}
