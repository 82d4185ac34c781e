package simulator

import (
	"encoding/binary"
	"io"
	"time"
)

// listener is a client that asked for events. Its events are queued, so that one that does not read holds nobody up.
type listener struct {
	program string
	version uint64
	queue   chan map[string]any
}

// link is one way to reach a phone, as usbmuxd lists it.
type link struct {
	id      int
	phone   *Phone
	network bool
}

// listen answers a Listen request: Result 0, one Attached per present link, then whatever happens, until the client goes.
func (m *muxConn) listen(request map[string]any) error {
	version, _ := number(request, "kLibUSBMuxVersion")
	l := &listener{program: text(request, "ProgName"), version: version, queue: make(chan map[string]any, muxEventQueue)}
	// From the answer on nothing is missed, as with usbmuxd, which does both in one step.
	m.sim.subscribe(l)
	defer m.sim.unsubscribe(l)
	if err := m.result(resultOK); err != nil {
		return err
	}
	m.sim.wg.Go(func() { // a listener sends nothing more: only its end matters
		_, _ = io.Copy(io.Discard, m.w)
		m.w.cancel()
	})
	for {
		select {
		case event := <-l.queue:
			_ = m.w.SetWriteDeadline(time.Now().Add(writeLimit))
			if err := m.send(event, 0); err != nil {
				return err
			}
		case <-m.w.ctx.Done():
			return errLeave
		}
	}
}

// subscribe adds a listener together with the list of what is there now, so that it misses nothing and hears nothing twice.
func (s *Simulator) subscribe(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.linksLocked() {
		l.queue <- each.attached()
	}
	s.listeners[l] = struct{}{}
}

func (s *Simulator) unsubscribe(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// broadcast tells every listener. One whose queue is full misses the event.
func (s *Simulator) broadcast(event map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broadcastLocked(event)
}

func (s *Simulator) broadcastLocked(event map[string]any) {
	for l := range s.listeners {
		select {
		case l.queue <- event:
		default:
			s.logf("mux: listener %q does not read", l.program)
		}
	}
}

func (s *Simulator) listenerList() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []any{}
	for l := range s.listeners {
		list = append(list, map[string]any{
			"Blacklisted": false, "BundleID": "", "ConnType": 0, "ID String": l.program, "ProgName": l.program, "kLibUSBMuxVersion": l.version,
		})
	}
	return list
}

// plug gives a phone's links their numbers and tells the listeners.
func (s *Simulator) plug(p *Phone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p.ids) > 0 {
		return
	}
	s.numberLocked(p)
	for _, each := range s.linksLocked() {
		if each.phone == p {
			s.broadcastLocked(each.attached())
		}
	}
}

func (s *Simulator) numberLocked(p *Phone) {
	p.ids = nil
	for range p.connections() {
		p.ids = append(p.ids, s.nextID)
		s.nextID++
	}
}

// unplug takes a phone's links away and tells the listeners.
func (s *Simulator) unplug(p *Phone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range p.ids {
		s.broadcastLocked(map[string]any{"MessageType": "Detached", "DeviceID": id})
	}
	p.ids = nil
}

func (s *Simulator) links() []link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.linksLocked()
}

func (s *Simulator) linksLocked() []link {
	var all []link
	for _, p := range s.phones {
		for i, id := range p.ids {
			all = append(all, link{id: id, phone: p, network: p.connections()[i] == "Network"})
		}
	}
	return all
}

func (s *Simulator) phoneByLink(id int) *Phone {
	for _, each := range s.links() {
		if each.id == id {
			return each.phone
		}
	}
	return nil
}

// attached is the link's entry in a list and its Attached event, which are the same.
func (l link) attached() map[string]any {
	spec := l.phone.spec
	properties := map[string]any{
		"ConnectionType": "USB", "DeviceID": l.id, "SerialNumber": spec.UDID, "UDID": spec.UDID,
	}
	if l.network {
		properties["ConnectionType"] = "Network"
		properties["NetworkAddress"] = bsdLoopback()
		properties["EscapedFullServiceName"] = "02:00:00:00:00:01@fe80::1-supportsRP._apple-mobdev2._tcp.local."
		properties["InterfaceIndex"] = 1
	} else {
		properties["ConnectionSpeed"] = spec.Speed
		properties["ProductID"] = spec.ProductID
		properties["LocationID"] = spec.LocationID
		properties["USBSerialNumber"] = canonical(spec.UDID)
	}
	return map[string]any{"MessageType": "Attached", "DeviceID": l.id, "Properties": properties}
}

// bsdLoopback is 127.0.0.1:62078 as a BSD sockaddr_in: length, family, port, address, padding.
func bsdLoopback() []byte {
	address := make([]byte, 16)
	address[0], address[1] = 16, 2
	binary.BigEndian.PutUint16(address[2:], lockdownPort)
	copy(address[4:], []byte{127, 0, 0, 1})
	return address
}
