package store

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"homeport/backup/tree"
)

// sum is the SHA-256 of a file.
type sum = [sha256.Size]byte

// maxSumsLine bounds a line of SHA256SUMS: 64 digits, two spaces, a path.
const maxSumsLine = 8 << 10

var errSums = errors.New("not in the format of sha256sum, sorted")

// sumsReader reads SHA256SUMS line by line and hashes it on the way. It refuses
// lines that are not in order, so that a merge with a sorted walk is safe.
type sumsReader struct {
	in    *bufio.Scanner
	hash  hash.Hash
	path  string // of the current line; "" after the end
	sum   sum
	lines int
	err   error
}

func newSumsReader(r io.Reader) *sumsReader {
	h := sha256.New()
	in := bufio.NewScanner(io.TeeReader(r, h))
	in.Buffer(make([]byte, 0, 64<<10), maxSumsLine)
	return &sumsReader{in: in, hash: h}
}

// next goes to the next line and says whether there is one.
func (r *sumsReader) next() bool {
	if r.err != nil {
		return false
	}
	if !r.in.Scan() {
		r.path, r.err = "", r.in.Err()
		return false
	}
	line := r.in.Bytes()
	if len(line) < 67 || line[64] != ' ' || line[65] != ' ' {
		return r.fail()
	}
	if _, err := hex.Decode(r.sum[:], line[:64]); err != nil {
		return r.fail()
	}
	path := string(line[66:])
	if path <= r.path {
		return r.fail()
	}
	r.path = path
	r.lines++
	return true
}

func (r *sumsReader) fail() bool {
	r.path = ""
	r.err = fmt.Errorf("read %s, line %d: %w", sumsName, r.lines+1, errSums)
	return false
}

// seek goes forward to path and says whether there is a line for it. Paths have
// to be asked for in order.
func (r *sumsReader) seek(path string) bool {
	for r.path < path || r.lines == 0 {
		if !r.next() {
			return false
		}
	}
	return r.path == path
}

// finish reads to the end and returns the SHA-256 of the whole file in hex.
func (r *sumsReader) finish() (string, error) {
	for r.next() {
	}
	return hex.EncodeToString(r.hash.Sum(nil)), r.err
}

// sumsWriter writes SHA256SUMS. Lines have to come in order.
type sumsWriter struct {
	file  tree.File
	out   *bufio.Writer
	hash  hash.Hash
	lines int
	bytes int64
	hex   [64]byte
}

// createSums begins a new list under the name that the seal has until it is
// durable.
func createSums(d tree.Dir) (*sumsWriter, error) {
	if err := removeAll(d, sumsName+freshSuffix); err != nil {
		return nil, err
	}
	f, err := d.Create(sumsName + freshSuffix)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	return &sumsWriter{file: f, hash: h, out: bufio.NewWriterSize(io.MultiWriter(f, h), 64<<10)}, nil
}

func (w *sumsWriter) add(path string, s sum) error {
	hex.Encode(w.hex[:], s[:])
	w.lines++
	w.bytes += int64(len(w.hex) + 2 + len(path) + 1)
	_, _ = w.out.Write(w.hex[:])
	_, _ = w.out.WriteString("  ")
	_, _ = w.out.WriteString(path)
	return w.out.WriteByte('\n') // a bufio.Writer keeps its first error
}

// finish makes the list durable, still under its first name, and returns its
// SHA-256 in hex.
func (w *sumsWriter) finish() (string, error) {
	if err := w.out.Flush(); err != nil {
		_ = w.file.Close()
		return "", err
	}
	if err := finishFile(w.file, w.bytes); err != nil {
		return "", err
	}
	return hex.EncodeToString(w.hash.Sum(nil)), nil
}

func (w *sumsWriter) abort() { _ = w.file.Close() }
