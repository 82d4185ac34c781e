package mobilebackup2

import (
	"math"

	"homeport/usbmux/plist"
)

// message is one DeviceLink message: its name and its arguments, whose types
// nobody has checked yet.
type message struct {
	name string
	args []any
}

// parseMessage reads a frame's property list: an array that begins with a name.
func parseMessage(data []byte) (message, error) {
	var root []any
	if err := plist.Unmarshal(data, &root); err != nil {
		return message{}, protocolError("read message: %w", err)
	}
	if len(root) == 0 {
		return message{}, protocolError("message without a name")
	}
	name, ok := root[0].(string)
	if !ok || name == "" {
		return message{}, protocolError("message without a name")
	}
	return message{name, root[1:]}, nil
}

// arg is argument i, counted from 1 as the protocol does, or nil.
func (m message) arg(i int) any {
	if i > len(m.args) {
		return nil
	}
	return m.args[i-1]
}

// text is argument i as a string.
func (m message) text(i int) (string, bool) {
	s, ok := m.arg(i).(string)
	return s, ok
}

// integer is argument i as a number.
func (m message) integer(i int) (int64, bool) { return asInt(m.arg(i)) }

// paths is argument i as a list of strings.
func (m message) paths(i int) ([]string, bool) {
	list, ok := m.arg(i).([]any)
	if !ok {
		return nil, false
	}
	paths := make([]string, len(list))
	for n, v := range list {
		if paths[n], ok = v.(string); !ok {
			return nil, false
		}
	}
	return paths, true
}

// dict is argument i as a dictionary.
func (m message) dict(i int) (map[string]any, bool) {
	d, ok := m.arg(i).(map[string]any)
	return d, ok
}

// percent is argument i as a share of the whole run, in 0..100. What is no such
// number is false.
func (m message) percent(i int) (float64, bool) {
	var f float64
	switch v := m.arg(i).(type) {
	case float64:
		f = v
	case float32:
		f = float64(v)
	default:
		return 0, false
	}
	if math.IsNaN(f) || f < 0 || f > 100 {
		return 0, false
	}
	return f, true
}

// asInt reads an integer of any width. Hosts and phones have sent negative codes
// as 16-byte integers whose low 64 bits are the number.
func asInt(v any) (int64, bool) {
	switch n := v.(type) {
	case uint64:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}

// response is the dictionary in a DLMessageProcessMessage.
type response struct {
	code    int64
	hasCode bool
	text    string
	version float64
}

func (m message) response() (response, bool) {
	d, ok := m.dict(1)
	if !ok {
		return response{}, false
	}
	if name, _ := d["MessageName"].(string); name != "Response" {
		return response{}, false
	}
	var r response
	r.code, r.hasCode = asInt(d["ErrorCode"])
	r.text, _ = d["ErrorDescription"].(string)
	r.version, _ = d["ProtocolVersion"].(float64)
	if len(r.text) > maxText {
		r.text = r.text[:maxText]
	}
	return r, true
}

// maxText is how much of a text of the phone's is kept.
const maxText = 1024
