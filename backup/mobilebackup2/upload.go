package mobilebackup2

import (
	"fmt"

	"homeport/backup/tree"
	"homeport/cause"
)

// Codes of the blocks in a file stream.
const (
	blockDone       = 0x00
	blockLocalError = 0x06
	blockError      = 0x0B
	blockData       = 0x0C
)

// What is read and dropped is bounded too: after our own failure by maxDrain,
// else by maxIgnored.
const (
	maxDrain   = 1 << 30
	maxIgnored = 16 << 30
)

// upload receives a batch of bodies. Whatever goes wrong with one of them, the
// stream is read to its end, since the phone does not look at us before.
func (s *session) upload(m message) error {
	bad := faults{}
	for {
		more, err := s.uploadFile(bad)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	failed, broken := s.sink.flush()
	for _, f := range failed {
		bad.add(f.rel.String(), f.err)
	}
	if broken != nil {
		s.fail(broken)
	}
	if f, ok := m.percent(2); ok {
		s.prog.percent(f)
	}
	return s.conclude(bad)
}

// uploadFile receives one file; more is false at the end of the batch.
func (s *session) uploadFile(bad faults) (more bool, err error) {
	n, err := s.link.uint32()
	if err != nil || n == 0 {
		return false, err
	}
	if n > maxName {
		return false, protocolError("file name of %d bytes", n)
	}
	// The phone's own name of the file only says where it stopped, if it stops.
	if cap(s.file) < maxName {
		s.file = make([]byte, 0, maxName)
	}
	s.file = s.file[:n]
	if err := s.link.full(s.file); err != nil {
		s.file = s.file[:0]
		return false, err
	}
	path, err := s.name()
	if err != nil {
		return false, err
	}
	rel, err := s.inside(path)
	if err == nil && s.own == nil {
		err = s.claimFile()
	}
	if err != nil {
		bad.add(path, err)
	}
	return true, s.body(rel, path, err == nil && s.own == nil && !s.sink.isBroken())
}

// claimFile takes one name from the budget; running out of it ends the run.
func (s *session) claimFile() error {
	err := s.space.file(s.ctx)
	if err != nil {
		s.fail(err)
	}
	return err
}

// name reads a length and a path.
func (s *session) name() (string, error) {
	n, err := s.link.uint32()
	if err != nil {
		return "", err
	}
	if n == 0 || n > maxName {
		return "", protocolError("destination name of %d bytes", n)
	}
	if cap(s.wants) < maxName {
		s.wants = make([]byte, maxName)
	}
	b := s.wants[:n]
	err = s.link.full(b)
	return string(b), err
}

// body receives the blocks of one file, into the sink if keep is set.
func (s *session) body(rel tree.Rel, path string, keep bool) error {
	r := receiving{s: s, path: path, keep: keep}
	if keep {
		s.sink.begin(rel)
	}
	for {
		n, err := s.link.uint32()
		if err != nil {
			return r.cut(err)
		}
		if n == 0 {
			return r.cut(protocolError("block without a code"))
		}
		code, err := s.link.in.ReadByte()
		if err != nil {
			return r.cut(unexpected(err))
		}
		done, err := r.block(code, int64(n)-1)
		if err != nil {
			return r.cut(err)
		}
		if done {
			return nil
		}
	}
}

// receiving is one body on its way in.
type receiving struct {
	s    *session
	path string
	keep bool // the body is open in the sink
	got  int64
}

// cut ends the body when the stream itself has ended or makes no sense.
func (r *receiving) cut(err error) error {
	r.drop()
	return err
}

func (r *receiving) drop() {
	if r.keep {
		r.s.sink.end(false)
		r.keep = false
	}
}

// block takes one block of n bytes after its code; done says that it was the last.
func (r *receiving) block(code byte, n int64) (done bool, err error) {
	switch code {
	case blockData:
		r.got += n
		return false, r.data(n)
	case blockDone:
		if n > 0 {
			r.s.note("the end of %q carries %d bytes", clip(r.path), n)
			if err := r.ignore(n); err != nil {
				return false, err
			}
		}
		r.finish()
		return true, nil
	case blockError, blockLocalError:
		return true, r.remoteError(n)
	}
	return false, protocolError("block code 0x%02X in a file", code)
}

// finish keeps a body that the phone has called complete.
func (r *receiving) finish() {
	if r.keep {
		r.s.sink.end(true)
		r.keep = false
		r.s.prog.received(0, 1)
	}
}

// remoteError ends a body that the phone could not send. With words it is not
// valid; without any, right after data, some iOS ends a good one so.
func (r *receiving) remoteError(n int64) error {
	if n == 0 && r.got > 0 {
		r.s.note("the phone ended %q with an empty error", clip(r.path))
		r.finish()
		return nil
	}
	r.drop()
	text := make([]byte, min(n, maxText))
	if err := r.s.link.full(text); err != nil {
		return err
	}
	r.s.note("the phone could not send %q: %q", clip(r.path), clip(string(text)))
	return r.ignore(n - int64(len(text)))
}

// data moves n bytes from the link into the sink.
func (r *receiving) data(n int64) error {
	for n > 0 && r.keep {
		room := r.s.sink.space()
		step := int(min(n, int64(len(room))))
		if err := r.s.space.bytes(r.s.ctx, int64(step)); err != nil {
			r.s.fail(err)
			r.drop()
			break
		}
		if err := r.s.link.full(room[:step]); err != nil {
			return err
		}
		r.s.sink.add(step)
		r.s.prog.received(int64(step), 0)
		n -= int64(step)
		if r.s.sink.isBroken() {
			r.drop()
		}
	}
	return r.ignore(n)
}

// ignore reads and drops n bytes.
func (r *receiving) ignore(n int64) error {
	s := r.s
	for n > 0 {
		step := min(n, 1<<20)
		if err := s.link.discard(step); err != nil {
			return err
		}
		n -= step
		s.drained += step
		switch {
		case s.own != nil && s.drained > maxDrain:
			return s.own
		case s.drained > maxIgnored:
			return cause.New(cause.DeviceHostile, nil, fmt.Errorf("more than %d bytes for nowhere", int64(maxIgnored)))
		}
	}
	return nil
}
