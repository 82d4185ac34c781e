package notices

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Memory remembers when something was told, over the life of the program, in a file. A file
// that cannot be read has nothing in it, and one that cannot be written is as if there were
// none: then a thing is told once more. It may be used by several goroutines.
type Memory struct {
	path string // "" keeps it in memory only

	mu   sync.Mutex
	told map[string]time.Time
}

const (
	maxMemory = 1 << 20 // bytes of the file
	memoryAge = 90 * 24 * time.Hour
)

// OpenMemory opens the memory in the file at path; "" keeps it in memory only.
func OpenMemory(path string) *Memory {
	m := &Memory{path: path, told: map[string]time.Time{}}
	if path == "" {
		return m
	}
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return m
	}
	f, err := os.Open(path)
	if err != nil {
		return m
	}
	defer f.Close()
	var known map[string]time.Time
	if json.NewDecoder(io.LimitReader(f, maxMemory)).Decode(&known) == nil && known != nil {
		m.told = known
	}
	return m
}

// At is when something was told; zero: never.
func (m *Memory) At(key string) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.told[key]
}

// Within reports whether something was told less than d before now. What was told in the
// future was told by a clock that was wrong, and does not count.
func (m *Memory) Within(key string, d time.Duration, now time.Time) bool {
	at := m.At(key)
	return !at.IsZero() && !at.After(now) && now.Sub(at) < d
}

// Note says that something is told now, and forgets what is long past.
func (m *Memory) Note(key string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, at := range m.told {
		if now.Sub(at) > memoryAge || at.Sub(now) > memoryAge {
			delete(m.told, k)
		}
	}
	m.told[key] = now.UTC().Round(0)
	m.write()
}

// Forget says that something is no more.
func (m *Memory) Forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.told[key]; known {
		delete(m.told, key)
		m.write()
	}
}

// write replaces the file. The caller holds the lock.
func (m *Memory) write() {
	if m.path == "" {
		return
	}
	data, err := json.MarshalIndent(m.told, "", "  ")
	if err != nil || os.MkdirAll(filepath.Dir(m.path), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(m.path), filepath.Base(m.path)+".*")
	if err != nil {
		return
	}
	_, err = f.Write(append(data, '\n'))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), m.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}
