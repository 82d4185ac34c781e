package notices

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestMemoryFile reads back what was noted, and takes a file that is none for an empty one.
func TestMemoryFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "deeper", "told.json")
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	m := OpenMemory(path)
	m.Note("long ago", now.Add(-memoryAge-time.Hour))
	m.Note("far ahead", now.Add(2*memoryAge))
	m.Note("a", now)
	m.Note("b", now)
	m.Forget("b")
	again := OpenMemory(path)
	for key, want := range map[string]bool{"a": true, "b": false, "long ago": false, "far ahead": false} {
		if got := !again.At(key).IsZero(); got != want {
			t.Errorf("%s: %v", key, got)
		}
	}
	if !again.Within("a", time.Hour, now.Add(time.Minute)) || again.Within("a", time.Hour, now.Add(time.Hour)) || again.Within("a", time.Hour, now.Add(-time.Second)) {
		t.Error("an hour is not an hour")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	for name, text := range map[string]string{"empty": "", "not JSON": "{", "a list": "[]", "null": "null", "times that are none": `{"a": 3}`} {
		other := filepath.Join(dir, name)
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		m := OpenMemory(other)
		m.Note("x", now)
		if OpenMemory(other).At("x").IsZero() {
			t.Errorf("%s: nothing was noted", name)
		}
	}
	m = OpenMemory(filepath.Join(path, "below a file"))
	m.Note("x", now)
	if m.At("x").IsZero() {
		t.Error("what cannot be written is forgotten at once")
	}
}
