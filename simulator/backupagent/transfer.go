package backupagent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strings"
)

const (
	maxPlist = 16 << 20 // a plist file from the host
	maxName  = 4096
)

// download asks the host for files and gives each to the sink of its index. It
// answers the DeviceLink code of each; the error is one of the wire, or of sink,
// and then the stream is not read to its end.
func (s *session) download(progress float64, paths []string, sink func(int) (io.Writer, error)) ([]int64, error) {
	if err := s.send("DLMessageDownloadFiles", paths, map[string]any{}, progress); err != nil {
		return nil, err
	}
	at := make(map[string]int, len(paths))
	codes := make([]int64, len(paths))
	for i, p := range paths {
		at[p], codes[i] = i, dlOther
	}
	for {
		n, err := s.readU32()
		if err != nil {
			return nil, cut(err)
		}
		if n == 0 {
			break
		}
		name, err := s.text(n)
		if err != nil {
			return nil, err
		}
		i, ok := at[name]
		if !ok {
			return nil, fmt.Errorf("download: host sent %q, which was not asked for", name)
		}
		w, err := sink(i)
		if err != nil {
			return nil, err
		}
		var length int64
		if codes[i], length, err = s.receiveFile(w); err != nil {
			return nil, err
		}
		s.tellFile(name, codes[i], length)
	}
	r, err := s.reply()
	if err != nil {
		return nil, err
	}
	return settle(codes, paths, r), nil
}

// settle joins what the stream said of each file with what the reply says.
func settle(codes []int64, paths []string, r reply) []int64 {
	told := r.perPath()
	for i, p := range paths {
		if code, ok := told[p]; ok {
			codes[i] = code
		} else if codes[i] != dlOK && r.code != dlOK && r.code != dlMulti {
			codes[i] = r.code
		}
	}
	return codes
}

func (s *session) text(n uint32) (string, error) {
	if n > maxName {
		return "", fmt.Errorf("read name: announced %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(s.r, b); err != nil {
		return "", cut(err)
	}
	return string(b), nil
}

// receiveFile reads the frames of one file; length counts its bytes.
func (s *session) receiveFile(w io.Writer) (code, length int64, err error) {
	for {
		n, err := s.readU32()
		if err != nil {
			return 0, 0, cut(err)
		}
		if n == 0 {
			return 0, 0, errors.New("read file: frame without a code")
		}
		code, err := s.r.ReadByte()
		if err != nil {
			return 0, 0, cut(err)
		}
		switch code {
		case frameEnd:
			return dlOK, length, nil
		case frameData:
			if _, err := io.CopyN(w, s.r, int64(n)-1); err != nil {
				return 0, 0, cut(err)
			}
			length += int64(n) - 1
		case frameLocal:
			if _, err := s.r.Discard(int(n) - 1); err != nil {
				return 0, 0, cut(err)
			}
			return dlOther, length, nil
		default:
			return 0, 0, fmt.Errorf("read file: frame with code %#x", code)
		}
	}
}

// downloadPlist reads one small file whole.
func (s *session) downloadPlist(path string) ([]byte, int64, error) {
	var b bytes.Buffer
	codes, err := s.download(0, []string{path}, func(int) (io.Writer, error) { return &limited{&b, maxPlist}, nil })
	if err != nil {
		return nil, 0, err
	}
	return b.Bytes(), codes[0], nil
}

// limited fails when more than left bytes are written.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, errors.New("file is too long")
	}
	l.left -= len(p)
	return l.w.Write(p)
}

// name buffers the two names of a file: the phone's own, which only informs, and
// the one in the backup.
func (s *session) name(own []byte, dst string) error {
	if err := s.room(8 + len(own) + len(dst)); err != nil {
		return err
	}
	s.u32(len(own))
	s.out = append(s.out, own...)
	s.u32(len(dst))
	s.out = append(s.out, dst...)
	return nil
}

// finishUpload ends a batch and waits for the host's word on it.
func (s *session) finishUpload() error {
	if err := s.room(4); err != nil {
		return err
	}
	s.u32(0)
	if err := s.flush(); err != nil {
		return err
	}
	return s.accepted("store files")
}

// uploadOne sends a single file of n bytes.
func (s *session) uploadOne(progress float64, dst string, r io.Reader, n int64) error {
	if err := s.put("DLMessageUploadFiles", map[string]any{}, progress, uint64(n)); err != nil {
		return err
	}
	own := "/.ba/" + path.Base(dst)
	if err := s.name([]byte(own), dst); err != nil {
		return err
	}
	if err := s.stream(r, s.agent.Frame); err != nil {
		return err
	}
	return s.finishUpload()
}

// accepted reads the reply to a change and is nil when the host made it.
func (s *session) accepted(what string, tolerated ...int64) error {
	r, err := s.reply()
	if err != nil {
		return err
	}
	code := r.worst()
	for _, t := range tolerated {
		if code == t {
			return nil
		}
	}
	if code != dlOK {
		return onWrite(code, what)
	}
	return nil
}

// batch is how many files go into one Upload, Move or Remove message.
const batch = 128

func (s *session) createDirectory(path string) error {
	if err := s.send("DLMessageCreateDirectory", path); err != nil {
		return err
	}
	return s.accepted("make a directory", dlExists)
}

func (s *session) move(items pairs, progress float64) error {
	if err := s.send("DLMessageMoveItems", items, map[string]any{}, progress); err != nil {
		return err
	}
	return s.accepted("move files")
}

func (s *session) remove(paths []string, progress float64) error {
	for len(paths) > 0 {
		n := min(batch, len(paths))
		if err := s.send("DLMessageRemoveItems", paths[:n], map[string]any{}, progress); err != nil {
			return err
		}
		if err := s.accepted("remove files", dlNotFound); err != nil {
			return err
		}
		paths = paths[n:]
	}
	return nil
}

// The space rule: a backup wants what it will send and spare, and asks the host
// for slack more than it lacks.
const (
	spare       = 128 << 20
	slack       = 2 << 30
	urgency     = 4
	unknownFree = math.MaxInt64
)

// freeSpace asks for the host's; a host that cannot tell is taken to have enough.
func (s *session) freeSpace() (int64, error) {
	if err := s.send("DLMessageGetFreeDiskSpace"); err != nil {
		return 0, err
	}
	r, err := s.reply()
	if err != nil {
		return 0, err
	}
	free, ok := integer(r.payload)
	if r.code != dlOK || !ok {
		return unknownFree, nil
	}
	return free, nil
}

// needSpace ends the request unless the host has room for n bytes.
func (s *session) needSpace(n int64) error {
	for asked := false; ; asked = true {
		free, err := s.freeSpace()
		if err != nil {
			return err
		}
		lack := n + spare - free
		switch {
		case lack < 0:
			return nil
		case asked:
			return fail(codeHostFull)
		}
		if err := s.send("DLMessagePurgeDiskSpace", uint64(lack+slack), urgency); err != nil {
			return err
		}
		r, err := s.reply()
		if err != nil {
			return err
		}
		if r.code != dlOK {
			return fail(codeHostFull)
		}
	}
}

// isID says whether name is that of a body.
func isID(name string) bool {
	return len(name) == 40 && strings.Trim(name, "0123456789abcdef") == ""
}
