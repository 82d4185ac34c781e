package agent

import (
	"context"
	"fmt"
	"time"

	"homeport/backup/store"
	"homeport/cause"
)

// tellLeft brings the destinations into order after an earlier process, and tells of the
// backups that it left in the middle. One that is not there is left to the checks.
func (a *Agent) tellLeft(ctx context.Context) {
	cfg := a.opts.Config()
	for _, path := range a.destinations() {
		if ctx.Err() != nil || !a.knowsPhones(path) {
			continue
		}
		st, _, err := a.stores.open(ctx, path, cfg.Reserve, nil)
		if err != nil {
			continue
		}
		a.tellLeftOf(ctx, st)
		_ = st.Close()
	}
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
		known := a.phone(l.UDID).seen()
		if known.Name == "" {
			if v, ok, err := st.Newest(ctx, l.UDID); err == nil && ok {
				known.Name = v.Device
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
