package simulator

import (
	"context"
	"sync"
	"sync/atomic"
)

// Channel names what a connection is for, so that bytes can be counted and faults placed.
type Channel string

// The channels. A connection counts as mux until its Connect request has been read and answered.
const (
	ChannelMux      Channel = "mux"      // requests to usbmuxd itself, of every client
	ChannelLockdown Channel = "lockdown" // port 62078
	ChannelNotify   Channel = "notify"   // both notification proxies
	ChannelAFC      Channel = "afc"
	ChannelBackup   Channel = "backup" // com.apple.mobilebackup2
	ChannelOther    Channel = "other"  // every other service
	ChannelAny      Channel = "any"    // all of one phone's channels together; mux is not among them
)

// channels are those that have a counter of their own.
var channels = []Channel{ChannelMux, ChannelLockdown, ChannelNotify, ChannelAFC, ChannelBackup, ChannelOther}

// Traffic counts bytes as they stand on the socket (under TLS: ciphertext), seen from the phone.
type Traffic struct{ In, Out int64 }

// Total is both directions together, the measure that CutAfter and its like count in.
func (t Traffic) Total() int64 { return t.In + t.Out }

// meter counts the bytes of one phone, or of usbmuxd, and holds the faults that watch them.
type meter struct {
	in, out map[Channel]*atomic.Int64

	armed  atomic.Int32 // faults that watch bytes: zero keeps the data path short
	mu     sync.Mutex
	faults []*Played
}

func newMeter() *meter {
	m := &meter{in: map[Channel]*atomic.Int64{}, out: map[Channel]*atomic.Int64{}}
	for _, c := range channels {
		m.in[c], m.out[c] = new(atomic.Int64), new(atomic.Int64)
	}
	return m
}

func (m *meter) traffic(c Channel) Traffic {
	if c != ChannelAny {
		return Traffic{In: m.in[c].Load(), Out: m.out[c].Load()}
	}
	var sum Traffic
	for _, each := range channels {
		sum.In += m.in[each].Load()
		sum.Out += m.out[each].Load()
	}
	return sum
}

func (m *meter) play(fault Fault) *Played {
	p := &Played{fault: fault, done: make(chan struct{}), over: make(chan struct{}), meter: m}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = append(m.faults, p)
	if w, ok := fault.(byteFault); ok {
		p.bytes = w.watch()
		m.armed.Add(1)
	}
	return p
}

// drop ends a fault's watch, whether it fired or was cancelled.
func (m *meter) drop(p *Played) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, each := range m.faults {
		if each == p {
			m.faults = append(m.faults[:i], m.faults[i+1:]...)
			close(p.over)
			if p.bytes != nil {
				m.armed.Add(-1)
			}
			return
		}
	}
}

func (m *meter) unfired() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for _, p := range m.faults {
		if !p.Fired() {
			names = append(names, p.fault.String())
		}
	}
	return names
}

// find returns the first live fault that take accepts; take may use it up.
func (m *meter) find(take func(*Played) bool) *Played {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.faults {
		if take(p) {
			return p
		}
	}
	return nil
}

// watchers are the live faults that watch a channel's bytes.
func (m *meter) watchers(c Channel) []*Played {
	if m.armed.Load() == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []*Played
	for _, p := range m.faults {
		if p.bytes != nil && p.bytes.on(c) {
			found = append(found, p)
		}
	}
	return found
}

// before asks the faults how many of n bytes may pass now; it waits as long as one of them holds the line.
func (m *meter) before(ctx context.Context, c Channel, n int) int {
	for _, p := range m.watchers(c) {
		n = min(n, max(1, p.bytes.before(ctx, p, n)))
	}
	return n
}

// after tells the faults that n bytes passed, and does what one of them then wants done to the connection.
func (m *meter) after(w *wire, c Channel, n int) {
	for _, p := range m.watchers(c) {
		p.bytes.after(w, p, n)
	}
}
