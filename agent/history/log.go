package history

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"homeport/cause"
)

// Entry is one line of the log.
type Entry struct {
	Time   time.Time `json:"ts"`
	Level  string    `json:"level"` // debug, info, warn, error; what is worse counts as error
	Kind   string    `json:"msg"`   // of what happened to a phone: the kind of event
	UDID   string    `json:"udid"`
	Device string    `json:"device"`
	Run    string    `json:"run"`
	Cause  cause.ID  `json:"cause"`
	Text   string    `json:"text"`

	Sentence string   `json:"sentence"`
	Hint     []string `json:"hint"`
	Phase    string   `json:"phase"`

	// Raw is the whole line, without its end: JSON, unless Broken. It is valid until the
	// next one is read.
	Raw []byte `json:"-"`
	// Broken says that the line is no JSON object: its writer was cut off, or it is not
	// ours. Text is what can be read of it.
	Broken bool `json:"-"`
}

// LogFilter says which lines are meant. What is zero excludes nothing. A broken line is
// nobody's and of no time: only a filter with nothing but a time lets it through, after
// the first line that it lets through.
type LogFilter struct {
	Phone string // a UDID, in any spelling
	Cause cause.ID
	Since time.Time
	Level string // and what is worse
}

// levels are the names in the log, from the quietest.
var levels = []string{"debug", "info", "warn", "error"}

func rank(level string) int {
	if i := slices.Index(levels, strings.ToLower(level)); i >= 0 {
		return i
	}
	return len(levels)
}

// Fits reports whether a line is meant.
func (f LogFilter) Fits(e Entry) bool {
	switch {
	case e.Broken:
		return f.Phone == "" && f.Cause == "" && f.Level == "" && f.Since.IsZero()
	case f.Phone != "" && key(e.UDID) != key(f.Phone):
		return false
	case f.Cause != "" && e.Cause != f.Cause && !f.foundIn(e):
		return false
	case f.Level != "" && rank(e.Level) < rank(f.Level):
		return false
	}
	return !e.Time.Before(f.Since)
}

// foundIn reports whether one of the line's findings has the cause.
func (f LogFilter) foundIn(e Entry) bool {
	if !bytes.Contains(e.Raw, []byte(f.Cause)) {
		return false
	}
	var line struct {
		Findings []struct {
			Cause cause.ID `json:"cause"`
		} `json:"findings"`
	}
	_ = json.Unmarshal(e.Raw, &line)
	return slices.ContainsFunc(line.Findings, func(x struct {
		Cause cause.ID `json:"cause"`
	}) bool {
		return x.Cause == f.Cause
	})
}

// maxLine bounds a line of the log, in bytes; what is longer is broken.
const maxLine = 256 << 10

// parseEntry reads one line.
func parseEntry(line []byte, long bool) Entry {
	e := Entry{}
	if long || json.Unmarshal(line, &e) != nil || !bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) {
		e = Entry{Broken: true, Text: bounded(string(line[:min(len(line), maxMessage)]), maxMessage)}
	}
	e.Raw = line
	return e
}

// errStop ends a reading from within.
var errStop = errors.New("enough")

// ReadLog calls see with each line of the log in folder that f means, the oldest first,
// over the files that were rotated, packed or not. When see answers false it is enough. A
// log that is rotated in the meantime is read whole and once. What cannot be read of a
// file is left out, and the error says so at the end; that there is no log is an error
// that is fs.ErrNotExist.
func ReadLog(ctx context.Context, folder string, f LogFilter, see func(Entry) bool) error {
	newest, older, err := openAll(folder)
	if err != nil {
		return err
	}
	if newest != nil {
		defer newest.Close()
	}
	if newest == nil && len(older) == 0 {
		return &fs.PathError{Op: "read", Path: LogPath(folder), Err: fs.ErrNotExist}
	}
	visit := f.visitor(ctx, see)
	bad := readOlder(ctx, older, f, visit)
	if newest != nil && !over(ctx, bad) {
		bad = errors.Join(bad, eachLine(newest, visit))
	}
	return ended(ctx, bad)
}

// openAll opens the log, nil when there is none, and lists the rotated files. The newest
// is opened first: should it be rotated before the others are listed, it is the same file
// under another name.
func openAll(folder string) (newest *os.File, older []putAside, err error) {
	newest, err = openLog(LogPath(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	older, err = rotated(folder, newest)
	if err != nil && newest != nil {
		_ = newest.Close()
	}
	return newest, older, err
}

// readOlder reads the rotated files that may have something which f means. The error has
// what could not be read, or why it is over.
func readOlder(ctx context.Context, older []putAside, f LogFilter, visit func(Entry) error) error {
	var bad error
	for _, o := range older {
		if o.until.Before(f.Since) {
			continue // it was put aside before
		}
		if err := readRotated(o, visit); err != nil {
			bad = errors.Join(bad, err)
		}
		if over(ctx, bad) {
			break
		}
	}
	return bad
}

// visitor hands on the lines that f means.
func (f LogFilter) visitor(ctx context.Context, see func(Entry) bool) func(Entry) error {
	return func(e Entry) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if f.Fits(e) && !see(e) {
			return errStop
		}
		return nil
	}
}

// over reports whether nothing more is wanted.
func over(ctx context.Context, err error) bool { return ctx.Err() != nil || errors.Is(err, errStop) }

func ended(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errStop):
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// eachLine calls visit with each line, and with what stands behind the last end of line.
func eachLine(r io.Reader, visit func(Entry) error) error {
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if len(line) > 0 {
			if verr := visit(parseEntry(bytes.TrimRight(line, "\r\n"), long)); verr != nil {
				return verr
			}
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Valid reports whether the line can be handed on as it is: a JSON object in UTF-8.
func (e Entry) Valid() bool { return !e.Broken && utf8.Valid(e.Raw) && json.Valid(e.Raw) }
