package plist

import (
	"errors"
	"math"
	"testing"
)

func TestDict(t *testing.T) {
	t.Parallel()
	data, err := MarshalXML(map[string]any{
		"s": "x", "i": int64(-3), "u": uint64(7), "huge": uint64(math.MaxUint64), "b": true, "r": 1.5,
		"d": []byte{1}, "a": []any{"y"}, "m": map[string]any{"k": "v"},
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := UnmarshalDict(data)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := d.String("s"); !ok || s != "x" {
		t.Errorf("string: %q %v", s, ok)
	}
	if i, ok := d.Int("i"); !ok || i != -3 {
		t.Errorf("negative: %d %v", i, ok)
	}
	if u, ok := d.Int("u"); !ok || u != 7 {
		t.Errorf("unsigned: %d %v", u, ok)
	}
	if b, ok := d.Bool("b"); !ok || !b {
		t.Errorf("bool: %v %v", b, ok)
	}
	if b, ok := d.Bytes("d"); !ok || len(b) != 1 {
		t.Errorf("data: %v %v", b, ok)
	}
	if a, ok := d.Array("a"); !ok || len(a) != 1 {
		t.Errorf("array: %v %v", a, ok)
	}
	m, ok := d.Dict("m")
	if v, _ := m.String("k"); !ok || v != "v" {
		t.Errorf("dict: %v %v", m, ok)
	}
	for _, key := range []string{"huge", "r", "s", "absent"} {
		if n, ok := d.Int(key); ok {
			t.Errorf("%s is an integer: %d", key, n)
		}
	}
	if _, ok := d.String("i"); ok {
		t.Error("an integer is a string")
	}
}

func TestUnmarshalDictWantsDict(t *testing.T) {
	t.Parallel()
	for _, v := range []any{"text", []any{}, true, uint64(1)} {
		data, err := MarshalBinary(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := UnmarshalDict(data); !errors.Is(err, ErrMalformed) {
			t.Errorf("%T: %v", v, err)
		}
	}
}
