package simulator

import (
	"fmt"
	"time"
)

// daemonFault is a fault of usbmuxd itself, played with Simulator.Play.
type daemonFault interface {
	Fault
	begin(s *Simulator, p *Played)
}

// MuxRestart is the Fault that kills usbmuxd at once: every connection ends without a Detached, connecting is refused (a unix socket
// stays behind, stale), and after Down the daemon listens at the same address again with the phones under new numbers from 1.
type MuxRestart struct{ Down time.Duration }

func (f MuxRestart) fault() {}

// String names the fault.
func (f MuxRestart) String() string { return fmt.Sprintf("mux-restart %v", f.Down) }

func (f MuxRestart) begin(s *Simulator, p *Played) {
	s.killMux()
	p.fired()
	s.after(f.Down, func() { s.reviveMux(p) })
}

// MuxHang is the Fault that makes usbmuxd answer no request for For, although it accepts connections; tunnels go on. 0 means until
// Played.Cancel.
type MuxHang struct{ For time.Duration }

func (f MuxHang) fault() {}

// String names the fault.
func (f MuxHang) String() string { return fmt.Sprintf("mux-hang %v", f.For) }

func (f MuxHang) begin(s *Simulator, p *Played) {
	hung := make(chan struct{})
	s.mu.Lock()
	s.hung = hung
	s.mu.Unlock()
	p.fired()
	end := func() {
		s.mu.Lock()
		if s.hung == hung {
			s.hung = nil
			close(hung)
		}
		s.mu.Unlock()
		s.meter.drop(p)
	}
	s.wg.Go(func() {
		var over <-chan time.Time
		if f.For > 0 {
			timer := time.NewTimer(f.For)
			defer timer.Stop()
			over = timer.C
		}
		select {
		case <-over:
		case <-p.over:
		case <-s.ctx.Done():
		}
		end()
	})
}

// BadListEntry is the Fault that adds an entry to every device list, until it is cancelled: Entry, or one without the Properties that
// usbmuxd always sends when it is nil.
type BadListEntry struct{ Entry any }

func (f BadListEntry) fault() {}

// String names the fault.
func (f BadListEntry) String() string { return "mux-bad-entry" }

// MuxReply is the Fault that answers requests to usbmuxd with nonsense: with Reply in place of the answer, or the right answer under a
// tag that is off by TagShift. It does so Times times (0 means once).
type MuxReply struct {
	Request  string // "ListDevices", "Listen", "Connect" ...; "" means any
	Reply    map[string]any
	TagShift uint32
	Times    int
}

func (f MuxReply) fault() {}

// String names the fault.
func (f MuxReply) String() string { return fmt.Sprintf("mux-reply %q %d", f.Request, max(f.Times, 1)) }

// Play plans faults of usbmuxd: MuxRestart and MuxHang begin at once; the byte faults count on ChannelMux.
func (s *Simulator) Play(faults ...Fault) []*Played {
	var all []*Played
	for _, f := range faults {
		p := s.meter.play(f)
		all = append(all, p)
		if daemon, ok := f.(daemonFault); ok {
			daemon.begin(s, p)
		}
	}
	return all
}

// Traffic counts the bytes of requests to usbmuxd and their answers, of all clients.
func (s *Simulator) Traffic() Traffic { return s.meter.traffic(ChannelMux) }

// nonsense is what a MuxReply does to one answer.
type nonsense struct {
	reply    map[string]any
	tagShift uint32
}

func (m *meter) takeMux(request string) *nonsense {
	p := m.take(func(f Fault) (int, bool) {
		r, ok := f.(MuxReply)
		return max(r.Times, 1), ok && (r.Request == "" || r.Request == request)
	})
	if p == nil {
		return nil
	}
	f := p.fault.(MuxReply)
	return &nonsense{reply: f.Reply, tagShift: f.TagShift}
}

// badEntries are the entries that faults add to a device list.
func (m *meter) badEntries() []any {
	var entries []any
	m.find(func(p *Played) bool {
		if bad, ok := p.fault.(BadListEntry); ok {
			p.fired()
			if bad.Entry == nil {
				bad.Entry = map[string]any{"MessageType": "Attached", "DeviceID": 99}
			}
			entries = append(entries, bad.Entry)
		}
		return false
	})
	return entries
}

// killMux closes the doors and drops every connection, tunnels too, without a word.
func (s *Simulator) killMux() {
	for _, d := range s.doors {
		d.close(false)
	}
	s.mu.Lock()
	clear(s.listeners)
	s.mu.Unlock()
	s.dropWires()
}

// reviveMux opens the doors again and numbers the phones that are plugged in anew, as a fresh daemon does.
func (s *Simulator) reviveMux(p *Played) {
	s.mu.Lock()
	s.nextID = 1
	for _, phone := range s.phones {
		if len(phone.ids) > 0 {
			s.numberLocked(phone)
		}
	}
	s.mu.Unlock()
	for _, d := range s.doors {
		if err := d.open(); err != nil {
			s.logf("mux: %v", err)
		}
	}
	s.meter.drop(p)
}

// after runs f after d, unless the simulator closes first.
func (s *Simulator) after(d time.Duration, f func()) {
	s.wg.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			f()
		case <-s.ctx.Done():
		}
	})
}
