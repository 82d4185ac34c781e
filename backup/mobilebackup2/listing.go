package mobilebackup2

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"time"

	"homeport/backup/tree"
)

// A listing answers DLContentsOfDirectory. The phone lists each of the 256
// shards of a backup at every run, some hundred entries each, and a general
// encoder spends more time on that than the disk does. So the frame is written
// directly, as a binary property list of this shape:
//
//	[ "DLMessageStatusResponse", 0, "___EmptyParameterString___",
//	  { name: { DLFileType: ..., DLFileSize: n, DLFileModificationDate: date } } ]
//
// A binary property list is a row of objects, a table of their offsets, and a
// trailer that says how wide offsets and references are. The first objects are
// fixed; each entry then takes four: name, dictionary, size and date.
type listWriter struct {
	buf     []byte
	offsets []uint32
	ref     int // bytes of a reference
}

// The numbers of the fixed objects.
const (
	objRoot = iota
	objStatus
	objCode
	objText
	objDict
	objKeyType
	objKeySize
	objKeyDate
	objRegular
	objFolder
	objUnknown
	objFirst // the first entry's name
)

// appleEpoch is where dates in property lists begin.
var appleEpoch = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

// listing gives the whole frame. Names that no phone can name are left out:
// another program put them there.
func listing(entries []tree.Entry) ([]byte, error) {
	shown := entries[:0:0]
	for _, e := range entries {
		if tree.ValidName(e.Name) {
			shown = append(shown, e)
		}
	}
	objects := objFirst + 4*len(shown)
	w := listWriter{ref: width(objects), offsets: make([]uint32, 0, objects)}
	w.buf = make([]byte, 4, 256+len(shown)*(2+40+1+1+6*4+9+9+4))
	w.buf = append(w.buf, "bplist00"...)
	w.fixed(len(shown))
	for i, e := range shown {
		w.entry(objFirst+4*i, e)
	}
	w.trailer()
	size := len(w.buf) - 4
	if size > maxFrame {
		return nil, fmt.Errorf("a listing of %d entries: %w", len(shown), fs.ErrInvalid)
	}
	binary.BigEndian.PutUint32(w.buf, uint32(size))
	return w.buf, nil
}

// width is how many bytes a number below n needs.
func width(n int) int {
	switch {
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

func (w *listWriter) fixed(entries int) {
	w.begin()
	w.buf = append(w.buf, 0xA4) // array of 4
	w.refs(objStatus, objCode, objText, objDict)
	w.text(statusName)
	w.integer(codeOK)
	w.text(none)
	w.begin()
	w.count(0xD0, entries)
	for i := range entries {
		w.refs(objFirst + 4*i)
	}
	for i := range entries {
		w.refs(objFirst + 4*i + 1)
	}
	for _, s := range []string{"DLFileType", "DLFileSize", "DLFileModificationDate", "DLFileTypeRegular", "DLFileTypeDirectory", "DLFileTypeUnknown"} {
		w.text(s)
	}
}

func (w *listWriter) entry(first int, e tree.Entry) {
	kind := objUnknown
	switch {
	case e.Dir:
		kind = objFolder
	case e.Mode.IsRegular():
		kind = objRegular
	}
	w.text(e.Name)
	w.begin()
	w.buf = append(w.buf, 0xD3) // dictionary of 3
	w.refs(objKeyType, objKeySize, objKeyDate, kind, first+2, first+3)
	w.integer(e.Size)
	w.begin()
	w.buf = append(w.buf, 0x33) // date
	w.buf = binary.BigEndian.AppendUint64(w.buf, math.Float64bits(e.ModTime.Sub(appleEpoch).Seconds()))
}

// begin notes where the next object is.
func (w *listWriter) begin() { w.offsets = append(w.offsets, uint32(len(w.buf)-4)) }

func (w *listWriter) refs(objects ...int) {
	for _, n := range objects {
		w.number(n, w.ref)
	}
}

func (w *listWriter) number(n, bytes int) {
	switch bytes {
	case 1:
		w.buf = append(w.buf, byte(n))
	case 2:
		w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(n))
	default:
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(n))
	}
}

// text writes an ASCII string, which is all that Parse lets through.
func (w *listWriter) text(s string) {
	w.begin()
	w.count(0x50, len(s))
	w.buf = append(w.buf, s...)
}

// count writes a marker with a length.
func (w *listWriter) count(marker byte, n int) {
	if n < 15 {
		w.buf = append(w.buf, marker|byte(n))
		return
	}
	w.buf = append(w.buf, marker|0x0F, 0x12) // the length is a 4-byte integer
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(n))
}

func (w *listWriter) integer(n int64) {
	w.begin()
	w.buf = append(w.buf, 0x13) // 8 bytes
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(n))
}

func (w *listWriter) trailer() {
	table := len(w.buf) - 4
	size := width(table + 1)
	for _, o := range w.offsets {
		w.number(int(o), size)
	}
	w.buf = append(w.buf, 0, 0, 0, 0, 0, 0, byte(size), byte(w.ref))
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(len(w.offsets)))
	w.buf = binary.BigEndian.AppendUint64(w.buf, objRoot)
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(table))
}
