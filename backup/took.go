package backup

import (
	"encoding/json"
	"math"
)

// Took says how long the parts of a run took, in seconds, and what held it up. What
// nobody measured is 0.
type Took struct {
	Clone      float64 `json:"clone,omitempty"`      // cloning the version before
	Connecting float64 `json:"connecting,omitempty"` // services, sync lock, handshake
	Waiting    float64 `json:"waiting,omitempty"`    // from the request to the first message, without the passcode
	Passcode   float64 `json:"passcode,omitempty"`   // the phone's passcode prompt was up
	Receiving  float64 `json:"receiving,omitempty"`  // from the first message to the last
	Finishing  float64 `json:"finishing,omitempty"`  // our own wrap-up, up to the proof

	// Of Receiving: how long the phone prepared what it would send next, how long
	// its bytes were on their way, and how long they waited for the disk.
	Phone float64 `json:"phone,omitempty"`
	Link  float64 `json:"link,omitempty"`
	Disk  float64 `json:"disk,omitempty"`

	Bytes     int64 `json:"bytes,omitempty"`     // received
	Files     int64 `json:"files,omitempty"`     // received
	LinkSpeed int64 `json:"linkSpeed,omitempty"` // as negotiated, in bit/s
}

// What a Took may say at most: a month, a quarter of an exabyte, a terabit.
const (
	mostSeconds = 31 * 24 * 3600
	mostCount   = 1 << 58
	mostSpeed   = 1e12
)

// UnmarshalJSON reads what a record says. It may have been written by anybody: what
// cannot be true is read as not measured, and is no reason to distrust the rest.
func (t *Took) UnmarshalJSON(data []byte) error {
	type plain Took
	var p plain
	if json.Unmarshal(data, &p) != nil {
		p = plain{}
	}
	*t = Took(p).sane()
	return nil
}

func (t Took) sane() Took {
	for _, s := range []float64{t.Clone, t.Connecting, t.Waiting, t.Passcode, t.Receiving, t.Finishing, t.Phone, t.Link, t.Disk} {
		if math.IsNaN(s) || s < 0 || s > mostSeconds {
			return Took{}
		}
	}
	if t.Bytes < 0 || t.Bytes > mostCount || t.Files < 0 || t.Files > mostCount || t.LinkSpeed < 0 || t.LinkSpeed > mostSpeed {
		return Took{}
	}
	return t
}

// Seconds is how long the run took without the person: everything but the passcode
// prompt.
func (t Took) Seconds() float64 {
	return t.Clone + t.Connecting + t.Waiting + t.Receiving + t.Finishing
}
