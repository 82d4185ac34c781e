package agent

import (
	"context"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/configs"
	"homeport/preflight"
)

// PhaseCopying is the phase of a run in which the earlier version is copied, before
// the phone is asked for anything: on a drive where versions cannot share files.
const PhaseCopying backup.Phase = "copying"

// options are those of the store that a run of the phone works in.
func (v *visit) options(cfg configs.Config, mine configs.PhoneConfig) store.Options {
	return store.Options{
		Reserve: int64(cfg.Reserve), Waiting: v.tellHolder, Mirror: mine.Mirror, Replace: v.replace, Copying: v.copying(),
	}
}

// copying tells how far the copy of the earlier version is.
func (v *visit) copying() func(done, total int64) {
	var m meter
	return func(done, total int64) {
		now := time.Now()
		percent := float64(done) / float64(max(total, 1)) * 100
		m.add(now, done, percent)
		v.tell(Event{Kind: Progress, Progress: &RunProgress{
			Phase: PhaseCopying, Percent: percent, Bytes: done, Speed: m.rate(), Left: m.left().Seconds(),
		}})
	}
}

// mirrors says whether the next version of a phone takes the place of the newest one.
// A pinned one stays.
func (a *Agent) mirrors(ctx context.Context, cfg configs.Config, udid string) bool {
	if !cfg.For(udid).Mirror {
		return false
	}
	v := a.newest(ctx, cfg, udid)
	return v == nil || !v.Pinned
}

// copied is how many bytes of the newest version have to be copied before the phone
// sends what is new.
func (v *visit) copied(newest store.Version, st *store.Store) int64 {
	mine := v.agent.opts.Config().For(v.phone.udid)
	if mine.Mirror && !newest.Pinned || st.Resumes(v.phone.udid) {
		return 0
	}
	if shares, err := preflight.SharesFiles(st.Path()); err != nil || shares {
		return 0
	}
	return newest.Bytes
}
