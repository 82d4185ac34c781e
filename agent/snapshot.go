package agent

import (
	"cmp"
	"context"
	"slices"
	"time"

	"homeport/agent/history"
	"homeport/agent/status"
	"homeport/cause"
	"homeport/configs"
	"homeport/usbmux"
)

// Past is what is remembered of phones beyond their versions; *history.DB is it.
type Past interface {
	Phones(ctx context.Context) ([]history.Phone, error)
	Runs(ctx context.Context, f history.Filter) ([]history.Run, error)
}

// Snapshot is the picture of all phones, those of the past too. It asks no phone, and
// waits for a drive only shortly: one that hangs is shown as it was. Program and Version
// are for the caller to fill.
func (a *Agent) Snapshot(ctx context.Context) status.Snapshot {
	a.shelf.look(ctx, glanceLimit)
	return a.compose(time.Now())
}

// SnapshotOf is the picture for a verb, without Run: plugged are the phones that are
// there. It waits for the drives as long as ctx does.
func (a *Agent) SnapshotOf(ctx context.Context, plugged []Phone) status.Snapshot {
	a.picture.see(plugged)
	a.shelf.look(ctx, 0)
	return a.compose(time.Now())
}

// compose puts the picture together from what was heard and what was read.
func (a *Agent) compose(now time.Time) status.Snapshot {
	cfg := a.opts.Config()
	shelf, heard := a.shelf.view(), a.picture.copied()
	s := status.Snapshot{Started: a.began, Now: now, Destinations: []status.Destination{}, Phones: []status.Phone{}, Usbmuxd: heard.mux}
	if a.opts.Mux != nil {
		s.Usbmuxd.Address = a.opts.Mux.Address().String()
	}
	for _, path := range a.destinations() {
		s.Destinations = append(s.Destinations, shelf.destination(path))
	}
	whole := composer{cfg: cfg, shelf: shelf, now: now, runs: a.running.Load(), links: a.linked()}
	for _, udid := range whole.everyone(heard.phones) {
		s.Phones = append(s.Phones, whole.phone(udid, heard.phones[usbmux.CanonicalUDID(udid)]))
	}
	slices.SortStableFunc(s.Phones, func(x, y status.Phone) int {
		return cmp.Or(urgency(x)-urgency(y), cmp.Compare(x.Label(), y.Label()), cmp.Compare(x.UDID, y.UDID))
	})
	return s
}

// linked are the best links of the phones that usbmuxd lists, by canonical UDID.
func (a *Agent) linked() map[string]usbmux.Link {
	a.mu.Lock()
	defer a.mu.Unlock()
	links := map[string]usbmux.Link{}
	for key, p := range a.phones {
		p.mu.Lock()
		for _, l := range p.links {
			if had, ok := links[key]; !ok || had.Connection != usbmux.USB {
				links[key] = l
			}
		}
		p.mu.Unlock()
	}
	return links
}

// composer puts one phone after the other together.
type composer struct {
	cfg   configs.Config
	shelf shelfView
	now   time.Time
	runs  bool // a service is running that does the rest by itself
	links map[string]usbmux.Link
}

// everyone is each phone once: heard of, linked, with versions, remembered, or in the
// settings.
func (c composer) everyone(heard map[string]portrait) []string {
	var list []string
	seen := map[string]bool{}
	add := func(udid string) {
		if key := usbmux.CanonicalUDID(udid); udid != "" && !seen[key] {
			seen[key] = true
			list = append(list, udid)
		}
	}
	for _, p := range heard {
		add(p.known.UDID)
	}
	for _, l := range c.links {
		add(l.UDID)
	}
	for _, h := range c.shelf.shown {
		for _, p := range h.phones {
			add(p.udid)
		}
	}
	for _, p := range c.shelf.past {
		add(p.phone.UDID)
	}
	for _, p := range c.cfg.Phones {
		add(p.UDID)
	}
	slices.Sort(list)
	return list
}

// phone puts one phone together; p is what was heard of it, zero for nothing.
func (c composer) phone(udid string, p portrait) status.Phone {
	key := usbmux.CanonicalUDID(udid)
	mine := c.cfg.For(udid)
	held, past := c.shelf.phone(mine.Destination, udid), c.shelf.past[key]
	l, linked := c.links[key]
	if l.Connection == usbmux.USB && !p.plugged {
		p.plugged, p.looked = true, true // it has not said yet who it is
	}
	s := status.Phone{
		UDID: udid, Plugged: p.plugged, Destination: mine.Destination, Engine: string(mine.Engine), Versions: []status.Version{},
		Run: p.run, Findings: p.findings, FindingsAt: p.findingsAt, Seen: p.seen, Trouble: p.trouble,
	}
	s.Name = cmp.Or(p.known.Name, held.name, past.phone.Name, mine.Name)
	s.ProductType = cmp.Or(p.known.ProductType, held.productType, past.phone.ProductType)
	s.Model = cmp.Or(p.known.Model, past.phone.Model, ModelName(s.ProductType))
	s.IOSVersion = cmp.Or(p.known.IOSVersion, past.phone.IOSVersion, held.iosVersion)
	if linked || p.plugged {
		s.Connection, s.Speed = string(cmp.Or(l.Connection, p.known.Connection)), cmp.Or(l.SpeedBitsPerSecond, p.known.Speed)
	}
	if s.Seen == nil && !past.phone.LastSeen.IsZero() {
		s.Seen = &past.phone.LastSeen
	}
	if held.versions != nil {
		s.Versions = held.versions
	}
	c.standing(&s, p, past.phone)
	if s.Trouble == nil && p.lastTry.IsZero() {
		s.Trouble = past.trouble
	}
	if t := s.Trouble; t != nil && s.LastGood != nil && t.At != nil && t.At.Before(*s.LastGood) {
		s.Trouble = nil // a good backup has made up for it
	}
	if s.Trouble == nil && s.LastGood == nil && len(s.Versions) > 0 {
		s.Trouble = noneWhole(s.Versions, c.now)
	}
	if s.Run != nil {
		s.Trouble = nil // it is being tried again: what helps may be another thing now
		s.Run = withTask(*s.Run, p.todo)
	}
	c.word(&s, p, mine, past.phone.FirstSeen)
	if p.seen != nil {
		past.left, past.leftAt = p.left, *p.seen
	}
	if past.left != "" && (s.LastGood == nil || past.leftAt.After(*s.LastGood)) && slices.Contains(idle, s.State) {
		s.Note = AgoInWords(c.now.Sub(past.leftAt)) + ": " + past.left
	}
	return deviceOf(s.ProductType).phone(s)
}

// idle are the states in which nothing goes on and nothing has failed: what came of the
// phone's last visit is worth a word then.
var idle = []status.State{status.New, status.OK, status.Away, status.Overdue}

// standing fills in the newest good version, and when the next one is due. While the
// destination cannot be read, as with a drive that is away, the history tells of it.
func (c composer) standing(s *status.Phone, p portrait, past history.Phone) {
	for _, v := range s.Versions {
		if v.Damaged == "" {
			at := v.Finished
			s.LastGood, s.LastVersion = &at, v.ID
			break
		}
	}
	if !p.lastGood.IsZero() && p.lastVersion != s.LastVersion && (s.LastGood == nil || p.lastGood.After(*s.LastGood)) {
		at := p.lastGood // newer than what was read
		s.LastGood, s.LastVersion = &at, p.lastVersion
	}
	if !c.shelf.there(s.Destination) && !past.LastGood.IsZero() && (s.LastGood == nil || past.LastGood.After(*s.LastGood)) {
		s.LastGood, s.LastVersion = &past.LastGood, past.LastVersion
	}
	mine := c.cfg.For(s.UDID)
	switch {
	case !c.runs || !mine.Enabled:
	case p.next != nil:
		s.NextDue = p.next
	case s.LastGood != nil && mine.MinInterval > 0:
		at := s.LastGood.Add(mine.MinInterval.Std())
		s.NextDue = &at
	}
}

// troubleOf is a failure as status shows it.
func troubleOf(f *Failure, at time.Time) *status.Trouble {
	if f == nil {
		return nil
	}
	return &status.Trouble{Cause: f.Cause, Message: f.Message, Remedy: f.Remedy, Evidence: f.Evidence, At: &at}
}

// mild are the ends of a try that are no trouble: the person wanted them.
func mild(id cause.ID) bool { return id == cause.UserCancelled }

// noneWhole is what is wrong with a phone whose versions, the newest first, are all damaged.
func noneWhole(list []status.Version, now time.Time) *status.Trouble {
	f := NewFailure(cause.New(cause.VersionDamaged, cause.Evidence{"version": list[0].ID, "reason": list[0].Damaged}, nil))
	t := troubleOf(f, now)
	t.Message = "its only backup is damaged"
	if len(list) > 1 {
		t.Message = "all its backups are damaged"
	}
	return t
}
