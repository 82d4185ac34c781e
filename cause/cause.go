// Package cause owns the catalogue of reasons why a backup fails, and the error
// that names one of them.
//
// Every failure that a person can act on carries an ID. The ID decides what the
// person reads (a sentence and numbered steps), whether a retry can help, and
// the exit code; it is the same in the log, the JSON output, the status page and
// `homeport explain`. Packages below the agent return errors that carry an ID;
// nobody parses error text to learn what went wrong.
package cause

import (
	"encoding/json"
	"errors"
	"math"
)

// ID names one row of the catalogue, in kebab case.
type ID string

// Evidence holds the facts that fill a sentence: bytes, names, versions,
// seconds. Keys are lowerCamelCase. Values are strings, bools, integers, Bytes,
// Seconds or slices of strings, so that they survive JSON.
type Evidence map[string]any

// Bytes is a size in bytes; in a sentence it is shown as "62.1 GB", in JSON as a
// number.
type Bytes int64

// Seconds is a duration in seconds; in a sentence it is shown as "16 min 38 s",
// in JSON as a number.
type Seconds float64

// MarshalJSON gives tenths: nobody needs the nanoseconds that a clock tells.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(math.Round(float64(s)*10) / 10)
}

// Error is an error whose cause is known. Err is what was seen, and may be nil
// when the cause says it all.
type Error struct {
	ID       ID
	Evidence Evidence
	Err      error
	// Checked says that a check found it, before anything was begun: nothing failed
	// that the cause's own exit code could speak of.
	Checked bool
}

// New returns an error that carries id, the facts behind it and the error that
// was seen. ev and err may be nil.
func New(id ID, ev Evidence, err error) *Error {
	return &Error{ID: id, Evidence: ev, Err: err}
}

// Error gives the text that was seen, or the id when there is none: the sentence
// for a person comes from the catalogue, not from here.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.ID)
	}
	return e.Err.Error()
}

// Unwrap gives the error that was seen.
func (e *Error) Unwrap() error { return e.Err }

// Of finds the outermost cause in err's chain. It answers Unknown and false when
// there is none.
func Of(err error) (ID, bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.ID, true
	}
	return Unknown, false
}

// From returns the outermost *Error in err's chain, or a new one with Unknown
// that wraps err. It returns nil for nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return New(Unknown, nil, err)
}
