package agent

import (
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/configs"
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
