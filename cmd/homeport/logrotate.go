package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"gopkg.in/natefinch/lumberjack.v2"

	"homeport/configs"
)

// The log file is rotated at logMegabytes, and after logDay: what is older than the
// configured days is removed file by file, so a file must not reach back for long.
const (
	logMegabytes = 16
	logDay       = 24 * time.Hour
	// logSpare is how many files there may be beside one a day. With it a log has a largest
	// size, however much is written.
	logSpare = 30
)

// rotating is a log file that several processes write. Each looks before each line
// whether another one has put the file aside: what is written to a file that is being
// packed is lost.
type rotating struct {
	file  *lumberjack.Logger
	now   func() time.Time
	last  fs.FileInfo // the file after our last line
	begun time.Time   // its first line
	torn  bool        // its last line has no end: the disk was full
}

func newRotating(name string, cfg configs.Log) *rotating {
	return &rotating{now: time.Now, file: &lumberjack.Logger{
		Filename: name, MaxSize: logMegabytes, MaxAge: cfg.Days, MaxBackups: cfg.Days + logSpare, Compress: true,
	}}
}

// Write appends one line. It is called from one goroutine at a time.
func (r *rotating) Write(line []byte) (int, error) {
	name := r.file.Filename
	if info, err := os.Stat(name); err != nil || r.last == nil || !os.SameFile(info, r.last) {
		_ = r.file.Close() // it is opened again, or made
		r.begun, r.torn = beginOf(name, r.now()), false
	}
	if age := r.now().Sub(r.begun); age >= logDay {
		// Where another process keeps it from being renamed, the next hour will do.
		r.begun = r.now().Add(time.Hour - logDay)
		if r.file.Rotate() == nil {
			r.begun, r.torn = r.now(), false
		}
	}
	if r.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := r.file.Write(line)
	switch {
	case err == nil:
		r.torn = false
	case n > 0:
		r.torn = true
	}
	r.last, _ = os.Stat(name)
	return n, err
}

// Close closes the file.
func (r *rotating) Close() error { return r.file.Close() }

// beginOf is the time of the first line of a log; of one that has none it is now.
func beginOf(name string, now time.Time) time.Time {
	f, err := os.Open(name)
	if err != nil {
		return now
	}
	defer f.Close()
	line, err := bufio.NewReaderSize(f, mostLogLine).ReadSlice('\n')
	if errors.Is(err, io.EOF) && len(line) == 0 {
		return now
	}
	var first struct {
		Time time.Time `json:"ts"`
	}
	if json.Unmarshal(line, &first) == nil && !first.Time.IsZero() && !first.Time.After(now) {
		return first.Time
	}
	info, err := f.Stat()
	if err != nil {
		return now
	}
	return info.ModTime()
}

// plainJSON is a line of JSON without the characters that a terminal may obey and that JSON
// lets through: they are in strings, and become \u escapes there.
func plainJSON(line []byte) []byte {
	for i, b := range line {
		if b >= 0x7f {
			return plainJSONFrom(line, i)
		}
	}
	return line
}

func plainJSONFrom(line []byte, at int) []byte {
	out := append(make([]byte, 0, len(line)+16), line[:at]...)
	for rest := line[at:]; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == 0x7f || r >= 0x80 && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			out = append(out, `\u`...)
			hex := strconv.FormatInt(int64(r)|1<<16, 16)
			out = append(out, hex[1:]...)
		} else {
			out = append(out, rest[:n]...)
		}
		rest = rest[n:]
	}
	return out
}
