package history

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The names of the log and, with the time at which they were put aside, of its rotated
// files: those of lumberjack.
const (
	logName    = "homeport.log"
	logPrefix  = "homeport-"
	logTime    = "2006-01-02T15-04-05.000"
	maxRotated = 1000
)

// LogPath is the log in folder.
func LogPath(folder string) string { return filepath.Join(folder, logName) }

// openLog opens a log, which has to be a plain file: another would keep its reader
// waiting.
func openLog(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read log: %s is not an ordinary file", path)
	}
	return os.Open(path)
}

// putAside is a file that was rotated.
type putAside struct {
	path  string // without .gz
	until time.Time
}

// rotated lists the files that were put aside, oldest first, but for the one that is open
// as newest.
func rotated(folder string, newest *os.File) ([]putAside, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var open fs.FileInfo
	if newest != nil {
		open, _ = newest.Stat()
	}
	var list []putAside
	for _, e := range entries {
		plain := strings.TrimSuffix(e.Name(), ".gz")
		stamp, ours := strings.CutPrefix(strings.TrimSuffix(plain, ".log"), logPrefix)
		until, err := time.Parse(logTime, stamp)
		if !ours || err != nil || !strings.HasSuffix(plain, ".log") {
			continue
		}
		if info, err := e.Info(); err != nil || !info.Mode().IsRegular() || open != nil && os.SameFile(open, info) {
			continue
		}
		list = append(list, putAside{filepath.Join(folder, plain), until})
	}
	slices.SortFunc(list, func(a, b putAside) int { return strings.Compare(a.path, b.path) })
	list = slices.Compact(list) // packed, and not yet removed
	return list[max(0, len(list)-maxRotated):], nil
}

// readRotated reads one file, which is packed at some moment: then the packed one has all.
func readRotated(o putAside, visit func(Entry) error) error {
	f, err := openLog(o.path)
	if err == nil {
		defer f.Close()
		return eachLine(f, visit)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	packed, err := openLog(o.path + ".gz")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // its time is over
	}
	if err != nil {
		return err
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err == nil {
		// A log is rotated long before it is so large: this one is a trap.
		err = eachLine(io.LimitReader(z, maxUnpacked), visit)
	}
	if err != nil && !errors.Is(err, errStop) {
		return fmt.Errorf("read %s.gz: %w", o.path, err)
	}
	return err
}

// maxUnpacked bounds one packed file, in bytes.
const maxUnpacked = 1 << 30
