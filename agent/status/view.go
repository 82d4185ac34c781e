package status

import (
	"time"

	"homeport/cause"
)

// Snapshot is the whole picture at one moment. Sizes are in bytes, durations in
// seconds, times RFC 3339; what is not known is absent.
type Snapshot struct {
	Program string    `json:"program"` // "homeport"
	Version string    `json:"version"`
	Started time.Time `json:"started"` // of the program that answers
	Now     time.Time `json:"now"`     // its clock; ages are counted from here
	Usbmuxd Usbmuxd   `json:"usbmuxd"`
	// Destinations are the folders that the settings name, each once.
	Destinations []Destination `json:"destinations"`
	// Phones are those that are there and those of the past, the ones that need
	// somebody first.
	Phones []Phone `json:"phones"`
}

// Usbmuxd is the service of this computer through which phones are reached.
type Usbmuxd struct {
	There   bool   `json:"there"`
	Address string `json:"address,omitempty"`
	// Error says why it is not there, unless that is as it should be.
	Error *Trouble `json:"error,omitempty"`
}

// Destination is one folder that takes backups.
type Destination struct {
	Path string `json:"path"`
	// There says that it can be read. Of one that cannot, Error says why.
	There bool `json:"there"`
	// Asked says that an answer of its drive is awaited: what else stands here is older.
	Asked bool     `json:"asked,omitempty"`
	Free  int64    `json:"free,omitempty"`
	Total int64    `json:"total,omitempty"` // of the whole drive
	Used  int64    `json:"used,omitempty"`  // by the versions, about
	Error *Trouble `json:"error,omitempty"`
}

// State is how a phone stands, in one word.
type State string

// The states, the most urgent first.
const (
	Waiting   State = "waiting"    // somebody has to do something at the phone now
	BackingUp State = "backing-up" // a run is under way
	Checking  State = "checking"   // it was plugged in and is looked at
	Failed    State = "failed"     // the last try failed, and nothing made up for it
	Overdue   State = "overdue"    // its newest good version is too old
	New       State = "new"        // it is there and has no version yet
	OK        State = "ok"         // there, with a good version
	Ignored   State = "ignored"    // the settings leave it alone
	Away      State = "away"       // not plugged in, and nothing is wrong
)

// Phone is one phone, there or of the past.
type Phone struct {
	UDID        string `json:"udid"`
	Name        string `json:"name,omitempty"`
	Model       string `json:"model,omitempty"`
	ProductType string `json:"productType,omitempty"`
	IOSVersion  string `json:"iosVersion,omitempty"`
	Connection  string `json:"connection,omitempty"` // USB or Network
	Speed       int64  `json:"speedBitsPerSecond,omitempty"`
	Plugged     bool   `json:"plugged"`
	State       State  `json:"state"`
	// Message is one line for a person: what is going on, or how it stands.
	Message string `json:"message"`
	// Note says what Message does not: when it is tried again, or why nothing came of the
	// last time that the phone was here.
	Note string `json:"note,omitempty"`
	// LastGood is when the newest good version was finished, LastVersion which it is.
	LastGood    *time.Time `json:"lastGood,omitempty"`
	LastVersion string     `json:"lastVersion,omitempty"`
	// NextDue is from when on it is backed up again by itself, if it is plugged in.
	NextDue *time.Time `json:"nextDue,omitempty"`
	Run     *Run       `json:"run,omitempty"`
	// Trouble is why the last try failed, while nothing has made up for it and no other
	// one is under way.
	Trouble *Trouble `json:"trouble,omitempty"`
	// Findings are those of the last checks, FindingsAt when that was.
	Findings   []Finding  `json:"findings,omitempty"`
	FindingsAt *time.Time `json:"findingsAt,omitempty"`
	// Seen is when the phone was last plugged in or unplugged.
	Seen *time.Time `json:"seen,omitempty"`
	// Versions are newest first.
	Versions []Version `json:"versions"`
	// Destination is the folder that takes its backups.
	Destination string `json:"destination,omitempty"`
	// Engine is what the settings say of who makes them: auto, native or libimobiledevice.
	Engine string `json:"engine,omitempty"`
}

// Label is what a person calls the phone: its name, or its UDID.
func (p Phone) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.UDID
}

// Run is a backup under way.
type Run struct {
	Version string    `json:"version,omitempty"` // the one being made
	Phase   string    `json:"phase"`             // as backup.Phase; "preflight" and "queued" before
	Percent float64   `json:"percent"`
	Bytes   int64     `json:"bytes"`
	Files   int       `json:"files"`
	Speed   float64   `json:"bytesPerSecond,omitempty"`
	Left    float64   `json:"secondsLeft,omitempty"`
	Started time.Time `json:"started"`
	Full    bool      `json:"full,omitempty"`
	// WaitingFor is the cause for which somebody has to do something at the phone.
	WaitingFor cause.ID `json:"waitingFor,omitempty"`
	// Todo is what that is, in one line, and Steps how it is done.
	Todo  string   `json:"todo,omitempty"`
	Steps []string `json:"steps,omitempty"`
}

// Trouble is what is wrong, and what to do.
type Trouble struct {
	Cause    cause.ID       `json:"cause"`
	Message  string         `json:"message"`
	Remedy   []string       `json:"remedy,omitempty"`
	Evidence cause.Evidence `json:"evidence,omitempty"`
	At       *time.Time     `json:"at,omitempty"` // when it was found
}

// Finding is the result of one check.
type Finding struct {
	Check    string         `json:"check"`
	Group    string         `json:"group,omitempty"`
	Status   string         `json:"status"` // pass, info, warn, fail or skipped
	Needs    string         `json:"needs,omitempty"`
	Cause    cause.ID       `json:"cause,omitempty"`
	Sentence string         `json:"sentence,omitempty"`
	Remedy   []string       `json:"remedy,omitempty"`
	Evidence cause.Evidence `json:"evidence,omitempty"`
}

// Version is one backup on disk.
type Version struct {
	ID       string    `json:"id"`
	Finished time.Time `json:"finished"`
	Files    int64     `json:"files"`
	Bytes    int64     `json:"bytes"`
	NewBytes int64     `json:"newBytes"`          // received in the run that made it
	Seconds  float64   `json:"seconds,omitempty"` // that this run took
	Full     bool      `json:"full,omitempty"`
	Engine   string    `json:"engine,omitempty"`
	// Encrypted says that a password is needed to read it.
	Encrypted bool       `json:"encrypted,omitempty"`
	Proof     string     `json:"proof"` // received, structure, full or unlocked
	Verified  *time.Time `json:"verified,omitempty"`
	Pinned    bool       `json:"pinned,omitempty"`
	Damaged   string     `json:"damaged,omitempty"` // what is wrong with it
	Path      string     `json:"path"`
}
