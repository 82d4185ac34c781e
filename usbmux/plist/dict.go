package plist

import "math"

// Dict is a decoded dictionary whose values are of no known type. Its accessors
// answer false for a missing key and for a value of another type, so that a peer
// that sends the wrong type is treated like one that sends nothing.
type Dict map[string]any

// UnmarshalDict decodes a document whose root is a dictionary.
func UnmarshalDict(data []byte) (Dict, error) {
	var d Dict
	if err := Unmarshal(data, &d); err != nil {
		return nil, err
	}
	if d == nil {
		return nil, malformed("the root is no dictionary")
	}
	return d, nil
}

// String returns a string value.
func (d Dict) String(key string) (string, bool) {
	s, ok := d[key].(string)
	return s, ok
}

// Bytes returns a data value.
func (d Dict) Bytes(key string) ([]byte, bool) {
	b, ok := d[key].([]byte)
	return b, ok
}

// Bool returns a boolean value.
func (d Dict) Bool(key string) (value, ok bool) {
	value, ok = d[key].(bool)
	return value, ok
}

// Int returns an integer value that fits in 63 bits and a sign. A real is none.
func (d Dict) Int(key string) (int64, bool) {
	switch n := d[key].(type) {
	case int64:
		return n, true
	case uint64:
		if n <= math.MaxInt64 {
			return int64(n), true
		}
	}
	return 0, false
}

// Array returns an array value.
func (d Dict) Array(key string) ([]any, bool) {
	a, ok := d[key].([]any)
	return a, ok
}

// Dict returns a dictionary value.
func (d Dict) Dict(key string) (Dict, bool) {
	m, ok := d[key].(map[string]any)
	return m, ok
}
