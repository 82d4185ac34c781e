package history

import (
	"encoding/json"
	"time"

	"homeport/cause"
)

// Outcome says how a run ended.
type Outcome string

// The outcomes. The zero value is a run that is still under way.
const (
	BackedUp    Outcome = "backed-up"
	Failed      Outcome = "failed"
	Cancelled   Outcome = "cancelled"   // by the person, here or at the phone
	Interrupted Outcome = "interrupted" // the computer or the program stopped in the middle
	Skipped     Outcome = "skipped"     // there was no try: Cause and Message say why
)

// Outcomes lists every outcome, as a person may name it.
var Outcomes = []Outcome{BackedUp, Failed, Cancelled, Interrupted, Skipped}

// Run is one try to back up a phone, or the reason why there was none.
type Run struct {
	// ID orders runs by when they were written down.
	ID      int64     `json:"id"`
	UDID    string    `json:"udid"`
	Name    string    `json:"name,omitempty"`
	Started time.Time `json:"started"`
	// Ended is zero while the run is under way, and when nobody saw its end.
	Ended   time.Time `json:"ended,omitzero"`
	Seconds float64   `json:"seconds,omitempty"`
	Outcome Outcome   `json:"outcome,omitempty"` // absent while it is under way
	Cause   cause.ID  `json:"cause,omitempty"`
	Message string    `json:"message,omitempty"`
	Engine  string    `json:"engine,omitempty"`
	Version string    `json:"version,omitempty"` // made, or being made when it ended
	Full    bool      `json:"full,omitempty"`
	// Files, Bytes and NewBytes are those of the version that was made.
	Files    int64 `json:"files,omitempty"`
	Bytes    int64 `json:"bytes,omitempty"`
	NewBytes int64 `json:"newBytes,omitempty"`
	// Received is what the phone sent, in bytes, and Speed how fast while it was sending, in
	// bytes per second.
	Received int64          `json:"received,omitempty"`
	Speed    float64        `json:"bytesPerSecond,omitempty"`
	Phases   []Phase        `json:"phases,omitempty"`
	Evidence cause.Evidence `json:"evidence,omitempty"`
	Findings []Finding      `json:"findings,omitempty"`

	IOSVersion string `json:"iosVersion,omitempty"`
	Connection string `json:"connection,omitempty"`
	// Times is how often a reason came up between Started and Ended, for a skip.
	Times int `json:"times,omitempty"`
}

// Phase is how long a run was in one phase, all its times together.
type Phase struct {
	Phase   string  `json:"phase"`
	Seconds float64 `json:"seconds"`
}

// Finding is what a check before the run, or the run itself, had to say. Passed checks
// are not kept.
type Finding struct {
	Check    string         `json:"check,omitempty"`
	Status   string         `json:"status"`
	Cause    cause.ID       `json:"cause"`
	Sentence string         `json:"sentence"`
	Evidence cause.Evidence `json:"evidence,omitempty"`
}

// Phone is a phone that was seen.
type Phone struct {
	UDID        string    `json:"udid"`
	Name        string    `json:"name,omitempty"`
	Model       string    `json:"model,omitempty"`
	ProductType string    `json:"productType,omitempty"`
	IOSVersion  string    `json:"iosVersion,omitempty"`
	FirstSeen   time.Time `json:"firstSeen"`
	LastSeen    time.Time `json:"lastSeen"`
	// LastGood is when the newest backup that the history knows of was finished; zero: none.
	LastGood    time.Time `json:"lastGood,omitzero"`
	LastVersion string    `json:"lastVersion,omitempty"`
}

// Filter says which runs are meant. What is zero excludes nothing.
type Filter struct {
	Phone   string   // a UDID, in any spelling
	Cause   cause.ID // of the run, or of one of its findings
	Outcome Outcome
	Since   time.Time // runs that ended, or began, at or after
	Until   time.Time // runs that began before
	Limit   int       // at most so many, the newest; 0 is DefaultLimit, below 0 all
}

// DefaultLimit is how many runs are answered when nobody says how many.
const DefaultLimit = 100

// Bounds of what is kept of one text or value, in bytes. Evidence that is larger is left
// away: half of it would be no evidence.
const (
	maxID       = 128
	maxName     = 512
	maxMessage  = 2 << 10
	maxEvidence = 16 << 10
	maxFindings = 64 // of one run
	maxPhases   = 64
)

// evidence is ev as JSON; "" when there is none or too much of it.
func evidence(ev cause.Evidence) string {
	if len(ev) == 0 {
		return ""
	}
	data, err := json.Marshal(ev)
	if err != nil || len(data) > maxEvidence {
		return ""
	}
	return string(data)
}

func parseEvidence(s string) cause.Evidence {
	var ev cause.Evidence
	if s == "" || json.Unmarshal([]byte(s), &ev) != nil {
		return nil
	}
	return ev
}
