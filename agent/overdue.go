package agent

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"homeport/agent/notices"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// overdueCheck is the name under which an age is told among the checks.
const overdueCheck = "overdue"

// Overdue finds the phones that have had no good version for longer than the configured
// age: one finding for each, with the status info and the cause backup-overdue. Its evidence
// has the phone's name and udid, and in words the age of its newest sound version (age, with
// lastGood) or, for a phone that never had one, how long it is known (known, with firstSeen).
//
// It asks the versions in the destinations, and what is remembered (Options.Past) of phones
// that have none there: the drive may be away, or there never was a backup. It asks no phone,
// and a phone that is switched off in the configuration is not told.
func (a *Agent) Overdue(ctx context.Context) []preflight.Finding {
	limit, now := a.opts.Config().Overdue.Std(), time.Now()
	if limit <= 0 {
		return nil
	}
	var list []preflight.Finding
	for _, p := range a.everSeen(ctx) {
		if ev := p.overdue(limit, now); ev != nil {
			list = append(list, preflight.Finding{Check: overdueCheck, Group: cause.Earlier, Status: preflight.Info, Cause: cause.BackupOverdue, Evidence: ev})
		}
	}
	return list
}

// sighting is what Overdue weighs of one phone.
type sighting struct {
	udid, name  string
	good, first time.Time // zero: none, not known
}

// overdue is the evidence that a phone has had no good version for longer than limit; nil
// when it has.
func (s sighting) overdue(limit time.Duration, now time.Time) cause.Evidence {
	ev := cause.Evidence{"udid": s.udid}
	if s.name != "" {
		ev["name"] = s.name
	}
	since, words, at := s.good, "age", "lastGood"
	if since.IsZero() {
		since, words, at = s.first, "known", "firstSeen"
	}
	if since.IsZero() || now.Sub(since) <= limit {
		return nil
	}
	ev[words], ev[at] = ago(now.Sub(since)), since.UTC().Format(time.RFC3339)
	return ev
}

// everSeen is each phone that is to be backed up and has a version, or was seen.
func (a *Agent) everSeen(ctx context.Context) []sighting {
	var list []sighting
	there := map[string]bool{}
	for _, v := range a.newestOfAll(ctx) {
		there[usbmux.CanonicalUDID(v.UDID)] = true
		list = append(list, sighting{udid: v.UDID, name: v.Device, good: v.Finished})
	}
	if a.opts.Past == nil {
		return list
	}
	ctx, cancel := context.WithTimeout(ctx, pastLimit)
	defer cancel()
	past, _ := a.opts.Past.Phones(ctx) // a history that cannot be read knows nothing
	cfg := a.opts.Config()
	for _, p := range past {
		if !there[usbmux.CanonicalUDID(p.UDID)] && cfg.For(p.UDID).Enabled {
			list = append(list, sighting{udid: p.UDID, name: p.Name, good: p.LastGood, first: p.FirstSeen})
		}
	}
	return list
}

// newestOfAll is the newest sound version of each phone that is to be backed up, in the
// destination that the configuration has for it.
func (a *Agent) newestOfAll(ctx context.Context) []store.Version {
	cfg := a.opts.Config()
	var list []store.Version
	for _, path := range a.destinations() {
		st, err := a.stores.read(path)
		if err != nil {
			continue
		}
		udids, _ := st.UDIDs()
		for _, udid := range udids {
			mine := cfg.For(udid)
			if !mine.Enabled || mine.Destination != path {
				continue
			}
			if v, ok, err := st.Newest(ctx, udid); err == nil && ok {
				list = append(list, v)
			}
		}
		_ = st.Close()
	}
	return list
}

// destinations are the folders that the configuration names, each once.
func (a *Agent) destinations() []string {
	cfg := a.opts.Config()
	list := []string{cfg.Destination}
	for _, p := range cfg.Phones {
		if d := cfg.For(p.UDID).Destination; !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

const (
	overdueLook  = time.Hour      // how often Run looks
	overdueAgain = 24 * time.Hour // how often a phone is told
)

// lookBack tells what Run should not keep to itself: at its start, and then by the clock.
func (a *Agent) lookBack(ctx context.Context) {
	a.tellLeft(ctx)
	told := a.openMemory()
	for ctx.Err() == nil {
		a.tellOverdue(ctx, told)
		if sleep(ctx, overdueLook) != nil {
			return
		}
	}
}

// openMemory opens what was told by earlier processes too.
func (a *Agent) openMemory() *notices.Memory {
	if a.opts.State == "" {
		return notices.OpenMemory("")
	}
	return notices.OpenMemory(filepath.Join(a.opts.State, "told.json"))
}

func (a *Agent) tellOverdue(ctx context.Context, m *notices.Memory) {
	now := time.Now()
	for _, f := range a.Overdue(ctx) {
		udid, _ := f.Evidence["udid"].(string)
		key := "overdue " + usbmux.CanonicalUDID(udid)
		if m.Within(key, overdueAgain, now) {
			continue
		}
		m.Note(key, now)
		known := a.phone(udid).seen()
		if known.Name == "" {
			known.Name, _ = f.Evidence["name"].(string)
		}
		delete(f.Evidence, "name") // the event has it
		a.tell(Event{Kind: Note, Phone: &known, Cause: f.Cause, Message: f.Error().Sentence()})
	}
}
