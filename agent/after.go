package agent

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// broken is a backup that lost its phone. What became of it may show only later.
type broken struct {
	at    time.Time
	build string // the iOS build then, or its version
}

// brokenAge is for how long a return of the phone can explain it.
const brokenAge = 24 * time.Hour

// buildOf tells one iOS from another.
func buildOf(f lockdown.Facts) string { return f.ProductVersion + " " + f.BuildVersion }

// sawBuild notes which iOS the phone has. It answers which one it had when a backup broke
// off, if that was another one: then it restarted to install an update.
func (p *phone) sawBuild(build string, now time.Time) (before string, updated bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.build = build
	b := p.broke
	if b == nil {
		return "", false
	}
	if now.Sub(b.at) > brokenAge {
		p.broke = nil
		return "", false
	}
	if b.build == "" || b.build == build {
		return "", false
	}
	p.broke = nil
	p.recast(cause.IOSUpdatePending)
	return b.build, true
}

// recast gives the last failure the cause that showed later. The caller holds the lock.
func (p *phone) recast(id cause.ID) {
	if n := len(p.failures); n > 0 {
		p.failures[n-1].cause = id
	}
}

// losesPhone are the causes that a restart of the phone can have.
var losesPhone = []cause.ID{cause.DeviceDisconnected, cause.DeviceBackupAgentCrashed, cause.MuxConnectFailed, cause.DeviceModeChanged, cause.MuxServiceStopped}

// noteBreak remembers a backup that lost its phone.
func (p *phone) noteBreak(e *cause.Error, now time.Time) {
	_, underWay := e.Evidence["received"]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broke = nil
	if underWay && slices.Contains(losesPhone, e.ID) {
		p.broke = &broken{now, p.build}
	}
}

// explainBreak tells, when a phone is back with another iOS, that this is why the last
// backup broke off.
func (v *visit) explainBreak(f lockdown.Facts) {
	if f.ProductVersion == "" {
		return
	}
	before, updated := v.phone.sawBuild(buildOf(f), time.Now())
	if !updated {
		return
	}
	v.later(cause.New(cause.IOSUpdatePending, cause.Evidence{"iosVersion": f.ProductVersion},
		fmt.Errorf("the iPhone is back with iOS %s; when the backup broke off it had %s", buildOf(f), before)))
}

// later tells why an earlier backup failed, now that it is known.
func (v *visit) later(e *cause.Error) {
	v.tell(Event{Kind: Note, Cause: e.ID, Message: "the last backup broke off: " + e.Sentence(), Error: NewFailure(e)})
}

// How long the bus is looked at for a phone that left in the middle of a backup: it takes
// that long to come up in another mode.
const (
	modeLook = 5 * time.Second
	modeWait = 2 * time.Minute
)

// awaitMode looks whether a phone that left in the middle of a backup comes back in
// another mode, until ctx ends because it comes back in its own.
func (p *phone) awaitMode(ctx context.Context) {
	for begun := time.Now(); time.Since(begun) < modeWait; {
		var mode usbmux.Mode
		if p.isBroken() {
			mode = p.agent.modeOf(ctx, p)
		}
		if mode != "" && ctx.Err() == nil {
			p.mu.Lock()
			p.broke = nil
			p.recast(cause.DeviceModeChanged)
			known := p.known
			p.mu.Unlock()
			e := cause.New(cause.DeviceModeChanged, cause.Evidence{"mode": string(mode)}, errors.New("on the bus in "+string(mode)+" mode"))
			p.agent.tell(Event{Kind: Note, Phone: &known, Cause: e.ID, Message: "the last backup broke off: " + e.Sentence(), Error: NewFailure(e)})
			return
		}
		if sleep(ctx, modeLook) != nil {
			return
		}
	}
}

func (p *phone) isBroken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broke != nil && len(p.failures) > 0 && p.failures[len(p.failures)-1].cause != cause.DeviceModeChanged
}

// place is where a backup stopped.
type place struct {
	file    string // the phone's own name of the last file; "" not known
	percent int    // 0 is not known
}

// same reports whether two backups stopped at one place: in the same file, or, where no
// file is known, at the same percentage.
func (a place) same(b place) bool {
	if a.file != "" || b.file != "" {
		return a.file == b.file
	}
	return a.percent > 0 && b.percent > 0 && max(a.percent-b.percent, b.percent-a.percent) <= 1
}

func placeOf(e *cause.Error) place {
	file, _ := e.Evidence["lastFile"].(string)
	percent, _ := e.Evidence["percent"].(int)
	return place{file, percent}
}

// stops are the causes that one app's data can be behind.
var stops = []cause.ID{cause.DeviceBackupAgentCrashed, cause.TransferStalled, cause.DeviceInternalError, cause.Unknown}

// appDomain finds the app in the phone's name of a file.
var appDomain = regexp.MustCompile(`/AppDomain[A-Za-z]*-([A-Za-z0-9][A-Za-z0-9.-]{2,100})(?:/|$)`)

// repeated gives a backup that stops for the second time at the same place the cause
// app-data-blocks-backup: trying once more would only cost the person a passcode.
func (v *visit) repeated(err error) error {
	e := cause.From(err)
	if !slices.Contains(stops, e.ID) || !v.phone.stoppedAt(e.ID, placeOf(e)) {
		return err
	}
	ev := cause.Evidence{"before": string(e.ID)}
	for _, key := range []string{"lastFile", "percent", "received", "code", "text"} {
		if x, ok := e.Evidence[key]; ok {
			ev[key] = x
		}
	}
	if file, ok := ev["lastFile"].(string); ok {
		if m := appDomain.FindStringSubmatch(file); m != nil {
			ev["app"] = m[1]
		}
	}
	return cause.New(cause.AppDataBlocksBackup, ev, err)
}

// stoppedAt reports whether the try before failed with the same cause at the same place.
func (p *phone) stoppedAt(id cause.ID, at place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.failures)
	return n > 0 && p.failures[n-1].first == id && p.failures[n-1].place.same(at)
}
