package agent

import (
	"context"
	"fmt"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

// Policy is what the settings say about which versions stay.
func Policy(k configs.Keep) store.Policy {
	return store.Policy{
		Last: k.Last, Daily: k.Daily, Weekly: k.Weekly, Monthly: k.Monthly,
		Within: k.Within.Std(), Size: int64(k.Size),
	}
}

// roomToGrow is how much more than the last time a backup may bring, in bytes; with
// less free, room is made first.
const roomToGrow = 1 << 30

// makeRoom removes, before a run that may not fit, what the policy does not keep any
// more, and tells it. Usually the run before has done so; not when the settings
// changed since, a pin was taken off, or that run was cut short. What the policy
// keeps is not touched: then the checks say that the drive is too full.
func (v *visit) makeRoom(ctx context.Context, cfg configs.Config) {
	mine := cfg.For(v.phone.udid)
	short, err := reading(ctx, v.agent.stores, mine.Destination, func(st *store.Store) (bool, error) { return v.short(ctx, st, cfg), nil })
	if err != nil || !short {
		return // the checks of the destination tell what is wrong with it
	}
	st, _, err := v.agent.stores.open(ctx, mine.Destination, store.Options{Reserve: int64(cfg.Reserve), Waiting: v.tellHolder})
	if err != nil {
		return
	}
	defer st.Close()
	decided, err := st.Prune(ctx, v.phone.udid, Policy(mine.Keep))
	if id, _ := cause.Of(err); id == cause.AlreadyRunning {
		return
	}
	v.tellPruned("to make room, ", decided, err)
}

// short reports whether a backup as large as the last one, and some more, may not
// fit.
func (v *visit) short(ctx context.Context, st *store.Store, cfg configs.Config) bool {
	newest, ok, err := st.Newest(ctx, v.phone.udid)
	if err != nil || !ok {
		return false
	}
	free, err := st.Free(ctx)
	claimed := v.agent.stores.claims(st.Path()).before(v.phone.udid)
	return err == nil && free-int64(cfg.Reserve)-claimed < v.copied(newest, st)+newest.NewBytes+roomToGrow
}

// prune removes after a run what the policy does not keep.
func (r *run) prune(ctx context.Context) {
	decided, err := r.store.Prune(ctx, r.visit.phone.udid, Policy(r.cfg.Keep))
	r.visit.tellPruned("", decided, err)
}

// tellPruned tells what was removed, and what could not be.
func (v *visit) tellPruned(why string, decided []store.Decision, err error) {
	n, freed := 0, int64(0)
	var oldest, newest store.VersionID
	for _, d := range decided {
		if !d.Keep {
			n++
			freed += d.Freed
			oldest = d.Version.ID
			if newest == "" {
				newest = d.Version.ID
			}
		}
	}
	switch {
	case n == 1:
		v.tell(Event{Kind: Service, Message: fmt.Sprintf("%sversion %s was removed: %s freed", why, oldest, cause.Bytes(freed))})
	case n > 1:
		v.tell(Event{Kind: Service, Message: fmt.Sprintf("%s%d versions from %s to %s were removed: %s freed", why, n, oldest, newest, cause.Bytes(freed))})
	}
	if err != nil {
		v.tell(Event{Kind: Service, Message: "older versions were not removed: " + err.Error()})
	}
}
