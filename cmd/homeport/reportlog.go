package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// How much of the log goes into a report.
const (
	mostLogLines = 2000
	mostLogBytes = 1 << 20
	mostLogLine  = 64 << 10
	mostLogFiles = 100
	mostUnpacked = 32 << 20 // of a rotated file
)

// logTail reads the last lines of the log in dir, over rotated files, oldest first;
// and those before, which tell who else there is. That there is no log is no error.
func logTail(dir string) (tail, older []string, err error) {
	names, err := logFiles(dir)
	size := 0
	for _, name := range names {
		more, rerr := lastLines(name)
		if older == nil { // else it is no part of the report
			err = errors.Join(err, rerr)
		}
		for _, line := range slices.Backward(more) {
			if size += len(line) + 1; size > mostLogBytes || len(tail) >= mostLogLines {
				older = append(older, line)
			} else {
				tail = append(tail, line)
			}
		}
	}
	slices.Reverse(tail)
	return tail, older, err
}

// logFiles lists the log and its rotated files, the newest first.
func logFiles(dir string) ([]string, error) {
	rotated, err := filepath.Glob(filepath.Join(escapeGlob(dir), "homeport-*.log*"))
	slices.Sort(rotated) // their names hold the time
	slices.Reverse(rotated)
	all := append([]string{filepath.Join(dir, "homeport.log")}, rotated...)
	all = slices.DeleteFunc(all, func(name string) bool {
		info, err := os.Lstat(name)
		return err != nil || !info.Mode().IsRegular()
	})
	return all[:min(len(all), mostLogFiles)], err
}

func escapeGlob(dir string) string {
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// lastLines reads the end of one file, which may be packed.
func lastLines(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	} else if info, err := f.Stat(); err == nil && info.Size() > mostLogBytes {
		if _, err := f.Seek(-mostLogBytes, io.SeekEnd); err != nil {
			return nil, err
		}
	}
	var lines []string
	scan := bufio.NewReaderSize(io.LimitReader(in, mostUnpacked), mostLogLine)
	for {
		line, long, err := scan.ReadLine()
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return lines, err
		}
		text := string(bytes.ToValidUTF8(line, nil))
		for long && err == nil { // what is too long is cut
			_, long, err = scan.ReadLine()
			text = ""
		}
		if text != "" {
			lines = append(lines, text)
		}
		if len(lines) > 2*mostLogLines {
			lines = slices.Clone(lines[len(lines)-mostLogLines:])
		}
	}
}

// printable drops what a terminal would obey.
func printable(c rune) rune {
	if unicode.IsControl(c) && c != '\t' || unicode.Is(unicode.Bidi_Control, c) {
		return -1
	}
	return c
}

// redactLog redacts each line, as what it says when it is JSON.
func redactLog(r *redactor, lines []string) []byte {
	var out bytes.Buffer
	for _, line := range lines {
		v, ok := parsed([]byte(line)).(map[string]any)
		if !ok {
			out.WriteString(r.text(strings.Map(printable, line)) + "\n")
			continue
		}
		data, err := json.Marshal(r.value("", v))
		if err == nil {
			out.Write(append(data, '\n'))
		}
	}
	return out.Bytes()
}
