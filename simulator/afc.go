package simulator

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// AFC: a 40-byte little-endian header (magic, entire length, length with the arguments, packet number, operation), arguments, payload.
const (
	afcMagic   = "CFA6LPAA"
	afcHeader  = 40
	afcMaxSize = 16 << 20 // of one packet
	afcMaxRead = 4 << 20  // of one answer
	afcMaxOpen = 256      // handles of one connection
)

// AFC's operations.
const (
	opStatus     = 0x01
	opData       = 0x02
	opReadDir    = 0x03
	opRemove     = 0x08
	opMakeDir    = 0x09
	opInfo       = 0x0a
	opDevice     = 0x0b
	opOpen       = 0x0d
	opOpened     = 0x0e
	opRead       = 0x0f
	opWrite      = 0x10
	opSeek       = 0x11
	opTell       = 0x12
	opTold       = 0x13
	opClose      = 0x14
	opSetSize    = 0x15
	opRename     = 0x18
	opLock       = 0x1b
	opSetTime    = 0x1e
	opRemoveDeep = 0x22
)

// afcConn is one AFC connection with its open files.
type afcConn struct {
	phone *Phone
	conn  net.Conn
	next  uint64
	files map[uint64]*afcFile
}

type afcFile struct {
	path     string
	node     *node
	offset   int64
	writable bool
	append   bool
	locked   bool
}

// afcPacket is one request. args is what counts as header, payload what lies behind "this length".
type afcPacket struct {
	number, op    uint64
	args, payload []byte
}

// serveAFC answers packets until the host goes; its locks and handles end with the connection.
func (p *Phone) serveAFC(_ context.Context, conn net.Conn) error {
	a := &afcConn{phone: p, conn: conn, next: 1, files: map[uint64]*afcFile{}}
	defer func() {
		for _, f := range a.files {
			p.unlockPath(f, a)
		}
	}()
	for {
		packet, err := readAFC(conn)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := a.answer(packet); err != nil {
			return err
		}
	}
}

func readAFC(r io.Reader) (afcPacket, error) {
	var head [afcHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return afcPacket{}, err
	}
	entire, this := binary.LittleEndian.Uint64(head[8:]), binary.LittleEndian.Uint64(head[16:])
	if string(head[:8]) != afcMagic || this < afcHeader || entire < this || entire > afcMaxSize {
		return afcPacket{}, fmt.Errorf("afc header: magic %q, lengths %d and %d", head[:8], entire, this)
	}
	body := make([]byte, entire-afcHeader)
	if _, err := io.ReadFull(r, body); err != nil {
		return afcPacket{}, err
	}
	return afcPacket{
		number: binary.LittleEndian.Uint64(head[24:]), op: binary.LittleEndian.Uint64(head[32:]),
		args: body[:this-afcHeader], payload: body[this-afcHeader:],
	}, nil
}

// answer does one operation and sends its one reply.
func (a *afcConn) answer(packet afcPacket) error {
	op, args, payload := a.do(packet)
	size := afcHeader + len(args)
	out := make([]byte, 0, size+len(payload))
	out = append(out, afcMagic...)
	for _, word := range []uint64{uint64(size + len(payload)), uint64(size), packet.number, op} {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	out = append(append(out, args...), payload...)
	_, err := a.conn.Write(out)
	return err
}

func statusReply(code int) (uint64, []byte, []byte) {
	return opStatus, binary.LittleEndian.AppendUint64(nil, uint64(code)), nil
}

// wordsReply carries text as AFC does: every string closed by a NUL.
func wordsReply(words []string, code int) (uint64, []byte, []byte) {
	if code != afcOK {
		return statusReply(code)
	}
	return opData, nil, []byte(strings.Join(words, "\x00") + "\x00")
}

// do carries out one operation: paths here, handles in doFile.
func (a *afcConn) do(packet afcPacket) (op uint64, args, payload []byte) {
	media := a.phone.media
	if code, refused := a.phone.meter.takeFile(packet.op, a.named(packet)); refused {
		return statusReply(code)
	}
	switch packet.op {
	case opReadDir:
		return wordsReply(media.list(firstString(packet.args)))
	case opInfo:
		return wordsReply(media.info(firstString(packet.args)))
	case opDevice:
		spec := a.phone.spec
		return wordsReply([]string{"Model", spec.ProductType, "FSTotalBytes", fmt.Sprint(spec.Disk.Total),
			"FSFreeBytes", fmt.Sprint(spec.Disk.Available), "FSBlockSize", "4096"}, afcOK)
	case opMakeDir:
		return statusReply(media.makeDir(firstString(packet.args)))
	case opRemove:
		return statusReply(media.remove(firstString(packet.args), false))
	case opRemoveDeep:
		return statusReply(media.remove(firstString(packet.args), true))
	case opRename:
		from := firstString(packet.args)
		return statusReply(media.rename(from, firstString(packet.args[min(len(from)+1, len(packet.args)):])))
	case opSetTime:
		return statusReply(afcOK)
	case opOpen:
		return a.open(packet.args)
	case opRead, opWrite, opSeek, opTell, opClose, opSetSize, opLock:
		return a.doFile(packet)
	default:
		return statusReply(afcUnsupported)
	}
}

// firstString is the text up to the first NUL.
func firstString(args []byte) string {
	s, _, _ := strings.Cut(string(args), "\x00")
	return s
}

// open opens a file. Modes: 1 read, 2 read and write (made when missing), 3 write (emptied), 4 write and read (emptied), 5 append,
// 6 append and read.
func (a *afcConn) open(args []byte) (uint64, []byte, []byte) {
	if len(args) < 9 {
		return statusReply(afcInvalid)
	}
	mode, name := binary.LittleEndian.Uint64(args), firstString(args[8:])
	if mode < 1 || mode > 6 || name == "" {
		return statusReply(afcInvalid)
	}
	if len(a.files) >= afcMaxOpen {
		return statusReply(afcTooManyFiles)
	}
	full := "/" + strings.Join(split(name), "/")
	if guarded(full) && a.phone.Locked() {
		return statusReply(afcDenied)
	}
	file, status := a.phone.media.open(name, mode != 1)
	if status != afcOK {
		return statusReply(status)
	}
	if mode == 3 || mode == 4 {
		a.phone.media.truncate(file, 0)
	}
	handle := a.next
	a.next++
	a.files[handle] = &afcFile{path: full, node: file, writable: mode != 1, append: mode >= 5}
	return opOpened, binary.LittleEndian.AppendUint64(nil, handle), nil
}

// doFile carries out an operation on an open file. Its arguments begin with the handle and, for most, one number more.
func (a *afcConn) doFile(packet afcPacket) (uint64, []byte, []byte) {
	if len(packet.args) < 8 {
		return statusReply(afcBadHeader)
	}
	handle := handleOf(packet.args)
	file := a.files[handle]
	if file == nil {
		return statusReply(afcInvalid)
	}
	var word uint64
	if len(packet.args) >= 16 {
		word = binary.LittleEndian.Uint64(packet.args[8:])
	}
	switch packet.op {
	case opRead:
		if guarded(file.path) && a.phone.Locked() {
			return statusReply(afcDenied)
		}
		data := a.phone.media.read(file.node, file.offset, int64(min(word, afcMaxRead)))
		file.offset += int64(len(data))
		return opData, nil, data
	case opWrite:
		return statusReply(a.write(file, packet.payload))
	case opSeek:
		return statusReply(a.seek(file, packet.args))
	case opTell:
		return opTold, binary.LittleEndian.AppendUint64(nil, uint64(file.offset)), nil
	case opSetSize:
		if !file.writable {
			return statusReply(afcDenied)
		}
		return statusReply(a.phone.media.truncate(file.node, int64(min(word, maxMedia+1))))
	case opLock:
		return statusReply(a.phone.lockPath(file, a, word, time.Now()))
	default:
		a.phone.unlockPath(file, a)
		delete(a.files, handle)
		return statusReply(afcOK)
	}
}

// handleOf is the handle that arguments begin with; 0 is never one.
func handleOf(args []byte) uint64 {
	if len(args) < 8 {
		return 0
	}
	return binary.LittleEndian.Uint64(args)
}

func (a *afcConn) write(file *afcFile, data []byte) int {
	if !file.writable {
		return afcDenied
	}
	if file.append {
		file.offset = a.phone.media.size(file.node)
	}
	status := a.phone.media.write(file.node, file.offset, data)
	if status == afcOK {
		file.offset += int64(len(data))
	}
	return status
}

func (a *afcConn) seek(file *afcFile, args []byte) int {
	if len(args) < 24 {
		return afcBadHeader
	}
	offset := int64(binary.LittleEndian.Uint64(args[16:]))
	switch binary.LittleEndian.Uint64(args[8:]) {
	case 1:
		offset += file.offset
	case 2:
		offset += a.phone.media.size(file.node)
	}
	if offset < 0 || offset > maxMedia {
		return afcInvalid
	}
	file.offset = offset
	return afcOK
}
