package agent

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"
)

// memo remembers when something was told, over the life of the program, in a file of the
// state folder. A file that cannot be read has nothing in it, and one that cannot be
// written is as if there were none: then a thing is told once more.
type memo struct {
	path string // "" keeps it in memory only
	told map[string]time.Time
}

const (
	memoName = "told.json"
	maxMemo  = 1 << 20 // bytes of the file
	memoAge  = 90 * 24 * time.Hour
)

func openMemo(dir string) *memo {
	m := &memo{told: map[string]time.Time{}}
	if dir == "" {
		return m
	}
	m.path = filepath.Join(dir, memoName)
	info, err := os.Lstat(m.path)
	if err != nil || !info.Mode().IsRegular() {
		return m
	}
	f, err := os.Open(m.path)
	if err != nil {
		return m
	}
	defer f.Close()
	var known map[string]time.Time
	if json.NewDecoder(io.LimitReader(f, maxMemo)).Decode(&known) == nil && known != nil {
		m.told = known
	}
	return m
}

// at is when something was told; zero: never.
func (m *memo) at(key string) time.Time { return m.told[key] }

// note says that something is told now, and forgets what is long past.
func (m *memo) note(key string, now time.Time) {
	for k, at := range m.told {
		if now.Sub(at) > memoAge {
			delete(m.told, k)
		}
	}
	m.told[key] = now.UTC()
	if m.path == "" {
		return
	}
	data, err := json.MarshalIndent(m.told, "", "  ")
	if err != nil || os.MkdirAll(filepath.Dir(m.path), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(m.path), memoName+".*")
	if err != nil {
		return
	}
	_, err = f.Write(append(data, '\n'))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), m.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}
