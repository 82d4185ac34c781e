package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/agent/history"
	"homeport/configs"
)

// logAt is a log in a folder of the test, at a time that the test sets.
func logAt(t *testing.T, dir string, now *time.Time) *rotating {
	t.Helper()
	r := newRotating(filepath.Join(dir, "homeport.log"), configs.Log{Days: 90})
	r.file.Compress = false
	r.now = func() time.Time { return *now }
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func write(t *testing.T, r *rotating, word string) {
	t.Helper()
	if _, err := fmt.Fprintf(r, `{"ts":%q,"msg":%q}`+"\n", r.now().Format(time.RFC3339Nano), word); err != nil {
		t.Fatal(err)
	}
}

// words are all lines of the log, in order.
func words(t *testing.T, dir string) string {
	t.Helper()
	var list []string
	err := history.ReadLog(t.Context(), dir, history.LogFilter{}, func(e history.Entry) bool {
		list = append(list, e.Kind+e.Text)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func files(t *testing.T, dir string) int {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestLogRotatesByAge writes little for days, also over starts of the program.
func TestLogRotatesByAge(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	r := logAt(t, dir, &now)
	write(t, r, "one")
	now = now.Add(23 * time.Hour)
	write(t, r, "two")
	if n := files(t, dir); n != 1 {
		t.Errorf("%d files within a day", n)
	}
	r = logAt(t, dir, &now) // another start: the file tells its age
	now = now.Add(2 * time.Hour)
	write(t, r, "three")
	if n := files(t, dir); n != 2 {
		t.Errorf("%d files after a day", n)
	}
	if info, err := os.Stat(filepath.Join(dir, "homeport.log")); err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if got := words(t, dir); got != "one two three" {
		t.Error(got)
	}
}

// TestLogOfTwo has two processes write, of which one rotates; and somebody who deletes it.
func TestLogOfTwo(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	daemon, verb := logAt(t, dir, &now), logAt(t, dir, &now)
	write(t, daemon, "d1")
	write(t, verb, "v1")
	now = now.Add(25 * time.Hour)
	write(t, verb, "v2")
	write(t, daemon, "d2")
	if got := words(t, dir); got != "d1 v1 v2 d2" || files(t, dir) != 2 {
		t.Errorf("%s in %d files", got, files(t, dir))
	}
	if err := os.Remove(filepath.Join(dir, "homeport.log")); err != nil {
		t.Skip("a log that is open cannot be deleted here")
	}
	write(t, daemon, "d3")
	write(t, verb, "v3")
	if got := words(t, dir); got != "d1 v1 d3 v3" {
		t.Error(got)
	}
}

// TestLogOnAFullDisk resumes: a line that was torn does not spoil the next, and the
// trouble is told once each time.
func TestLogOnAFullDisk(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	full := &filling{}
	p := &patient{w: full, stderr: &stderr}
	for i := range 9 {
		full.full = i%3 != 0
		if n, err := p.Write([]byte("line\n")); n != 5 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if n := strings.Count(stderr.String(), "warning: "); n != 3 {
		t.Errorf("told %d times: %s", n, &stderr)
	}
}

type filling struct{ full bool }

func (f *filling) Write(p []byte) (int, error) {
	if f.full {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

// TestPlainJSON takes out of a line what a terminal obeys, and changes nothing that it says.
func TestPlainJSON(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "é\u7f8e\U0001f4f1", "a\u007fb\u0085c\u009b31m", "\u202eabc\u2066\u2069\u200f\u061c", "\u2028\u2029"} {
		line, err := json.Marshal(map[string]string{"name": s})
		if err != nil {
			t.Fatal(err)
		}
		line = []byte(strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(string(line)))
		got := plainJSON(line)
		var back map[string]string
		if err := json.Unmarshal(got, &back); err != nil || back["name"] != s {
			t.Errorf("%q became %q, %v", s, got, err)
		}
		if strings.ContainsAny(string(got), "\u007f\u0085\u009b\u202e\u2066\u2069\u200f\u061c\u2028\u2029") {
			t.Errorf("%q", got)
		}
	}
}
