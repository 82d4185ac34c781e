package afc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"homeport/cause"
)

// Mode says what a file is opened for.
type Mode uint64

// The modes. Another makes nothing that is not there.
const (
	ReadOnly  Mode = 1
	ReadWrite Mode = 2 // made when it is not there
	WriteOnly Mode = 3 // made, or emptied
)

// ErrTooLarge says that a file holds more than the caller allowed.
var ErrTooLarge = errors.New("file too large")

// Info is what the phone tells of a file. Nothing in it was checked: a file can
// hold more or less than Size by the time that it is read.
type Info struct {
	Size      int64 // 0 when not told
	Dir       bool
	Regular   bool      // an ordinary file; false for links, sockets and the like
	Link      string    // target of a symbolic link; "" for anything else
	ModTime   time.Time // zero when not told
	BirthTime time.Time // when it was made on the phone; zero when not told
}

// File is an open file on the phone. Its methods may be used by one goroutine at
// a time.
type File struct {
	client *Client
	path   string
	handle uint64
}

// Open opens a file. The path is absolute, as the service shows the phone's media
// folder.
func (c *Client) Open(ctx context.Context, path string, mode Mode) (*File, error) {
	args, err := withPath(binary.LittleEndian.AppendUint64(nil, uint64(mode)), path)
	if err != nil {
		return nil, err
	}
	r, err := c.ask(ctx, opOpen, args, nil, maxReply)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := r.expect(opOpened, "open", path); err != nil {
		return nil, err
	}
	if r.value == 0 {
		return nil, senseless("open", path)
	}
	return &File{client: c, path: path, handle: r.value}, nil
}

// Read reads up to 1 MiB of what fits into p. It returns io.EOF at the end.
func (f *File) Read(ctx context.Context, p []byte) (int, error) {
	p = p[:min(len(p), maxRead)]
	if len(p) == 0 {
		return 0, nil
	}
	r, err := f.do(ctx, opRead, uint64(len(p)), len(p), p)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", f.path, err)
	}
	if r.op == opStatus && r.value == StatusEndOfData {
		return 0, io.EOF
	}
	if err := r.expect(opData, "read", f.path); err != nil {
		return 0, err
	}
	switch {
	case len(r.data) == 0:
		return 0, io.EOF
	case len(r.data) > len(p):
		return 0, senseless("read", f.path)
	}
	return copy(p, r.data), nil
}

// Write writes all of p.
func (f *File) Write(ctx context.Context, p []byte) (int, error) {
	written := 0
	for written < len(p) {
		chunk := p[written:min(written+maxChunk, len(p))]
		r, err := f.client.ask(ctx, opWrite, binary.LittleEndian.AppendUint64(nil, f.handle), chunk, maxReply)
		if err != nil {
			return written, fmt.Errorf("write %s: %w", f.path, err)
		}
		if err := r.expect(opStatus, "write", f.path); err != nil {
			return written, err
		}
		written += len(chunk)
	}
	return written, nil
}

// Close closes the file, which gives up its lock. It waits up to 15 s for the
// phone.
func (f *File) Close() error { return f.close(context.Background()) }

func (f *File) close(ctx context.Context) error {
	r, err := f.client.ask(ctx, opClose, binary.LittleEndian.AppendUint64(nil, f.handle), nil, maxReply)
	if err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	return r.expect(opStatus, "close", f.path)
}

// do sends a packet about the file with one more number.
func (f *File) do(ctx context.Context, op operation, word uint64, limit int, room []byte) (reply, error) {
	args := binary.LittleEndian.AppendUint64(nil, f.handle)
	// A status reply fits into the limit of any read.
	return f.client.askInto(ctx, op, binary.LittleEndian.AppendUint64(args, word), nil, max(limit, 8), room)
}

// ReadFile returns a whole file, or ErrTooLarge when it has more than most bytes.
func (c *Client) ReadFile(ctx context.Context, path string, most int) ([]byte, error) {
	f, err := c.Open(ctx, path, ReadOnly)
	if err != nil {
		return nil, err
	}
	data, err := f.readAll(ctx, most)
	return data, errors.Join(err, f.Close())
}

func (f *File) readAll(ctx context.Context, most int) ([]byte, error) {
	var data []byte
	chunk := make([]byte, maxChunk)
	for {
		n, err := f.Read(ctx, chunk)
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if len(data)+n > most {
			return nil, fmt.Errorf("read %s: %w: more than %d bytes", f.path, ErrTooLarge, most)
		}
		data = append(data, chunk[:n]...)
	}
}

// Stat tells about a file or folder.
func (c *Client) Stat(ctx context.Context, path string) (Info, error) {
	words, err := c.words(ctx, opInfo, "stat", path)
	if err != nil {
		return Info{}, err
	}
	var info Info
	for len(words) >= 2 {
		key, value := words[0], words[1]
		words = words[2:]
		switch key {
		case "st_size":
			info.Size = max(0, number(value))
		case "st_ifmt":
			info.Dir, info.Regular = value == "S_IFDIR", value == "S_IFREG"
		case "LinkTarget":
			info.Link = value
		case "st_mtime":
			info.ModTime = stamp(value)
		case "st_birthtime":
			info.BirthTime = stamp(value)
		}
	}
	return info, nil
}

// ReadDir lists the names in a folder, in the phone's order, without "." and "..".
// Names that could lead out of it are left out; odd says how many those were.
func (c *Client) ReadDir(ctx context.Context, path string) (names []string, odd int, err error) {
	words, err := c.words(ctx, opReadDir, "list", path)
	if err != nil {
		return nil, 0, err
	}
	names = words[:0]
	for i, name := range words {
		switch {
		case name == "." && i < 2, name == ".." && i < 2: // every folder begins with them
		case name == "", name == ".", name == "..", strings.ContainsAny(name, `/\`):
			odd++
		default:
			names = append(names, name)
		}
	}
	return names, odd, nil
}

// words asks about a path and splits the answer at its NULs.
func (c *Client) words(ctx context.Context, op operation, verb, path string) ([]string, error) {
	args, err := withPath(nil, path)
	if err != nil {
		return nil, err
	}
	r, err := c.ask(ctx, op, args, nil, maxReply)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, path, err)
	}
	if err := r.expect(opData, verb, path); err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(string(r.data), "\x00")
	switch n := strings.Count(text, "\x00"); {
	case text == "":
		return nil, nil
	case n >= maxNames:
		return nil, cause.New(cause.ProtocolError, cause.Evidence{"layer": "file service"},
			fmt.Errorf("%s %s: %d names, at most %d are believed", verb, path, n+1, maxNames))
	}
	return strings.Split(text, "\x00"), nil
}

// expect makes an error of a refusal, and of a reply of another kind.
func (r reply) expect(op operation, verb, path string) error {
	if r.op == opStatus && r.value != 0 {
		return &StatusError{Op: verb, Path: path, Code: r.value}
	}
	if r.op != op {
		return senseless(verb, path)
	}
	return nil
}

func senseless(verb, path string) error {
	return cause.New(cause.ProtocolError, cause.Evidence{"layer": "file service"},
		fmt.Errorf("%s %s: the reply does not answer", verb, path))
}

// withPath appends a path and its NUL.
func withPath(args []byte, p string) ([]byte, error) {
	if !path.IsAbs(p) || len(p) > maxPath || strings.ContainsRune(p, 0) {
		return nil, fmt.Errorf("name %q: not an absolute path of at most %d bytes", p[:min(len(p), 80)], maxPath)
	}
	return append(append(args, p...), 0), nil
}

// stamp reads nanoseconds since 1970.
func stamp(s string) time.Time {
	ns := number(s)
	if ns <= 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
