package simulator

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"howett.net/plist"
)

// discardHost backs a phone up into nothing: it counts bodies and keeps only the four small files that the phone reads back.
type discardHost struct {
	conn  *client
	in    *bufio.Reader
	dirs  map[string]map[string][]byte // by folder and name: content, or nil for a body that was discarded
	bytes int64
}

func newDiscardHost(c *client) *discardHost {
	h := &discardHost{dirs: map[string]map[string][]byte{}}
	h.attach(c)
	return h
}

// attach goes on with another connection to the phone.
func (h *discardHost) attach(c *client) { h.conn, h.in = c, bufio.NewReaderSize(c, 256<<10) }

// backup runs one backup and returns its ErrorCode.
func (h *discardHost) backup(udid string) (code uint64, err error) {
	steps := []func() error{
		func() error { _, err := h.receive(); return err },
		func() error { return h.send("DLMessageVersionExchange", "DLVersionsOk", 400) },
		func() error { _, err := h.receive(); return err },
		func() error {
			return h.send("DLMessageProcessMessage", map[string]any{"MessageName": "Hello", "SupportedProtocolVersions": []float64{2.0, 2.1}})
		},
		func() error { _, err := h.receive(); return err },
		func() error {
			return h.send("DLMessageProcessMessage", map[string]any{"MessageName": "Backup", "TargetIdentifier": udid, "SourceIdentifier": udid})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return 0, err
		}
	}
	for {
		message, err := h.receive()
		if err != nil {
			return 0, err
		}
		if message[0] == "DLMessageProcessMessage" {
			code, _ := number(message[1].(map[string]any), "ErrorCode")
			return code, h.send("DLMessageDisconnect", "___EmptyParameterString___")
		}
		if err := h.answer(message); err != nil {
			return 0, fmt.Errorf("%v: %w", message[0], err)
		}
	}
}

func (h *discardHost) send(message ...any) error {
	body, err := plist.Marshal(message, plist.BinaryFormat)
	if err != nil {
		return err
	}
	_, err = h.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

func (h *discardHost) size() (int, error) {
	var head [4]byte
	_, err := io.ReadFull(h.in, head[:])
	return int(binary.BigEndian.Uint32(head[:])), err
}

func (h *discardHost) receive() ([]any, error) {
	n, err := h.size()
	if err != nil {
		return nil, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(h.in, body); err != nil {
		return nil, err
	}
	var message []any
	_, err = plist.Unmarshal(body, &message)
	return message, err
}

func (h *discardHost) answer(message []any) error {
	switch message[0] {
	case "DLMessageDownloadFiles":
		return h.download(message[1].([]any))
	case "DLMessageUploadFiles":
		if err := h.upload(); err != nil {
			return err
		}
	case "DLMessageGetFreeDiskSpace":
		return h.send("DLMessageStatusResponse", 0, "", int64(1)<<40)
	case "DLContentsOfDirectory":
		return h.list(message[1].(string))
	case "DLMessageMoveItems":
		for from, to := range message[1].(map[string]any) {
			data, _ := h.get(from)
			h.put(to.(string), data)
			h.remove(from)
		}
	case "DLMessageRemoveItems":
		for _, gone := range message[1].([]any) {
			h.remove(gone.(string))
		}
	}
	return h.send("DLMessageStatusResponse", 0, "", map[string]any{})
}

func (h *discardHost) download(paths []any) error {
	var out []byte
	failed := map[string]any{}
	for _, each := range paths {
		name := each.(string)
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(name))), name...)
		data, ok := h.get(name)
		if !ok {
			failed[name] = map[string]any{"DLFileErrorString": "No such file", "DLFileErrorCode": -6}
			out = append(binary.BigEndian.AppendUint32(out, 5), "\x06None"...)
			continue
		}
		out = slices.Grow(out, len(data)+len(data)/4096+64)
		for chunk := range slices.Chunk(data, 32767) {
			out = append(append(binary.BigEndian.AppendUint32(out, uint32(len(chunk)+1)), 0x0c), chunk...)
		}
		out = append(binary.BigEndian.AppendUint32(out, 1), 0)
	}
	if _, err := h.conn.Write(append(out, 0, 0, 0, 0)); err != nil {
		return err
	}
	if len(failed) > 0 {
		return h.send("DLMessageStatusResponse", -13, "Multi status", failed)
	}
	return h.send("DLMessageStatusResponse", 0, "", map[string]any{})
}

// upload reads a stream of files up to the empty name.
func (h *discardHost) upload() error {
	for {
		n, err := h.size()
		if err != nil || n == 0 {
			return err
		}
		if _, err := h.in.Discard(n); err != nil {
			return err
		}
		if n, err = h.size(); err != nil {
			return err
		}
		name := make([]byte, n)
		if _, err := io.ReadFull(h.in, name); err != nil {
			return err
		}
		if err := h.body(string(name)); err != nil {
			return err
		}
	}
}

func (h *discardHost) body(name string) error {
	var kept bytes.Buffer
	keep := strings.HasSuffix(name, ".plist") || strings.HasSuffix(name, ".db")
	for {
		n, err := h.size()
		if err != nil {
			return err
		}
		code, err := h.in.ReadByte()
		if err != nil || code != 0x0c {
			h.put(name, kept.Bytes())
			return err
		}
		h.bytes += int64(n - 1)
		if !keep {
			if _, err := h.in.Discard(n - 1); err != nil {
				return err
			}
			continue
		}
		if _, err := io.CopyN(&kept, h.in, int64(n-1)); err != nil {
			return err
		}
	}
}

func (h *discardHost) list(dir string) error {
	payload := map[string]any{}
	for name := range h.dirs[dir] {
		payload[name] = map[string]any{"DLFileType": "DLFileTypeRegular", "DLFileSize": 1}
	}
	return h.send("DLMessageStatusResponse", 0, "", payload)
}

func (h *discardHost) get(name string) ([]byte, bool) {
	data, ok := h.dirs[path.Dir(name)][path.Base(name)]
	return data, ok
}

func (h *discardHost) put(name string, data []byte) {
	dir := path.Dir(name)
	if h.dirs[dir] == nil {
		h.dirs[dir] = map[string][]byte{}
	}
	h.dirs[dir][path.Base(name)] = data
}

func (h *discardHost) remove(name string) { delete(h.dirs[path.Dir(name)], path.Base(name)) }
