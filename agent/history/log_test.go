package history

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lineAt is a line of the log, some minutes after noon.
func lineAt(minute int, more string) string {
	return fmt.Sprintf(`{"level":"info","ts":%q,"msg":"m%d","udid":%q%s}`+"\n", noon.Add(time.Duration(minute)*time.Minute).Format(time.RFC3339Nano), minute, anna, more)
}

func packed(t *testing.T, path, text string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	must(t, errors.Join(err, z.Close()))
	must(t, os.WriteFile(path, b.Bytes(), 0o600))
}

// logs makes a log with two rotated files, one of them packed.
func logs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	packed(t, filepath.Join(dir, "homeport-2026-11-25T12-02-30.000.log.gz"), lineAt(1, "")+lineAt(2, `,"cause":"host-disk-full"`))
	must(t, os.WriteFile(filepath.Join(dir, "homeport-2026-11-25T12-04-30.000.log"), []byte(lineAt(3, "")+lineAt(4, `,"findings":[{"cause":"encryption-off"}]`)), 0o600))
	must(t, os.WriteFile(LogPath(dir), []byte(lineAt(5, "")+strings.Replace(lineAt(6, ""), "info", "error", 1)), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "homeport-notes.log"), []byte(lineAt(9, "")), 0o600))
	return dir
}

func read(t *testing.T, dir string, f LogFilter) string {
	t.Helper()
	var got []string
	must(t, ReadLog(t.Context(), dir, f, func(e Entry) bool {
		word := e.Kind
		if e.Broken {
			word = "broken " + e.Text[:min(len(e.Text), 10)]
		}
		got = append(got, word)
		return true
	}))
	return strings.Join(got, ",")
}

// TestReadLog reads over all files, in order, with each filter.
func TestReadLog(t *testing.T) {
	t.Parallel()
	dir := logs(t)
	for want, f := range map[string]LogFilter{
		"m1,m2,m3,m4,m5,m6": {},
		"m4,m5,m6":          {Since: noon.Add(4 * time.Minute)},
		"m2":                {Cause: "host-disk-full"},
		"m4":                {Cause: "encryption-off"},
		"m6":                {Level: "warn"},
		"":                  {Phone: ben},
		"m5,m6":             {Phone: strings.ToLower(strings.ReplaceAll(anna, "-", "")), Since: noon.Add(4*time.Minute + 31*time.Second)},
	} {
		if got := read(t, dir, f); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
	n := 0
	must(t, ReadLog(t.Context(), dir, LogFilter{}, func(Entry) bool { n++; return n < 3 }))
	if n != 3 {
		t.Errorf("stopped after %d", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ReadLog(ctx, dir, LogFilter{}, func(Entry) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestReadHostileLog has lines that nobody should have written.
func TestReadHostileLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := ReadLog(t.Context(), dir, LogFilter{}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no log: %v", err)
	}
	must(t, os.WriteFile(LogPath(dir), []byte("\n[1,2]\nnull\n"+lineAt(1, "")+"{\"ts\":5}\n\x00\x1b[31mred\n"+`{"msg":"`+strings.Repeat("x", 3*maxLine)+"\"}\n"+lineAt(2, "")+"{\"cut"), 0o600))
	if got, want := read(t, dir, LogFilter{}), "broken ,broken [1,2],broken null,m1,broken {\"ts\":5},broken \x1b[31mred,broken {\"msg\":\"xx,m2,broken {\"cut"; got != want {
		t.Errorf("%q", got)
	}
	must(t, os.WriteFile(filepath.Join(dir, "homeport-2026-11-25T12-02-30.000.log.gz"), []byte("no gzip"), 0o600))
	n := 0
	if err := ReadLog(t.Context(), dir, LogFilter{Phone: anna}, func(Entry) bool { n++; return true }); err == nil || n != 2 {
		t.Errorf("%d lines, %v", n, err)
	}
	must(t, os.Remove(LogPath(dir)))
	must(t, os.Mkdir(LogPath(dir), 0o700))
	if err := ReadLog(t.Context(), dir, LogFilter{}, nil); err == nil {
		t.Error("a folder was read")
	}
}

// TestFollowLog follows a log through all that can happen to it.
func TestFollowLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := LogPath(dir)
	got, up := make(chan string, 100), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- FollowLog(ctx, dir, LogFilter{}, func() { close(up) }, func(e Entry) bool {
			got <- e.Kind + e.Text
			return true
		})
	}()
	<-up
	expect := func(want ...string) {
		t.Helper()
		for _, w := range want {
			select {
			case g := <-got:
				if g != w {
					t.Fatalf("got %q, want %q", g, w)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%s never came", w)
			}
		}
	}
	add := func(text string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		must(t, err)
		_, err = f.WriteString(text)
		must(t, errors.Join(err, f.Close()))
	}
	add(lineAt(1, "")) // it did not exist
	expect("m1")
	half := lineAt(2, "")
	add(half[:20])
	add(half[20:] + lineAt(3, ""))
	expect("m2", "m3")
	add(lineAt(4, "")) // written and rotated between two looks
	must(t, os.Rename(path, filepath.Join(dir, "homeport-2026-11-25T12-04-30.000.log")))
	add(lineAt(5, ""))
	expect("m4", "m5")
	must(t, os.Truncate(path, 0))
	add("{}\n")
	expect("")
	must(t, os.Remove(path))
	add(lineAt(6, ""))
	expect("m6")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestFollowBegins hands on what is there, and tells when it has.
func TestFollowBegins(t *testing.T) {
	t.Parallel()
	dir := logs(t)
	var got []string
	up := 0
	must(t, FollowLog(t.Context(), dir, LogFilter{}, func() {
		up = len(got)
		f, err := os.OpenFile(LogPath(dir), os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString(lineAt(7, ""))
		must(t, errors.Join(err, f.Close()))
	}, func(e Entry) bool {
		got = append(got, e.Kind)
		return e.Kind != "m7"
	}))
	if strings.Join(got, ",") != "m1,m2,m3,m4,m5,m6,m7" || up != 6 {
		t.Errorf("%q, caught up at %d", got, up)
	}
}

// FuzzEntry reads anything.
func FuzzEntry(f *testing.F) {
	f.Add([]byte(lineAt(1, "")))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, line []byte) {
		e := parseEntry(line, false)
		for _, filter := range []LogFilter{{}, {Phone: anna}, {Cause: "x"}, {Since: noon}, {Level: "warn"}} {
			filter.Fits(e)
		}
		if len(e.Text) > maxMessage && e.Broken {
			t.Error(len(e.Text))
		}
	})
}
