package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

const (
	// scrubPause is how long nothing may have happened before versions are read.
	scrubPause = 2 * time.Minute
	// scrubLook is how often it is asked whether some are due: drives come back,
	// settings change.
	scrubLook = time.Hour
	// batteryLook is how often it is asked, while they are read, whether the computer
	// lives from its battery by now.
	batteryLook = time.Minute
)

// errBattery ends a scrub because the computer was unplugged.
var errBattery = errors.New("the computer lives from its battery")

// errDisturbed ends a scrub because something else happens.
var errDisturbed = errors.New("something else is to be done")

// scrubs reads versions again while nothing else happens, until ctx ends.
func (a *Agent) scrubs(ctx context.Context) {
	for {
		if a.calm.wait(ctx) != nil {
			return
		}
		calm, done := a.calm.during(ctx)
		next := a.scrubDue(calm)
		done()
		if sleep(ctx, next) != nil {
			return
		}
	}
}

// scrubDue reads the versions that are due, and returns how long to wait before it
// is asked again.
func (a *Agent) scrubDue(ctx context.Context) time.Duration {
	cfg := a.opts.Config()
	if cfg.Scrub.Every <= 0 || a.onBattery(ctx) {
		return scrubLook
	}
	ctx, done := a.untilBattery(ctx)
	defer done()
	for _, path := range destinationsOf(cfg) {
		st, err := a.stores.read(path)
		if err != nil {
			continue // a drive that is not there is read when it is
		}
		a.scrubStore(ctx, cfg, st)
		_ = st.Close()
		if errors.Is(context.Cause(ctx), errBattery) {
			return scrubLook
		}
		if ctx.Err() != nil {
			return 0 // it goes on as soon as it is calm
		}
	}
	return scrubLook
}

// untilBattery returns a context that ends soon after the computer was unplugged,
// until done.
func (a *Agent) untilBattery(ctx context.Context) (_ context.Context, done func()) {
	ctx, end := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		a.guard("ask for the battery", func() {
			for sleep(ctx, batteryLook) == nil {
				if a.onBattery(ctx) {
					end(errBattery)
				}
			}
		})
	})
	return ctx, func() {
		end(nil)
		watch.Wait()
	}
}

// destinationsOf lists the folders that the settings name.
func destinationsOf(cfg configs.Config) []string {
	list := []string{cfg.Destination}
	for _, p := range cfg.Phones {
		if p.Destination != "" && !slices.Contains(list, p.Destination) {
			list = append(list, p.Destination)
		}
	}
	return list
}

// onBattery reports whether the computer lives from its battery. One that cannot
// tell does not.
func (a *Agent) onBattery(ctx context.Context) bool {
	if a.opts.Computer.Battery == nil {
		return false
	}
	b, err := a.opts.Computer.Battery(ctx)
	return err == nil && b.Present && !b.External
}

// scrubStore reads what is due in one store, the phone that waits longest first.
func (a *Agent) scrubStore(ctx context.Context, cfg configs.Config, st *store.Store) {
	udids, err := st.UDIDs()
	if err != nil {
		return
	}
	type waiting struct {
		udid  string
		since time.Time
	}
	var due []waiting
	for _, udid := range udids {
		at, found, err := st.ScrubDue(ctx, udid, cfg.Scrub.Every.Std())
		if err == nil && found && !at.After(time.Now()) {
			due = append(due, waiting{udid, at})
		}
	}
	slices.SortFunc(due, func(x, y waiting) int { return x.since.Compare(y.since) })
	for _, w := range due {
		if st.Busy(ctx, w.udid) != nil {
			continue // another Homeport is at it
		}
		got, err := st.Scrub(ctx, w.udid, int64(cfg.Scrub.Rate))
		who := a.named(ctx, st, w.udid)
		a.tellScrubbed(who, got)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			a.tell(Event{Kind: Service, Phone: who, Cause: causeOf(err), Error: NewFailure(err),
				Message: "its versions could not be read to the end: " + err.Error()})
		}
	}
}

// tellScrubbed tells what a scrub found that was not known: each version once.
func (a *Agent) tellScrubbed(who *Phone, got store.Scrubbed) {
	for _, r := range got.Fresh {
		ev := cause.Evidence{"version": string(r.ID), "files": len(r.Damage), "names": damagedNames(r.Damage)}
		err := cause.New(cause.VersionDamaged, ev, fmt.Errorf("read version %s again: %s", r.ID, strings.Join(damagedNames(r.Damage), ", ")))
		a.tell(Event{Kind: Service, Phone: who, Cause: cause.VersionDamaged, Error: NewFailure(err),
			Message: fmt.Sprintf("version %s was read again and is damaged: %s", r.ID, strings.Join(damagedNames(r.Damage), ", "))})
	}
}

// mostNames is how many damaged files are told by name.
const mostNames = 5

// damagedNames names files as the phone calls them, where that is known.
func damagedNames(list []mobilesync.Damage) []string {
	var names []string
	for _, d := range list[:min(len(list), mostNames)] {
		name := d.Path
		if d.Domain != "" {
			name = d.Domain + "/" + d.RelativePath + " (" + d.Path + ")"
		}
		names = append(names, name)
	}
	if more := len(list) - mostNames; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return names
}

// named is a phone that need not be there, as events show it.
func (a *Agent) named(ctx context.Context, st *store.Store, udid string) *Phone {
	p := a.phone(udid).seen()
	if p.Name != "" {
		return &p
	}
	vs, err := st.Versions(ctx, udid)
	if i := slices.IndexFunc(vs, func(v store.Version) bool { return v.Device != "" }); err == nil && i >= 0 {
		p.Name = vs[i].Device
	}
	return &p
}
