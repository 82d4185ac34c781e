package agent

import (
	"cmp"
	"context"
	"runtime"
	"time"

	"homeport/agent/history"
	"homeport/agent/status"
	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// versionInfo is what a version says of its phone.
type versionInfo struct{ productType, iosVersion string }

// readDestination reads what a folder holds, and how full its drive is.
func (s *shelf) readDestination(path string) held {
	h := held{state: status.Destination{Path: path}, phones: map[string]heldPhone{}}
	if v, err := (preflight.HostDisk{}).Volume(path); err == nil {
		h.state.Free, h.state.Total = v.Free, v.Total
	}
	st, err := s.agent.stores.read(path)
	if err != nil {
		h.state.Error = troubleOf(NewFailure(s.agent.notMadeYet(path, err)), time.Now())
		return h
	}
	defer st.Close()
	h.state.There = true
	udids, err := st.UDIDs()
	if err != nil {
		h.state.Error = troubleOf(NewFailure(err), time.Now())
	}
	for _, udid := range udids {
		list, err := st.Versions(context.Background(), udid)
		if err != nil && h.state.Error == nil {
			h.state.Error = troubleOf(NewFailure(err), time.Now())
		}
		if len(list) > 0 {
			h.phones[usbmux.CanonicalUDID(udid)] = s.phoneOf(udid, list)
			h.state.Used += used(list)
		}
	}
	return h
}

// notMadeYet is err, which says so when the folder is the usual one and was never there:
// no drive is missing then.
func (a *Agent) notMadeYet(path string, err error) error {
	id, _ := cause.Of(err)
	if cfg := a.opts.Config(); id != cause.DestinationMissing || path != cfg.Destination || !a.usual(cfg, "") {
		return err
	}
	return cause.New(id, cause.Evidence{"path": path, "usual": path}, err)
}

// phoneOf is a phone as its versions, newest first, tell of it.
func (s *shelf) phoneOf(udid string, list []store.Version) heldPhone {
	p := heldPhone{udid: udid}
	for _, v := range list {
		p.name = cmp.Or(p.name, v.Device)
		if v.Latest {
			info := s.info(v)
			p.productType, p.iosVersion = info.productType, info.iosVersion
		}
		p.versions = append(p.versions, status.Version{
			ID: string(v.ID), Finished: v.Finished, Files: int64(v.Files), Bytes: v.Bytes, NewBytes: v.NewBytes,
			Seconds: tenths(time.Duration(v.Took.Seconds() * float64(time.Second))), Full: v.Full, Engine: v.Engine,
			Encrypted: v.Encrypted, Proof: string(v.Proof), Verified: v.Verified, Pinned: v.Pinned, Damaged: v.Damage, Path: v.Path,
		})
	}
	return p
}

// info reads once what a version says of its phone.
func (s *shelf) info(v store.Version) versionInfo {
	s.mu.Lock()
	known, ok := s.infos[v.ID]
	s.mu.Unlock()
	if ok {
		return known
	}
	folder, err := mobilesync.Open(v.Path, v.UDID)
	if err != nil {
		return versionInfo{}
	}
	defer folder.Close()
	info, err := folder.Info()
	if err != nil {
		return versionInfo{}
	}
	known = versionInfo{info.ProductType, info.ProductVersion}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.infos[v.ID] = known
	return known
}

// used is about how much room versions take: the oldest whole, and of each later one what
// was new in it.
func used(list []store.Version) int64 {
	var sum int64
	for i, v := range list {
		if i == len(list)-1 || v.Full {
			sum += v.Bytes
		} else {
			sum += v.NewBytes
		}
	}
	return sum
}

const (
	pastLimit = 5 * time.Second
	pastRuns  = 200 // the newest, among which the last of each phone is looked for
)

// readPast reads what the history knows of phones. A history that cannot be read knows
// nothing.
func (a *Agent) readPast() map[string]pastPhone {
	past := map[string]pastPhone{}
	if a.opts.Past == nil {
		return past
	}
	ctx, cancel := context.WithTimeout(context.Background(), pastLimit)
	defer cancel()
	phones, err := a.opts.Past.Phones(ctx)
	if err != nil {
		return past
	}
	for _, p := range phones {
		past[usbmux.CanonicalUDID(p.UDID)] = pastPhone{phone: p}
	}
	runs, err := a.opts.Past.Runs(ctx, history.Filter{Limit: pastRuns})
	if err != nil {
		return past
	}
	seen := map[string]bool{}
	for _, r := range runs { // newest first
		key := usbmux.CanonicalUDID(r.UDID)
		one := past[key]
		switch {
		case r.Outcome == "" || seen[key]:
		case r.Outcome != history.Skipped:
			seen[key] = true
			if one.trouble = troubleOfRun(r); r.Cause == cause.HostShutdown && one.left == "" {
				one.trouble, one.left, one.leftAt = nil, r.Message, r.Ended // nothing is wrong with the phone
			}
		case r.Cause != "" && one.left == "" && !r.Ended.Before(one.phone.LastSeen):
			one.left, one.leftAt = r.Message, r.Ended
		}
		past[key] = one
	}
	return past
}

// troubleOfRun is what was wrong with a run; nil when nothing was.
func troubleOfRun(r history.Run) *status.Trouble {
	if r.Outcome == history.BackedUp || r.Outcome == history.Cancelled || r.Cause == "" {
		return nil
	}
	e := cause.New(r.Cause, cause.Measured(r.Evidence), nil)
	at := r.Ended
	if at.IsZero() {
		at = r.Started
	}
	return &status.Trouble{Cause: r.Cause, Message: cmp.Or(r.Message, e.Sentence()), Remedy: e.Remedy(runtime.GOOS), Evidence: r.Evidence, At: &at}
}
