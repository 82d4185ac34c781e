package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/usbmux"
)

// tellLeft brings the destinations into order after an earlier process, and tells of the
// backups that it left in the middle. One that is not there is left to the checks.
func (a *Agent) tellLeft(ctx context.Context) {
	cfg := a.opts.Config()
	for _, path := range a.destinations() {
		if ctx.Err() != nil || !a.knowsPhones(path) {
			continue
		}
		st, _, err := a.stores.open(ctx, path, store.Options{Reserve: int64(cfg.Reserve)})
		if err != nil {
			continue
		}
		a.tellLeftOf(ctx, st)
		_ = st.Close()
	}
	a.tellLost(ctx)
}

// knowsPhones reports whether a destination has anything to bring into order: what has
// nothing is not written to.
func (a *Agent) knowsPhones(path string) bool {
	st, err := a.stores.read(path)
	if err != nil {
		return false
	}
	defer st.Close()
	udids, err := st.UDIDs()
	return err == nil && len(udids) > 0
}

// tellLeftOf tells of the runs that a store has found to have been left, as host-shutdown.
func (a *Agent) tellLeftOf(ctx context.Context, st *store.Store) {
	for _, l := range st.Left() {
		if a.toldLeft(l.Version) {
			continue
		}
		known := a.phone(l.UDID).seen()
		if known.Name == "" {
			if v, ok, err := st.Newest(ctx, l.UDID); err == nil && ok {
				known.Name = v.Device
			} else {
				known.Name = a.nameOf(l.UDID)
			}
		}
		e := cause.New(cause.HostShutdown, cause.Evidence{"started": l.Started.UTC().Format(time.RFC3339)},
			fmt.Errorf("stage %s was neither finished nor set aside", l.Version))
		message := "the backup begun at " + clock(l.Started, time.Now()) + " was not finished: " + e.Sentence()
		if l.Resumable {
			message += "; the next one goes on from there"
		}
		a.tell(Event{Kind: Note, Phone: &known, Run: string(l.Version), Cause: e.ID, Message: message, Error: NewFailure(e)})
	}
}

// tellLost tells of the runs that only the history knows to have been left: nothing of
// them was found in a destination. One whose version is there was done.
func (a *Agent) tellLost(ctx context.Context) {
	for _, run := range a.opts.Recorder.left(ctx) {
		id := store.VersionID(run.Version)
		if v, ok := a.published(ctx, run.UDID, id); ok {
			a.opts.Recorder.found(run, v)
			continue
		}
		known := a.phone(run.UDID).seen()
		if known.Name == "" {
			known.Name = run.Name
		}
		e := cause.New(cause.HostShutdown, cause.Evidence{"started": run.Started.UTC().Format(time.RFC3339)},
			fmt.Errorf("run %s has no end in the history", run.Version))
		message := "the backup begun at " + clock(run.Started, time.Now()) + " was not finished: " + e.Sentence() +
			"; the next one is made when the iPhone is plugged in"
		a.openMemory().Note(leftKey(id), time.Now())
		a.tell(Event{Kind: Note, Phone: &known, Run: run.Version, Cause: e.ID, Message: message, Error: NewFailure(e)})
	}
}

// nameOf is what a phone was called when it was last here, or what the settings call it; "" when
// nobody knows.
func (a *Agent) nameOf(udid string) string {
	return cmp.Or(a.readPast()[usbmux.CanonicalUDID(udid)].phone.Name, a.opts.Config().For(udid).Name)
}

// published finds the version that a run was making, when it is there.
func (a *Agent) published(ctx context.Context, udid string, id store.VersionID) (store.Version, bool) {
	st, err := a.stores.read(a.opts.Config().For(udid).Destination)
	if err != nil {
		return store.Version{}, false
	}
	defer st.Close()
	list, err := st.Versions(ctx, udid)
	at := slices.IndexFunc(list, func(v store.Version) bool { return v.ID == id })
	if err != nil || at < 0 {
		return store.Version{}, false
	}
	return list[at], true
}

// toldLeft reports whether the end of the run that made this version was told from the
// history, while its destination was not there.
func (a *Agent) toldLeft(id store.VersionID) bool {
	return !a.openMemory().At(leftKey(id)).IsZero()
}

func leftKey(id store.VersionID) string { return "left " + string(id) }
