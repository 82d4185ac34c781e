package backupagent

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// errDisconnected is the end of a connection by DLMessageDisconnect.
var errDisconnected = errors.New("host disconnected")

// reply is a DLMessageStatusResponse.
type reply struct {
	code    int64
	payload any
}

func (l *link) reply() (reply, error) {
	name, rest, err := l.receive()
	if err != nil {
		return reply{}, cut(err)
	}
	return asReply(name, rest)
}

func asReply(name string, rest []any) (reply, error) {
	switch {
	case name == "DLMessageDisconnect":
		return reply{}, errDisconnected
	case name != "DLMessageStatusResponse":
		return reply{}, fmt.Errorf("read reply: got %q", name)
	case len(rest) == 0:
		return reply{}, errors.New("read reply: no status")
	}
	code, ok := integer(rest[0])
	if !ok {
		return reply{}, fmt.Errorf("read reply: status is a %T", rest[0])
	}
	r := reply{code: code}
	if len(rest) > 2 {
		r.payload = rest[2]
	}
	return r, nil
}

// worst is the code that decides: of a multi status a full disk first, then the
// first path's in their order.
func (r reply) worst() int64 {
	if r.code != dlMulti {
		return r.code
	}
	paths := r.perPath()
	if len(paths) == 0 {
		return dlOther
	}
	code := int64(dlOK)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if c := paths[path]; c == dlFull || code == dlOK {
			code = c
		}
	}
	return code
}

// perPath answers the codes in a multi status.
func (r reply) perPath() map[string]int64 {
	codes := map[string]int64{}
	dict, _ := r.payload.(map[string]any)
	for path, v := range dict {
		codes[path] = dlOther
		if entry, ok := v.(map[string]any); ok {
			if code, ok := integer(entry["DLFileErrorCode"]); ok {
				codes[path] = code
			}
		}
	}
	return codes
}

// integer reads an integer of any width. Hosts write negative ones as 16 bytes
// too; then the low 64 bits are the number.
func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), true
	}
	return 0, false
}
