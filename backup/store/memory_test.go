package store

import (
	"sync"
	"sync/atomic"
	"testing"
)

// memory is what a phone remembers of a run: the bodies that it was told are
// written. In a run that goes on where that one ended it sends none of them again,
// whatever has become of them on the disk: one that is lost altogether stays lost.
type memory struct {
	mu   sync.Mutex
	told []acked
}

// acked is one body that was acknowledged, when the disk had come to a point.
type acked struct {
	body, data string
	point      int
}

// memories are those of the phones, by the folder of the store.
var memories sync.Map

// relied counts the bodies that phones did not send again.
var relied atomic.Int64

func memoryOf(dir string) *memory {
	m, _ := memories.LoadOrStore(dir, &memory{})
	return m.(*memory)
}

// inherit gives the phone of a copied disk what that of another knew at a point.
func inherit(t testing.TB, dir, from string, point int) {
	t.Helper()
	m := memoryOf(from).until(point)
	memories.Store(dir, m)
	t.Cleanup(func() { memories.Delete(dir) })
}

// until is what was told before a point.
func (m *memory) until(point int) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	early := &memory{}
	for _, e := range m.told {
		if e.point <= point {
			early.told = append(early.told, acked{e.body, e.data, 0})
		}
	}
	return early
}

func (m *memory) add(body, data string, point int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, acked{body, data, point})
}

func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = nil
}

// knows tells whether the last that was acknowledged of a body are these bytes.
func (m *memory) knows(body, data string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.told) - 1; i >= 0; i-- {
		if m.told[i].body == body {
			return m.told[i].data == data
		}
	}
	return false
}
