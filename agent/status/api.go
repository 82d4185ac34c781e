package status

import (
	"cmp"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"time"

	"homeport/cause"
)

// StartRequest asks for one backup now, whatever the schedule says.
type StartRequest struct {
	// Phone is a UDID, a unique part of one, or the phone's name; without it, the
	// only phone that is plugged in.
	Phone string `json:"phone,omitempty"`
	// Full asks the phone for everything, not only what changed.
	Full bool `json:"full,omitempty"`
	// NoWait makes what needs the person at the phone a failure.
	NoWait bool `json:"noWait,omitempty"`
}

// Reloaded is how reading the settings again ended.
type Reloaded struct {
	OK bool `json:"ok"`
	// Message is what is told about it, also in the log.
	Message string `json:"message"`
	// Errors are what is wrong with the settings; those in force stay.
	Errors []Failure `json:"errors,omitempty"`
}

// Page is where the status page is, for one visit.
type Page struct {
	URL     string    `json:"url"` // with a key that opens it once
	Expires time.Time `json:"expires"`
}

// LogQuery says which lines of the log are wanted; what is zero does not count.
type LogQuery struct {
	Phone string // a UDID, in any spelling
	Cause cause.ID
	Level string // at least: debug, info, warn or error
	Since time.Time
	Limit int // the newest so many
}

// LogLine is one line of the log: an object with ts, level, msg and what belongs to it.
type LogLine = json.RawMessage

// Failure is an error as a person and a program read it.
type Failure struct {
	Cause    cause.ID       `json:"cause,omitempty"`
	Message  string         `json:"message"`
	Remedy   []string       `json:"remedy,omitempty"`
	Evidence cause.Evidence `json:"evidence,omitempty"`
	ExitCode int            `json:"exitCode"` // of a verb that ends with it
	Detail   string         `json:"detail,omitempty"`
}

// ErrNothingRuns says that no backup of a phone is under way that could be ended.
var ErrNothingRuns = errors.New("no backup of this iPhone is under way")

// NewFailure tells err by its cause; one without a cause is told by its own text.
func NewFailure(err error) Failure {
	if errors.Is(err, ErrNothingRuns) {
		return Failure{Message: ErrNothingRuns.Error(), ExitCode: cause.ExitNoSuch}
	}
	if told, ok := errors.AsType[*RemoteError](err); ok {
		return told.Told
	}
	e := cause.From(err)
	f := Failure{
		Cause: e.ID, Message: e.Sentence(), Remedy: e.Remedy(runtime.GOOS), Evidence: e.Evidence,
		ExitCode: e.ExitCode(), Detail: err.Error(),
	}
	if e.ID == cause.Unknown {
		f.Message = err.Error()
	}
	return f
}

// RemoteError is an error that a running Homeport has answered. What it told is to be
// shown as it is: the sentence was made where the facts are.
type RemoteError struct {
	Status int // of HTTP
	Told   Failure
}

func (e *RemoteError) Error() string { return cmp.Or(e.Told.Detail, e.Told.Message) }

// Unwrap gives the cause, so that the exit code is the same as without a daemon.
func (e *RemoteError) Unwrap() error {
	if e.Told.Cause == "" {
		return nil
	}
	return cause.New(e.Told.Cause, e.Told.Evidence, nil)
}

// SameUDID compares two UDIDs without case and dash, as their makers do.
func SameUDID(a, b string) bool { return FoldUDID(a) == FoldUDID(b) }

// FoldUDID is a UDID in lower case and without dashes, as a key.
func FoldUDID(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }
