package backupagent

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"path"
	"slices"
	"strings"
	"time"

	"howett.net/plist"
)

// host is the other side of the wire, written for these tests alone: it keeps
// folders in memory and does what it is told.
type host struct {
	dirs    map[string]map[string]*file // by path; the root is "."
	discard bool                        // keep no bodies, only their lengths
	torn    bool                        // keep what came of a body before a cut, as idevicebackup2 does
	free    func() int64
	answer  func(message string, n int) (int64, any, bool) // overrides an answer; n counts messages of this name
	counts  map[string]int
	bodies  int64 // bytes of bodies received
	frame   int   // longest frame of a body

	ok []byte
	r  *bufio.Reader
	w  *bufio.Writer
}

type file struct {
	data []byte
	size int64
}

func newHost() *host {
	return &host{dirs: map[string]map[string]*file{".": {}}, counts: map[string]int{}, torn: true}
}

// clone makes a host with the same folders.
func (h *host) clone() *host {
	c := newHost()
	for dir, files := range h.dirs {
		c.dirs[dir] = maps.Clone(files)
	}
	return c
}

// tree is what is in the folders, for comparisons.
func (h *host) tree() map[string]string {
	t := map[string]string{}
	for dir, files := range h.dirs {
		t[dir+"/"] = ""
		for name, f := range files {
			t[path.Join(dir, name)] = string(f.data)
		}
	}
	return t
}

func (h *host) get(p string) *file { return h.dirs[path.Dir(p)][path.Base(p)] }

func (h *host) put(p string, data []byte) {
	h.dirs[path.Dir(p)][path.Base(p)] = &file{data, int64(len(data))}
}

// hostResult is the final Response.
type hostResult struct {
	code int64
	text string
}

// talk runs one request over conn and answers the phone's Response.
func (h *host) talk(conn net.Conn, request map[string]any) (hostResult, error) {
	h.r, h.w = bufio.NewReaderSize(conn, 256<<10), bufio.NewWriterSize(conn, 256<<10)
	defer conn.Close()
	if m, err := h.read(); err != nil || m[0] != "DLMessageVersionExchange" {
		return hostResult{}, fmt.Errorf("version exchange: %v %v", m, err)
	}
	h.send("DLMessageVersionExchange", "DLVersionsOk", 400)
	if m, err := h.read(); err != nil || m[0] != "DLMessageDeviceReady" {
		return hostResult{}, fmt.Errorf("device ready: %v %v", m, err)
	}
	h.send("DLMessageProcessMessage", map[string]any{
		"MessageName": "Hello", "SupportedProtocolVersions": []float64{2.0, 2.1},
	})
	m, err := h.read()
	if err != nil || len(m) != 2 {
		return hostResult{}, fmt.Errorf("hello: %v %v", m, err)
	}
	if hello := m[1].(map[string]any); hello["ErrorCode"] != uint64(0) || hello["ProtocolVersion"] != 2.1 {
		return hostResult{}, fmt.Errorf("hello: %v", hello)
	}
	h.send("DLMessageProcessMessage", request)
	for {
		m, err := h.read()
		if err != nil {
			return hostResult{}, err
		}
		if m[0] == "DLMessageProcessMessage" {
			response := m[1].(map[string]any)
			h.send("DLMessageDisconnect", "___EmptyParameterString___")
			text, _ := response["ErrorDescription"].(string)
			return hostResult{int64(response["ErrorCode"].(uint64)), text}, nil
		}
		if err := h.serve(m); err != nil {
			return hostResult{}, err
		}
	}
}

func (h *host) read() ([]any, error) {
	b := make([]byte, 4)
	if _, err := io.ReadFull(h.r, b); err != nil {
		return nil, err
	}
	b = make([]byte, binary.BigEndian.Uint32(b))
	if _, err := io.ReadFull(h.r, b); err != nil {
		return nil, err
	}
	var m []any
	_, err := plist.Unmarshal(b, &m)
	return m, err
}

func (h *host) send(m ...any) {
	b, err := plist.Marshal(m, plist.BinaryFormat)
	if err != nil {
		panic(err)
	}
	h.u32(len(b))
	h.w.Write(b)
	h.w.Flush()
}

func (h *host) u32(n int) { h.w.Write(binary.BigEndian.AppendUint32(nil, uint32(n))) }

func (h *host) status(code int64, payload any) {
	if empty, ok := payload.(map[string]any); ok && code == 0 && len(empty) == 0 {
		if h.ok == nil { // most answers; encoded once
			h.ok, _ = plist.Marshal([]any{"DLMessageStatusResponse", 0, "___EmptyParameterString___", empty}, plist.BinaryFormat)
		}
		h.u32(len(h.ok))
		h.w.Write(h.ok)
		h.w.Flush()
		return
	}
	h.send("DLMessageStatusResponse", code, "___EmptyParameterString___", payload)
}

func (h *host) serve(m []any) error {
	name := m[0].(string)
	n := h.counts[name]
	h.counts[name]++
	var err error
	code, payload := int64(0), any(map[string]any{})
	if name == "DLMessageUploadFiles" {
		if err := h.upload(m[3].(uint64)); err != nil {
			return err
		}
	} else if name == "DLMessageDownloadFiles" {
		code, payload = h.download(m[1].([]any))
	}
	if h.answer != nil {
		if code, payload, ok := h.answer(name, n); ok {
			h.status(code, payload)
			return nil
		}
	}
	switch name {
	case "DLMessageUploadFiles", "DLMessageDownloadFiles":
	case "DLMessageGetFreeDiskSpace":
		payload = uint64(1 << 40)
		if h.free != nil {
			payload = uint64(h.free())
		}
	case "DLMessageCreateDirectory":
		code = h.mkdir(m[1].(string))
	case "DLContentsOfDirectory":
		code, payload = h.list(m[1].(string))
	case "DLMessageMoveItems":
		for src, dst := range m[1].(map[string]any) {
			if h.get(src) == nil {
				code = -6
				continue
			}
			h.dirs[path.Dir(dst.(string))][path.Base(dst.(string))] = h.get(src)
			delete(h.dirs[path.Dir(src)], path.Base(src))
		}
	case "DLMessageRemoveItems":
		for _, p := range m[1].([]any) {
			h.remove(p.(string))
		}
	case "DLMessageCopyItem":
		src, dst := m[1].(string), m[2].(string)
		for dir, files := range maps.Clone(h.dirs) {
			if rest, ok := strings.CutPrefix(dir, src); ok && (rest == "" || rest[0] == '/') {
				h.dirs[dst+rest] = maps.Clone(files)
			}
		}
	default:
		code = -1
	}
	h.status(code, payload)
	return err
}

func (h *host) mkdir(p string) int64 {
	if h.dirs[p] != nil {
		return -7
	}
	if h.dirs[path.Dir(p)] == nil {
		return -6
	}
	h.dirs[p] = map[string]*file{}
	return 0
}

func (h *host) remove(p string) {
	delete(h.dirs[path.Dir(p)], path.Base(p))
	for dir := range h.dirs {
		if dir == p || strings.HasPrefix(dir, p+"/") {
			delete(h.dirs, dir)
		}
	}
}

func (h *host) list(p string) (int64, any) {
	if h.dirs[p] == nil {
		return -6, map[string]any{}
	}
	entries := map[string]any{}
	put := func(name, kind string, size int64) {
		entries[name] = map[string]any{
			"DLFileType": kind, "DLFileSize": uint64(size), "DLFileModificationDate": time.Unix(1.7e9, 0),
		}
	}
	for name, f := range h.dirs[p] {
		put(name, "DLFileTypeRegular", f.size)
	}
	if !strings.Contains(p, "/") || path.Base(p) == "Snapshot" { // shards have no folders, and there are many
		for dir := range h.dirs {
			if dir != p && path.Dir(dir) == p {
				put(path.Base(dir), "DLFileTypeDirectory", 0)
			}
		}
	}
	return 0, entries
}

func (h *host) download(paths []any) (int64, any) {
	failed := map[string]any{}
	for _, p := range paths {
		p := p.(string)
		h.u32(len(p))
		h.w.WriteString(p)
		f := h.get(p)
		if f == nil {
			h.u32(1 + len("no such file"))
			h.w.WriteString("\x06no such file")
			failed[p] = map[string]any{"DLFileErrorString": "no such file", "DLFileErrorCode": int64(-6)}
			continue
		}
		for part := range slices.Chunk(f.data, 32767) {
			h.u32(len(part) + 1)
			h.w.WriteByte(0x0c)
			h.w.Write(part)
		}
		h.u32(1)
		h.w.WriteByte(0)
	}
	h.u32(0)
	if len(failed) > 0 {
		return -13, failed
	}
	return 0, map[string]any{}
}

func (h *host) upload(announced uint64) error {
	var total uint64
	for {
		own, err := h.block()
		if err != nil {
			return err
		}
		if len(own) == 0 {
			if total != announced {
				return fmt.Errorf("batch announced %d bytes, brought %d", announced, total)
			}
			return nil
		}
		dst, err := h.block()
		if err != nil {
			return err
		}
		n, err := h.receive(string(dst))
		if err != nil {
			return err
		}
		total += uint64(n)
	}
}

func (h *host) receive(dst string) (n int64, err error) {
	if h.dirs[path.Dir(dst)] == nil {
		return 0, fmt.Errorf("no folder for %q", dst)
	}
	var data bytes.Buffer
	w := io.Writer(&data)
	isBody := strings.Contains(dst, "/Snapshot/") && len(path.Base(dst)) == 40
	if h.discard && isBody {
		w = io.Discard
	}
	defer func() {
		if isBody {
			h.bodies += n
		}
		if err == nil || h.torn {
			h.dirs[path.Dir(dst)][path.Base(dst)] = &file{data.Bytes(), n}
		}
	}()
	b := make([]byte, 5)
	for {
		if _, err := io.ReadFull(h.r, b); err != nil {
			return n, err
		}
		size := int64(binary.BigEndian.Uint32(b)) - 1
		switch b[4] {
		case 0:
			return n, nil
		case 0x0c:
			h.frame = max(h.frame, int(size)+1)
			k, err := io.CopyN(w, h.r, size)
			n += k
			if err != nil {
				return n, err
			}
		default:
			return n, errors.New("bad frame code")
		}
	}
}

func (h *host) block() ([]byte, error) {
	b := make([]byte, 4)
	if _, err := io.ReadFull(h.r, b); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(b)
	if n > 4096 {
		return nil, fmt.Errorf("name of %d bytes", n)
	}
	b = make([]byte, n)
	_, err := io.ReadFull(h.r, b)
	return b, err
}
