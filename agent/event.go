package agent

import (
	"errors"
	"maps"
	"runtime"
	"slices"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// Kind says what happened to a phone.
type Kind string

// The kinds of events; they are also the "event" values of the JSON output.
const (
	Plugged   Kind = "plugged"
	Unplugged Kind = "unplugged"
	Preflight Kind = "preflight"
	Waiting   Kind = "waiting"
	Progress  Kind = "progress"
	Verified  Kind = "verified"
	Finished  Kind = "finished"
	Failed    Kind = "failed"
	Skipped   Kind = "skipped"
	// Note tells what is worth knowing and changes nothing: that a run is slow, that an
	// iPhone has not been backed up for long, why an earlier run broke off.
	Note Kind = "note"
	// Service tells about usbmuxd itself, and belongs to no phone.
	Service Kind = "service"
)

// Phone is a phone as events, status and JSON show it.
type Phone struct {
	UDID        string            `json:"udid"`
	Name        string            `json:"name,omitempty"`
	Model       string            `json:"model,omitempty"`
	ProductType string            `json:"productType,omitempty"`
	IOSVersion  string            `json:"iosVersion,omitempty"`
	Connection  usbmux.Connection `json:"connection,omitempty"`
	// Speed is the negotiated USB speed in bit/s, 0 when unknown.
	Speed int64 `json:"speedBitsPerSecond,omitempty"`
}

// Label is what a person calls the phone: its name, or its UDID.
func (p Phone) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.UDID
}

// Event is one thing that happened. What does not apply is zero.
type Event struct {
	Kind    Kind      `json:"event"`
	Time    time.Time `json:"time"`
	Phone   *Phone    `json:"phone,omitempty"`
	Run     string    `json:"run,omitempty"`   // the version being made
	Cause   cause.ID  `json:"cause,omitempty"` // of Waiting, Skipped and Unplugged: why; of Preflight: the failure that decides
	Message string    `json:"message,omitempty"`
	// Shown is how long, in seconds, the phone has shown its passcode prompt in this run.
	Shown float64 `json:"shownSeconds,omitempty"`
	// Next is when the agent will try again by itself.
	Next     *time.Time          `json:"next,omitempty"`
	Findings []preflight.Finding `json:"findings,omitempty"`
	Progress *RunProgress        `json:"progress,omitempty"`
	Result   *Result             `json:"result,omitempty"`
	Error    *Failure            `json:"error,omitempty"`
	// Output is what a command of the settings printed at its end; for logs.
	Output []string `json:"-"`
	// Stack is where a mistake of ours showed; for the log alone.
	Stack string `json:"-"`
}

// RunProgress is how far a run is.
type RunProgress struct {
	Phase   backup.Phase `json:"phase"`
	Percent float64      `json:"percent"`
	Bytes   int64        `json:"bytes"`
	Files   int          `json:"files"`
	// Speed is the recent speed in bytes per second, 0 when not known.
	Speed float64 `json:"bytesPerSecond,omitempty"`
	// Left is the estimated time left in seconds, 0 when not known.
	Left float64 `json:"secondsLeft,omitempty"`
}

// Result is a finished backup.
type Result struct {
	Version  store.VersionID `json:"version"`
	Files    int64           `json:"files"`
	Bytes    int64           `json:"bytes"`
	NewBytes int64           `json:"newBytes"`
	Full     bool            `json:"full"`
	Engine   string          `json:"engine"`
	Seconds  float64         `json:"seconds"`
	Path     string          `json:"path"`
	// Odd lists what looked odd and did not spoil the backup.
	Odd []string `json:"odd,omitempty"`
	// Notes are warnings with a cause about the version: that it shrank, that it
	// does not fit the phone's own list, that another program's folder is there.
	Notes []*Failure `json:"notes,omitempty"`
}

// Failure is an error as a person and a program read it.
type Failure struct {
	Cause    cause.ID       `json:"cause,omitempty"` // none for a command line that is wrong
	Message  string         `json:"message"`
	Remedy   []string       `json:"remedy,omitempty"`
	Evidence cause.Evidence `json:"evidence,omitempty"`
	ExitCode int            `json:"exitCode"`
	// Detail is the technical text that was seen; for logs.
	Detail string `json:"detail,omitempty"`
}

// stackOf is where err shows a mistake of ours, if it does.
func stackOf(err error) string {
	if p, ok := errors.AsType[*cause.Panic](err); ok {
		return string(p.Stack)
	}
	return ""
}

// isPanic reports whether err is a mistake of ours.
func isPanic(err error) bool { return stackOf(err) != "" }

// causeOf is the cause of err, or "" for nil.
func causeOf(err error) cause.ID {
	if err == nil {
		return ""
	}
	return cause.From(err).ID
}

// byHand marks the error of what a person started and nothing starts again, where that
// changes what helps.
func byHand(err error) error {
	e := cause.From(err)
	if e == nil {
		return nil
	}
	row, _ := cause.Lookup(e.ID)
	if !slices.ContainsFunc(row.Instead, func(s cause.Steps) bool { return s.With == cause.ByHand }) {
		return err
	}
	ev := cause.Evidence{cause.ByHand: true}
	maps.Copy(ev, e.Evidence)
	return &cause.Error{ID: e.ID, Evidence: ev, Err: err, Checked: e.Checked}
}

// NewFailure tells err by its cause. It returns nil for nil.
func NewFailure(err error) *Failure {
	if err == nil {
		return nil
	}
	e := cause.From(err)
	return &Failure{
		Cause:    e.ID,
		Message:  e.Sentence(),
		Remedy:   e.Remedy(runtime.GOOS),
		Evidence: e.Evidence,
		ExitCode: e.ExitCode(),
		Detail:   err.Error(),
	}
}
