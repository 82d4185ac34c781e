package simulator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"howett.net/plist"
)

// The header of usbmuxd's protocol: four little-endian words (length with the header, version, message, tag).
const (
	muxHeader     = 16
	muxMaxLength  = 0x10000
	muxVersion    = 1
	muxPlist      = 8
	muxResult     = 1
	muxEventQueue = 256
)

// Result numbers. Pair-record requests answer an errno in the same place.
const (
	resultOK         = 0
	resultBadCommand = 1
	resultBadDevice  = 2
	resultRefused    = 3
	resultBadVersion = 6
	errnoNoEntry     = 2
	errnoInvalid     = 22
)

// muxConn is one client of usbmuxd, until it turns into a tunnel or a listener.
type muxConn struct {
	sim *Simulator
	w   *wire
	tag uint32 // of the request being answered
}

// errLeave ends a connection without a complaint.
var errLeave = errors.New("done")

func (m *muxConn) serve() error {
	for {
		request, err := m.read()
		if err == nil {
			err = m.answer(request)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, errLeave) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// read returns the next request. What is not a property list of version 1 is answered here.
func (m *muxConn) read() (map[string]any, error) {
	var head [muxHeader]byte
	if _, err := io.ReadFull(m.w, head[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(head[0:])
	version := binary.LittleEndian.Uint32(head[4:])
	message := binary.LittleEndian.Uint32(head[8:])
	m.tag = binary.LittleEndian.Uint32(head[12:])
	if length < muxHeader || length > muxMaxLength {
		return nil, fmt.Errorf("request of %d bytes: %w", length, errTooLong)
	}
	body := make([]byte, length-muxHeader)
	if _, err := io.ReadFull(m.w, body); err != nil {
		return nil, err
	}
	if version != muxVersion {
		if err := m.badVersion(version); err != nil {
			return nil, err
		}
		return nil, errLeave
	}
	if message != muxPlist {
		return map[string]any{}, nil // answered like an unknown request
	}
	request, err := decodePlist(body)
	if err != nil {
		return map[string]any{}, nil
	}
	return request, nil
}

// badVersion refuses the old binary protocol in its own form.
func (m *muxConn) badVersion(version uint32) error {
	reply := make([]byte, 0, muxHeader+4)
	for _, word := range []uint32{muxHeader + 4, version, muxResult, m.tag, resultBadVersion} {
		reply = binary.LittleEndian.AppendUint32(reply, word)
	}
	_, err := m.w.Write(reply)
	return err
}

// send writes one message to the client in a single write.
func (m *muxConn) send(dict map[string]any, tag uint32) error {
	frame, err := muxFrame(dict, tag)
	if err != nil {
		return err
	}
	_, err = m.w.Write(frame)
	return err
}

func muxFrame(dict map[string]any, tag uint32) ([]byte, error) {
	body, err := plist.Marshal(dict, plist.XMLFormat)
	if err != nil {
		return nil, fmt.Errorf("encode plist: %w", err)
	}
	frame := make([]byte, 0, muxHeader+len(body))
	for _, word := range []uint32{uint32(muxHeader + len(body)), muxVersion, muxPlist, tag} {
		frame = binary.LittleEndian.AppendUint32(frame, word)
	}
	return append(frame, body...), nil
}

func (m *muxConn) result(number int) error {
	return m.send(map[string]any{"MessageType": "Result", "Number": number}, m.tag)
}

// answer answers one request. errLeave means that the connection has served its purpose.
func (m *muxConn) answer(request map[string]any) error {
	kind := text(request, "MessageType")
	if err := m.sim.whileHung(m.w); err != nil {
		return err
	}
	if played := m.sim.meter.takeMux(kind); played != nil {
		m.tag += played.tagShift
		if played.reply != nil {
			return m.send(played.reply, m.tag)
		}
	}
	switch kind {
	case "ListDevices":
		return m.listDevices()
	case "Listen":
		return m.listen(request)
	case "ListListeners":
		return m.send(map[string]any{"ListenerList": m.sim.listenerList()}, m.tag)
	case "Connect":
		return m.connect(request)
	case "ReadBUID":
		return m.send(map[string]any{"BUID": m.sim.config.BUID}, m.tag)
	case "ReadPairRecord":
		return m.readPairRecord(request)
	case "SavePairRecord":
		return m.savePairRecord(request)
	case "DeletePairRecord":
		return m.deletePairRecord(request)
	default:
		return m.result(resultBadCommand)
	}
}

func (m *muxConn) listDevices() error {
	list := []any{}
	for _, link := range m.sim.links() {
		list = append(list, link.attached())
	}
	list = append(list, m.sim.meter.badEntries()...)
	return m.send(map[string]any{"DeviceList": list}, m.tag)
}

// connect turns the connection into a tunnel to a port of a phone. The port comes in network byte order.
func (m *muxConn) connect(request map[string]any) error {
	id, _ := number(request, "DeviceID")
	swapped, ok := number(request, "PortNumber")
	if !ok || swapped > 0xffff {
		return m.result(resultBadCommand)
	}
	phone := m.sim.phoneByLink(int(id))
	if phone == nil {
		return m.result(resultBadDevice)
	}
	port := uint16(swapped)>>8 | uint16(swapped)<<8
	serve, channel := phone.port(port)
	if serve == nil {
		return m.result(resultRefused)
	}
	if err := m.result(resultOK); err != nil {
		return err
	}
	if !phone.hold(m.w) {
		return errLeave
	}
	defer phone.release(m.w)
	m.w.bind(phone.meter, channel, phone.Detach)
	serve(m.w)
	return errLeave
}

func (m *muxConn) readPairRecord(request map[string]any) error {
	udid := text(request, "PairRecordID")
	if udid == "" {
		return m.result(errnoInvalid)
	}
	data := m.sim.PairRecord(udid)
	if data == nil {
		return m.result(errnoNoEntry)
	}
	return m.send(map[string]any{"PairRecordData": data}, m.tag)
}

func (m *muxConn) savePairRecord(request map[string]any) error {
	udid, data := text(request, "PairRecordID"), blob(request, "PairRecordData")
	if udid == "" || len(data) == 0 {
		return m.result(errnoInvalid)
	}
	m.sim.SetPairRecord(udid, data)
	if err := m.result(resultOK); err != nil {
		return err
	}
	if id, ok := number(request, "DeviceID"); ok && m.sim.phoneByLink(int(id)) != nil {
		m.sim.broadcast(map[string]any{"MessageType": "Paired", "DeviceID": int(id)})
	}
	return nil
}

func (m *muxConn) deletePairRecord(request map[string]any) error {
	udid := text(request, "PairRecordID")
	if m.sim.PairRecord(udid) == nil {
		return m.result(errnoNoEntry)
	}
	m.sim.SetPairRecord(udid, nil)
	return m.result(resultOK)
}

// PairRecord returns the exact bytes that a host saved for a phone, or nil.
func (s *Simulator) PairRecord(udid string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records[canonical(udid)]
}

// SetPairRecord replaces usbmuxd's record of a phone with any bytes; nil takes it away.
func (s *Simulator) SetPairRecord(udid string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data == nil {
		delete(s.records, canonical(udid))
		return
	}
	s.records[canonical(udid)] = append([]byte(nil), data...)
}

// whileHung waits as long as usbmuxd does not answer, or fails when the client gives up first.
func (s *Simulator) whileHung(w *wire) error {
	s.mu.Lock()
	hung := s.hung
	s.mu.Unlock()
	if hung == nil {
		return nil
	}
	select {
	case <-hung:
		return nil
	case <-w.ctx.Done():
		return errLeave
	}
}

// writeLimit is how long a host may leave an event unread before its connection is dropped.
const writeLimit = 5 * time.Second
