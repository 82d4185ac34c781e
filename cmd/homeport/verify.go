package main

import (
	"context"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
)

// mostDamage is how many damaged files a person is shown by name.
const mostDamage = 20

// verifyOne checks one version and tells how it stands.
func (a *app) verifyOne(ctx context.Context, st *store.Store, v store.Version, level store.Level) (store.Report, error) {
	if a.json {
		return st.Verify(ctx, v, level, nil)
	}
	out := newLive(a.stdout)
	r, err := st.Verify(ctx, v, level, func(done, total int64) {
		if total > 0 {
			out.set("verify", pad(string(v.ID), 24)+cause.Bytes(done).String()+" of "+cause.Bytes(total).String()+" read")
		}
	})
	out.set("verify", "")
	if err != nil {
		return r, err
	}
	if r.OK {
		a.printf("%-24s whole: %s, %s (%s)\n", v.ID, count64(int64(r.Files), "file", "files"), cause.Bytes(r.Bytes), r.Level)
		return r, nil
	}
	a.printf("%-24s DAMAGED: %s\n", v.ID, count(len(r.Damage), "problem", "problems"))
	for _, d := range r.Damage[:min(len(r.Damage), mostDamage)] {
		a.printf("    %s: %s\n", d.Kind, clean(nameOf(d)))
	}
	if more := len(r.Damage) - mostDamage; more > 0 {
		a.printf("    and %d more; --json lists all of them\n", more)
	}
	return r, nil
}

// nameOf names a damaged file as the phone called it, where that is known.
func nameOf(d mobilesync.Damage) string {
	if d.Domain == "" {
		return d.Path
	}
	return d.Domain + "/" + d.RelativePath + "   (" + d.Path + ")"
}
