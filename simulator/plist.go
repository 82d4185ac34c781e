package simulator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"howett.net/plist"
)

// maxPlistMessage bounds one length-prefixed property list from a host. The largest honest one is a Pair request of some 8 KB.
const maxPlistMessage = 1 << 20

// errTooLong is what a host gets (as a closed connection) when it announces a message beyond the limit.
var errTooLong = errors.New("message too long")

// decodePlist decodes a dictionary that a host sent. What the decoder panics at is turned into an error, because hosts under test
// also send garbage.
func decodePlist(data []byte) (dict map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			dict, err = nil, fmt.Errorf("decode plist: %v", r)
		}
	}()
	if _, err := plist.Unmarshal(data, &dict); err != nil {
		return nil, fmt.Errorf("decode plist: %w", err)
	}
	return dict, nil
}

// readPlist reads one message of lockdownd's framing (four bytes of big-endian length, then a property list), which the
// notification proxy, installation_proxy and springboardservices share.
func readPlist(r io.Reader) (map[string]any, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxPlistMessage {
		return nil, errTooLong
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return decodePlist(body)
}

// writePlist sends one message of the same framing in a single write, as XML: that is what a phone's lockdownd answers.
func writePlist(w io.Writer, dict map[string]any) error {
	body, err := plist.Marshal(dict, plist.XMLFormat)
	if err != nil {
		return fmt.Errorf("encode plist: %w", err)
	}
	message := make([]byte, 4, 4+len(body))
	binary.BigEndian.PutUint32(message, uint32(len(body)))
	_, err = w.Write(append(message, body...))
	return err
}

// text and number read optional values of a decoded dictionary; a wrong type reads as absent.
func text(dict map[string]any, key string) string {
	s, _ := dict[key].(string)
	return s
}

func number(dict map[string]any, key string) (uint64, bool) {
	switch v := dict[key].(type) {
	case uint64:
		return v, true
	case int64:
		return uint64(v), v >= 0
	default:
		return 0, false
	}
}

func blob(dict map[string]any, key string) []byte {
	b, _ := dict[key].([]byte)
	return b
}
