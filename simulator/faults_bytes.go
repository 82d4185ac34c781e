package simulator

import (
	"context"
	"fmt"
	"time"
)

// CutKind is how a connection ends.
type CutKind string

// The three ways.
const (
	FIN      CutKind = "fin"      // the connection that carried the last byte ends in order
	RST      CutKind = "rst"      // it is reset (on a unix socket: closed at once)
	Detached CutKind = "detached" // the cable is pulled: every connection of the phone ends and usbmuxd sends Detached
)

// CutAfter is the Fault that cuts when Bytes bytes, both directions together, have passed on Channel since it was played. With 0 bytes
// it cuts when the channel opens. On ChannelMux it must be played on the Simulator, and Detached pulls every cable.
type CutAfter struct {
	Channel Channel
	Bytes   int64
	Kind    CutKind
}

func (f CutAfter) fault() {}

// String names the fault.
func (f CutAfter) String() string { return fmt.Sprintf("cut %s %d %s", f.Channel, f.Bytes, f.Kind) }

func (f CutAfter) watch() byteWatch {
	return &cutWatch{counted: counted{channel: f.Channel, left: f.Bytes}, kind: f.Kind}
}

type cutWatch struct {
	counted
	kind CutKind
}

func (c *cutWatch) before(_ context.Context, _ *Played, n int) int { return c.room(n) }

func (c *cutWatch) after(w *wire, p *Played, n int) {
	if !c.pass(n) {
		return
	}
	p.fired()
	p.meter.drop(p)
	switch c.kind {
	case FIN:
		w.finish()
	case RST:
		w.reset()
	default:
		w.lane.Load().unplug()
	}
}

// Stall is the Fault that stops all bytes on Channel once Bytes have passed: for For, or until Played.Cancel when For is 0.
type Stall struct {
	Channel Channel
	Bytes   int64
	For     time.Duration
}

func (f Stall) fault() {}

// String names the fault.
func (f Stall) String() string { return fmt.Sprintf("stall %s %d %v", f.Channel, f.Bytes, f.For) }

func (f Stall) watch() byteWatch {
	return &stallWatch{counted: counted{channel: f.Channel, left: f.Bytes}, length: f.For}
}

type stallWatch struct {
	counted
	length time.Duration
}

func (s *stallWatch) before(ctx context.Context, p *Played, n int) int {
	if room := s.room(n); room > 0 {
		return room
	}
	p.fired()
	s.wait(ctx, p)
	return n
}

func (s *stallWatch) wait(ctx context.Context, p *Played) {
	var timer <-chan time.Time
	if s.length > 0 {
		t := time.NewTimer(s.length)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
		p.meter.drop(p)
	case <-p.over:
	case <-ctx.Done():
	}
}

func (s *stallWatch) after(_ *wire, p *Played, n int) {
	if s.pass(n) {
		p.fired()
	}
}

// SlowLink is the Fault that lets no more than BytesPerSecond pass on Channel, both directions together, until it is cancelled.
type SlowLink struct {
	Channel        Channel
	BytesPerSecond int64
}

func (f SlowLink) fault() {}

// String names the fault.
func (f SlowLink) String() string { return fmt.Sprintf("slow %s %d", f.Channel, f.BytesPerSecond) }

func (f SlowLink) watch() byteWatch {
	return &slowWatch{counted: counted{channel: f.Channel}, rate: max(f.BytesPerSecond, 1)}
}

// slowCredit is how much of an unused line may be made up for.
const slowCredit = 20 * time.Millisecond

type slowWatch struct {
	counted
	rate int64
	free time.Time // guarded by counted.mu: when the line is free again
}

// before waits for the line and lets a fiftieth of a second's worth pass.
func (s *slowWatch) before(ctx context.Context, p *Played, n int) int {
	n = min(n, int(max(s.rate/50, 1)))
	s.mu.Lock()
	wait := time.Until(s.free)
	s.mu.Unlock()
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-p.over:
		case <-ctx.Done():
		}
	}
	return n
}

func (s *slowWatch) after(_ *wire, p *Played, n int) {
	p.fired()
	s.mu.Lock()
	defer s.mu.Unlock()
	// A sleep lasts longer than it was asked for; without some credit the line
	// would be several times slower than its rate.
	if earliest := time.Now().Add(-slowCredit); s.free.Before(earliest) {
		s.free = earliest
	}
	s.free = s.free.Add(time.Duration(n) * time.Second / time.Duration(s.rate))
}

// SplitBytes is the Fault that passes bytes on Channel in pieces of at most Size (0 means 1), until it is cancelled.
type SplitBytes struct {
	Channel Channel
	Size    int
}

func (f SplitBytes) fault() {}

// String names the fault.
func (f SplitBytes) String() string { return fmt.Sprintf("split %s %d", f.Channel, max(f.Size, 1)) }

func (f SplitBytes) watch() byteWatch {
	return &splitWatch{counted: counted{channel: f.Channel}, size: max(f.Size, 1)}
}

type splitWatch struct {
	counted
	size int
}

func (s *splitWatch) before(_ context.Context, _ *Played, n int) int { return min(n, s.size) }

func (s *splitWatch) after(_ *wire, p *Played, n int) {
	if n > 0 {
		p.fired()
	}
}
