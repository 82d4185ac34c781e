package simulator

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// Simulator is one usbmuxd with the phones behind it. It is safe for concurrent use.
type Simulator struct {
	config Config
	meter  *meter // bytes and faults of the usbmuxd protocol itself

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // every goroutine

	mu        sync.Mutex
	doors     []*door
	phones    []*Phone
	listeners map[*listener]struct{}
	wires     map[*wire]struct{}
	records   map[string][]byte // canonical UDID to the exact bytes that a host saved
	nextID    int
	hung      chan struct{} // closed when usbmuxd answers again; nil while it does
	closed    bool
}

// Start makes the phones, opens the listeners and returns at once. The caller must Close.
func Start(config Config) (*Simulator, error) {
	config, err := config.prepared()
	if err != nil {
		return nil, fmt.Errorf("start simulator: %w", err)
	}
	s := &Simulator{
		config: config, meter: newMeter(),
		listeners: map[*listener]struct{}{}, wires: map[*wire]struct{}{}, records: map[string][]byte{}, nextID: 1,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for i, spec := range config.Phones {
		phone, err := newPhone(s, spec, i)
		if err != nil {
			s.cancel()
			return nil, fmt.Errorf("start simulator: phone %s: %w", spec.UDID, err)
		}
		s.phones = append(s.phones, phone)
	}
	for _, address := range config.Listen {
		d, err := openDoor(address)
		if err != nil {
			_ = s.Close()
			return nil, fmt.Errorf("start simulator: %w", err)
		}
		s.doors = append(s.doors, d)
		s.wg.Go(func() { s.accept(d) })
	}
	for _, phone := range s.phones {
		if !phone.spec.Unplugged {
			phone.Attach()
		}
	}
	return s, nil
}

// Addr is the first listener's address in the form that libusbmuxd takes in USBMUXD_SOCKET_ADDRESS: "127.0.0.1:port" or "UNIX:///path".
func (s *Simulator) Addr() string { return s.doors[0].addr() }

// Addrs are all of them, in the order of Config.Listen.
func (s *Simulator) Addrs() []string {
	var all []string
	for _, d := range s.doors {
		all = append(all, d.addr())
	}
	return all
}

// Phone returns the phone with that UDID (case and dash do not matter), or nil.
func (s *Simulator) Phone(udid string) *Phone {
	for _, p := range s.phones {
		if canonical(p.spec.UDID) == canonical(udid) {
			return p
		}
	}
	return nil
}

// Phones returns every phone, plugged in or not, in the order of Config.Phones.
func (s *Simulator) Phones() []*Phone { return append([]*Phone(nil), s.phones...) }

// Unfired names the planned faults that have not happened (and were not cancelled), the phones' and usbmuxd's own.
func (s *Simulator) Unfired() []string {
	names := s.meter.unfired()
	for _, p := range s.phones {
		for _, name := range p.meter.unfired() {
			names = append(names, p.spec.UDID+": "+name)
		}
	}
	return names
}

// Close drops every connection, stops listening and waits for every goroutine. It returns an error that names the faults that never
// fired: a test whose fault did not happen has tested nothing.
func (s *Simulator) Close() error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	for _, d := range s.doors {
		d.close(true)
	}
	s.dropWires()
	for _, p := range s.phones {
		p.dropWires()
	}
	s.wg.Wait()
	if names := s.Unfired(); len(names) > 0 && !already {
		return fmt.Errorf("close simulator: planned faults that never fired: %q", names)
	}
	return nil
}

// accept serves one door until the simulator closes; a restarted usbmuxd opens it anew.
func (s *Simulator) accept(d *door) {
	for {
		conn, err := d.accept()
		if err != nil {
			return
		}
		s.wg.Go(func() { s.serve(conn) })
	}
}

// serve speaks with one client until it goes.
func (s *Simulator) serve(conn net.Conn) {
	w := newWire(s.ctx, conn)
	w.bind(s.meter, ChannelMux, s.detachAll)
	defer w.Close()
	if !s.register(w) {
		return
	}
	defer s.unregister(w)
	m := &muxConn{sim: s, w: w}
	if err := m.serve(); err != nil {
		s.logf("mux: %v", err)
	}
}

func (s *Simulator) register(w *wire) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wires[w] = struct{}{}
	return true
}

func (s *Simulator) unregister(w *wire) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.wires, w)
}

func (s *Simulator) detachAll() {
	for _, p := range s.phones {
		p.Detach()
	}
}

// dropWires ends every connection at once.
func (s *Simulator) dropWires() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.wires {
		w.drop()
	}
}

func (s *Simulator) logf(format string, args ...any) {
	if s.config.Logf != nil {
		s.config.Logf(format, args...)
	}
}
