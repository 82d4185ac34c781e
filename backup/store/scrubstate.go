package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"homeport/backup/mobilesync"
)

// scrubName is how far a scrub came that was interrupted. It is not there when none
// was.
const scrubName = "scrub.json"

// scrubSaves is how often the position is made durable while a scrub goes on; what
// was read since the last time is read again after a crash.
const scrubSaves = 30 * time.Second

// scrubState is scrub.json.
type scrubState struct {
	Format   int         `json:"format"`
	Versions []VersionID `json:"versions"` // that are read together
	// Position is a path below <UDID>/: everything before it was read, and it itself
	// in the versions of Covered.
	Position string      `json:"position"`
	Covered  []VersionID `json:"covered,omitempty"`
	// Damage is what was found so far.
	Damage map[VersionID][]mobilesync.Damage `json:"damage,omitempty"`
}

// cover notes that a path was read in a version. Paths come in order.
func (s *scrubState) cover(id VersionID, path string) {
	if s.Position != path {
		s.Position, s.Covered = path, nil
	}
	s.Covered = append(s.Covered, id)
}

// covers says whether a path was read in a version.
func (s *scrubState) covers(id VersionID, path string) bool {
	return path < s.Position || path == s.Position && slices.Contains(s.Covered, id)
}

func (s *scrubState) add(id VersionID, path string, k mobilesync.Kind) {
	if s.Damage == nil {
		s.Damage = map[VersionID][]mobilesync.Damage{}
	}
	if len(s.Damage[id]) < mobilesync.DefaultMaxDamage {
		s.Damage[id] = append(s.Damage[id], mobilesync.Damage{Path: path, Kind: k})
	}
}

// scrubState reads how far the last scrub came. One that cannot be read, or knows
// none of the versions, begins anew with all that there are.
func (p *phone) scrubState(vs []Version) scrubState {
	fresh := scrubState{Format: formatNumber}
	for _, v := range vs {
		if v.ours() {
			fresh.Versions = append(fresh.Versions, v.ID)
		}
	}
	data, err := readFile(p.dir, scrubName)
	if err != nil {
		return fresh
	}
	var s scrubState
	if err := json.Unmarshal(data, &s); err != nil || s.Format != formatNumber {
		return fresh
	}
	if !slices.ContainsFunc(s.Versions, func(id VersionID) bool { return slices.Contains(fresh.Versions, id) }) {
		return fresh
	}
	return s
}

// save makes the position durable.
func (c *scrubber) save() error {
	data, err := json.Marshal(c.state)
	if err != nil {
		return fmt.Errorf("write %s: %w", scrubName, err)
	}
	c.saved = time.Now()
	return writeFile(c.phone.dir, scrubName, append(data, '\n'))
}

// saveNow saves when it is time.
func (c *scrubber) saveNow() error {
	if c.saved.IsZero() {
		c.saved = time.Now()
	}
	if time.Since(c.saved) < scrubSaves {
		return nil
	}
	return c.save()
}

// pace holds reading back to some bytes a second.
type pace struct {
	rate  int64 // 0: not at all
	begun time.Time
	read  int64
}

func newPace(rate int64) *pace { return &pace{rate: rate} }

// wait counts n bytes that were read, and waits until they were due.
func (p *pace) wait(ctx context.Context, n int) error {
	if p == nil || p.rate <= 0 {
		return nil
	}
	now := time.Now()
	// After a pause the time that went by is not made up for.
	if p.begun.IsZero() || now.Sub(p.due()) > time.Second {
		p.begun, p.read = now, 0
	}
	p.read += int64(n)
	ahead := p.due().Sub(now)
	if ahead <= 0 {
		return nil
	}
	t := time.NewTimer(ahead)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// due is when what was read should have been.
func (p *pace) due() time.Time {
	return p.begun.Add(time.Duration(float64(p.read) / float64(p.rate) * float64(time.Second)))
}
