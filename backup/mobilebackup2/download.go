package mobilebackup2

import (
	"encoding/binary"
	"errors"
	"io"

	"homeport/backup/tree"
)

// served is a conversation in which the phone reads files of ours, all of them
// below one folder.
type served struct {
	talk
	home tree.Rel                              // the folder, <UDID>
	open func(tree.Rel) (io.ReadCloser, error) // one of its files
	out  []byte                                // buffer for frames to the phone
	sent int                                   // how often it was sent
}

// outBuffer is what one write to the phone carries: eight frames.
const outBuffer = 8 * (4 + 1 + frameData)

// download sends the files that the phone asks for, each to its end or to its
// error, and goes on with the next: a missing one is normal.
func (s *served) download(m message) error {
	paths, ok := m.paths(1)
	if !ok {
		return s.malformed(m)
	}
	if s.out == nil {
		s.out = make([]byte, 0, outBuffer)
	}
	bad := faults{}
	for _, path := range paths {
		ferr, err := s.sendFile(path)
		if err != nil {
			return err
		}
		if ferr != nil {
			bad.add(path, ferr)
			s.trouble(ferr)
		}
		if s.tooHostile() {
			return s.own
		}
	}
	s.out = binary.BigEndian.AppendUint32(s.out, 0)
	if err := s.flushOut(); err != nil {
		return err
	}
	if f, ok := m.percent(3); ok {
		s.prog.percent(f)
	}
	return s.conclude(bad)
}

// sendFile sends one file. ferr is what kept us from reading it, which the phone
// was told; err is the connection's.
func (s *served) sendFile(path string) (ferr, err error) {
	s.out = binary.BigEndian.AppendUint32(s.out, uint32(len(path)))
	s.out = append(s.out, path...)
	start, sent := len(s.out), s.sent
	if ferr = s.readOut(path, &err); err != nil {
		return nil, err
	}
	if ferr != nil {
		if sent == s.sent {
			s.out = s.out[:start] // of what was read, nothing is out yet
		}
		_, text := statusOf(ferr)
		s.out = binary.BigEndian.AppendUint32(s.out, uint32(len(text)+1))
		s.out = append(s.out, blockLocalError)
		s.out = append(s.out, text...)
	} else {
		s.out = append(s.out, 0, 0, 0, 1, blockDone)
	}
	if len(s.out) > outBuffer/2 {
		return ferr, s.flushOut()
	}
	return ferr, nil
}

// readOut frames the file by what each read brings, so that one that changes its
// length meanwhile breaks nothing.
func (s *served) readOut(path string, linkErr *error) error {
	rel, err := s.inside(path)
	if err != nil {
		return err
	}
	f, err := s.open(rel)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		if cap(s.out)-len(s.out) < 5+frameData {
			if *linkErr = s.flushOut(); *linkErr != nil {
				return nil
			}
		}
		start := len(s.out)
		buf := s.out[start+5 : start+5+frameData]
		n, err := io.ReadFull(f, buf)
		if n > 0 {
			s.out = binary.BigEndian.AppendUint32(s.out, uint32(n+1))
			s.out = append(s.out, blockData)
			s.out = s.out[:start+5+n]
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// flushOut sends what has gathered.
func (s *served) flushOut() error {
	if len(s.out) == 0 {
		return nil
	}
	s.sent++
	err := s.link.write(s.out)
	s.out = s.out[:0]
	return err
}
