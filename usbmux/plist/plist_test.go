package plist

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"string": "grüße 😀", "ascii": "plain", "true": true, "false": false,
		"int": uint64(1 << 40), "negative": int64(-6), "real": 1.5,
		"data": []byte{0, 1, 2}, "date": time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		"array": []any{"a", uint64(1), []any{}}, "dict": map[string]any{"k": "v"}, "uid": UID(7),
	}
	for name, marshal := range map[string]func(any) ([]byte, error){"binary": MarshalBinary, "xml": MarshalXML} {
		data, err := marshal(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got map[string]any
		if err := Unmarshal(data, &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestUnmarshalStruct(t *testing.T) {
	t.Parallel()
	const doc = "\xef\xbb\xbf\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
		`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` +
		"\n<!-- note --><plist version=\"1.0\"><dict><key>Error</key><string>A&amp;<![CDATA[<b>]]></string>" +
		"<key>Port</key><integer>0xF27E</integer><key>On</key><true /></dict></plist>\n\x00"
	var got struct {
		Error string
		Port  uint16
		On    bool
	}
	if err := Unmarshal([]byte(doc), &got); err != nil {
		t.Fatal(err)
	}
	if got.Error != "A&<b>" || got.Port != 62078 || !got.On {
		t.Errorf("got %+v", got)
	}
}

func TestMarshalPanicIsError(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, make(chan int), map[string]any{"f": func() {}}} {
		if _, err := MarshalXML(v); err == nil {
			t.Errorf("%T was encoded", v)
		}
	}
}

func TestWrongTargetIsError(t *testing.T) {
	t.Parallel()
	data, err := MarshalBinary(map[string]any{"Port": "62078"})
	if err != nil {
		t.Fatal(err)
	}
	var typed struct{ Port uint16 }
	for _, v := range []any{&typed, nil, map[int]string{}, new(chan int), typed} {
		if err := Unmarshal(data, v); !errors.Is(err, ErrMalformed) {
			t.Errorf("into %T: %v", v, err)
		}
	}
}

// list builds a binary list out of raw objects; the root is object 0.
type list struct {
	objects  [][]byte
	refSize  int
	mutate   func(trailer []byte)
	offsets  func(i, off int) int
	magic    string
	tableGap int
}

func (l list) build() []byte {
	b := []byte("bplist00")
	if l.magic != "" {
		b = []byte(l.magic)
	}
	var table []byte
	for i, o := range l.objects {
		off := len(b)
		if l.offsets != nil {
			off = l.offsets(i, off)
		}
		table = append(table, byte(off>>24), byte(off>>16), byte(off>>8), byte(off))
		b = append(b, o...)
	}
	start := len(b)
	b = append(b, table...)
	b = append(b, make([]byte, l.tableGap)...)
	t := make([]byte, 32)
	t[6], t[7] = 4, byte(max(l.refSize, 1))
	put64(t[8:], uint64(len(l.objects)))
	put64(t[24:], uint64(start))
	if l.mutate != nil {
		l.mutate(t)
	}
	return append(b, t...)
}

func put64(b []byte, v uint64) {
	for i := range 8 {
		b[i] = byte(v >> (56 - 8*i))
	}
}

func bits(v float64) []byte {
	b := make([]byte, 8)
	put64(b, math.Float64bits(v))
	return b
}

// nested is depth arrays inside one another.
func nested(depth int) []byte {
	var l list
	l.refSize = 2
	for i := range depth {
		l.objects = append(l.objects, []byte{0xA1, byte((i + 1) >> 8), byte(i + 1)})
	}
	l.objects = append(l.objects, []byte{0x08})
	return l.build()
}

// laughs is levels of arrays, each of width references to the next.
func laughs(levels, width int) []byte {
	var l list
	for i := range levels {
		l.objects = append(l.objects, append([]byte{0xAF, 0x10, byte(width)}, bytes.Repeat([]byte{byte(i + 1)}, width)...))
	}
	l.objects = append(l.objects, []byte{0x08})
	return l.build()
}

// overlapping is one array of n objects that all claim the same wide string.
func overlapping(n, units int) []byte {
	var l list
	l.refSize = 2
	root := []byte{0xAF, 0x11, byte(n >> 8), byte(n)}
	for i := range n {
		root = append(root, byte((i+1)>>8), byte(i+1))
	}
	str := append([]byte{0x6F, 0x12, 0, byte(units >> 16), byte(units >> 8), byte(units)}, make([]byte, 2*units)...)
	l.objects = append(l.objects, root)
	for range n {
		l.objects = append(l.objects, nil)
	}
	l.objects[n] = str
	l.offsets = func(i, off int) int {
		if i == 0 {
			return 8
		}
		return 8 + len(root)
	}
	return l.build()
}

func trailerAt(i int, v byte) func([]byte) { return func(t []byte) { t[i] = v } }

func TestHostileBinary(t *testing.T) {
	t.Parallel()
	one := func(o ...byte) list { return list{objects: [][]byte{o, {0x08}}} }
	with := func(l list, f func([]byte)) []byte { l.mutate = f; return l.build() }
	huge := func(at int, v uint64) func([]byte) { return func(t []byte) { put64(t[at:], v) } }
	ok := one(0xA1, 1)
	tests := map[string]struct {
		data []byte
		want error
	}{
		"empty":                     {nil, ErrMalformed},
		"magic only":                {[]byte("bplist00"), ErrMalformed},
		"trailer too short":         {ok.build()[:20], ErrMalformed},
		"version 15":                {list{objects: ok.objects, magic: "bplist15"}.build(), ErrMalformed},
		"offset size 0":             {with(ok, trailerAt(6, 0)), ErrMalformed},
		"offset size 9":             {with(ok, trailerAt(6, 9)), ErrMalformed},
		"offset size 255":           {with(ok, trailerAt(6, 255)), ErrMalformed},
		"reference size 0":          {with(ok, trailerAt(7, 0)), ErrMalformed},
		"count 2^64-1":              {with(ok, huge(8, math.MaxUint64)), ErrMalformed},
		"count times size wraps":    {with(ok, huge(8, 1<<62)), ErrMalformed},
		"table past the end":        {with(ok, huge(24, 1<<40)), ErrMalformed},
		"table inside the header":   {with(ok, huge(24, 3)), ErrMalformed},
		"root past the end":         {with(ok, huge(16, 2)), ErrMalformed},
		"gap after the table":       {list{objects: ok.objects, tableGap: 3}.build(), ErrMalformed},
		"offset past the objects":   {list{objects: ok.objects, offsets: func(int, int) int { return 1 << 20 }}.build(), ErrMalformed},
		"offset inside the header":  {list{objects: ok.objects, offsets: func(int, int) int { return 0 }}.build(), ErrMalformed},
		"reference past the end":    {one(0xA1, 9).build(), ErrMalformed},
		"self-reference":            {one(0xA1, 0).build(), ErrMalformed},
		"cycle of two":              {list{objects: [][]byte{{0xA1, 1}, {0xA1, 0}}}.build(), ErrMalformed},
		"shared expansion 10^30":    {laughs(30, 10), ErrTooLarge},
		"shared expansion 4^100":    {laughs(100, 4), ErrTooLarge},
		"depth 129":                 {nested(129), ErrTooLarge},
		"depth 513":                 {nested(513), ErrTooLarge},
		"depth 60000":               {nested(60000), ErrTooLarge},
		"string past the end":       {one(0x5F, 0x11, 0xFF, 0xFF, 'a').build(), ErrMalformed},
		"string of 2^63":            {one(0x5F, 0x13, 0x80, 0, 0, 0, 0, 0, 0, 0).build(), ErrMalformed},
		"wide string past the end":  {one(0x6F, 0x10, 0x40, 0, 'a').build(), ErrMalformed},
		"data of -1":                {one(0x4F, 0x13, 255, 255, 255, 255, 255, 255, 255, 255).build(), ErrMalformed},
		"dict of 2^63":              {one(0xDF, 0x13, 0x80, 0, 0, 0, 0, 0, 0, 0).build(), ErrMalformed},
		"count is a string":         {one(0xAF, 0x51, 'a').build(), ErrMalformed},
		"overlapping wide strings":  {overlapping(4000, 60000), ErrTooLarge},
		"dict with a number as key": {list{objects: [][]byte{{0xD1, 1, 1}, {0x10, 5}}}.build(), ErrMalformed},
		"integer of 128 bits":       {one(0x14, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0).build(), ErrMalformed},
		"integer of 256 bits":       {one(append([]byte{0x15}, make([]byte, 32)...)...).build(), ErrMalformed},
		"real of 16 bits":           {one(0x21, 0, 0).build(), ErrMalformed},
		"date NaN":                  {one(append([]byte{0x33}, bits(math.NaN())...)...).build(), ErrMalformed},
		"date infinite":             {one(append([]byte{0x33}, bits(math.Inf(1))...)...).build(), ErrMalformed},
		"date in year 10^9":         {one(append([]byte{0x33}, bits(3e16)...)...).build(), ErrMalformed},
		"UID of 16 bytes":           {one(append([]byte{0x8F}, make([]byte, 16)...)...).build(), ErrMalformed},
		"set":                       {one(0xC1, 1).build(), ErrMalformed},
		"null":                      {one(0x00).build(), ErrMalformed},
		"old text format":           {[]byte(`{ "a" = "b"; }`), ErrMalformed},
		"old text, deep":            {bytes.Repeat([]byte("("), 1<<20), ErrMalformed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			var v any
			if err := Unmarshal(tc.data, &v); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if d := time.Since(start); d > time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestLegalBinary(t *testing.T) {
	t.Parallel()
	date := append([]byte{0x33}, bits(minDate)...)
	tests := map[string][]byte{
		"depth 128":       nested(128),
		"shared, small":   laughs(4, 10),
		"16-byte integer": list{objects: [][]byte{append([]byte{0x14}, append(make([]byte, 8), bits(1)...)...)}}.build(),
		"distant past":    list{objects: [][]byte{date}}.build(),
		"lone surrogate":  list{objects: [][]byte{{0x61, 0xD8, 0x00}}}.build(),
		"NaN as a real":   list{objects: [][]byte{append([]byte{0x23}, bits(math.NaN())...)}}.build(),
		"duplicate keys":  list{objects: [][]byte{{0xD2, 1, 1, 2, 2}, {0x51, 'k'}, {0x09}}}.build(),
	}
	for name, data := range tests {
		var v any
		if err := Unmarshal(data, &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHostileXML(t *testing.T) {
	t.Parallel()
	in := func(s string) string { return "<plist version=\"1.0\">" + s + "</plist>" }
	wrap := func(n int) string {
		return in(strings.Repeat("<array>", n) + strings.Repeat("</array>", n))
	}
	tests := map[string]struct {
		doc  string
		want error
	}{
		"entities":              {`<!DOCTYPE plist [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>` + in("<string>&b;</string>"), ErrMalformed},
		"external DTD subset":   {`<!DOCTYPE plist SYSTEM "file:///etc/passwd" [ ]>` + in("<true/>"), ErrMalformed},
		"unknown entity":        {in("<string>&b;</string>"), ErrMalformed},
		"depth 129":             {wrap(129), ErrTooLarge},
		"depth a million":       {wrap(1_000_000), ErrTooLarge},
		"never closed":          {"<plist>" + strings.Repeat("<array>", 100), ErrMalformed},
		"a million dicts":       {in("<array>" + strings.Repeat("<dict/>", 1_000_000) + "</array>"), ErrTooLarge},
		"tree inside a string":  {in("<string>" + strings.Repeat("<dict>", 50) + strings.Repeat("</dict>", 50) + "</string>"), ErrMalformed},
		"a million attributes":  {"<plist " + strings.Repeat(`a="" `, 1_000_000) + "><true/></plist>", ErrMalformed},
		"attribute on a value":  {in(`<string a="b">x</string>`), ErrMalformed},
		"attribute with >":      {`<plist version="><dict>"><true/></plist>`, ErrMalformed},
		"crossed tags":          {in("<array><dict></array></dict>"), ErrMalformed},
		"key without a value":   {in("<dict><key>a</key></dict>"), ErrMalformed},
		"value without a key":   {in("<dict><true/></dict>"), ErrMalformed},
		"unknown element":       {in("<bomb/>"), ErrMalformed},
		"other root":            {"<html><body/></html>", ErrMalformed},
		"no value":              {in(""), ErrMalformed},
		"no value, empty tag":   {"<plist/>", ErrMalformed},
		"garbage after the end": {in("<true/>") + "<plist>", ErrMalformed},
		"integer of 65 bits":    {in("<integer>36893488147419103232</integer>"), ErrMalformed},
		"integer of letters":    {in("<integer>many</integer>"), ErrMalformed},
		"date of year 10^9":     {in("<date>1000000000-01-01T00:00:00Z</date>"), ErrMalformed},
		"data of noise":         {in("<data>!!!</data>"), ErrMalformed},
		"text format in XML":    {"<*I5>", ErrMalformed},
		"hex data":              {"<abcd>", ErrMalformed},
		"UTF-16":                {"<\x00p\x00l\x00", ErrMalformed},
		"comment never closed":  {"<!-- " + in("<true/>"), ErrMalformed},
		"other charset":         {`<?xml version="1.0" encoding="EBCDIC"?>` + in("<true/>"), ErrMalformed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v any
			if err := Unmarshal([]byte(tc.doc), &v); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	if err := Unmarshal([]byte(wrap(128)), new(any)); err != nil {
		t.Errorf("depth 128: %v", err)
	}
}

func TestSizeLimit(t *testing.T) {
	t.Parallel()
	data, err := MarshalXML("a long enough string")
	if err != nil {
		t.Fatal(err)
	}
	lim := DefaultLimits()
	lim.Size = len(data) - 1
	if err := UnmarshalLimits(data, new(string), lim); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	lim.Size++
	if err := UnmarshalLimits(data, new(string), lim); err != nil {
		t.Error(err)
	}
}

func FuzzBinary(f *testing.F) {
	for _, v := range []any{map[string]any{"a": []any{"b", 1.5, uint64(3), []byte{1}}}, "ü", time.Unix(0, 0)} {
		if data, err := MarshalBinary(v); err == nil {
			f.Add(data)
		}
	}
	f.Add(nested(5))
	f.Add(laughs(3, 4))
	f.Add(overlapping(3, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte("bplist")) {
			data = append([]byte("bplist00"), data...)
		}
		fuzzed(t, data)
	})
}

func FuzzXML(f *testing.F) {
	if data, err := MarshalXML(map[string]any{"a": []any{"b&", 1.5, uint64(3), []byte{1}, true, time.Unix(0, 0)}}); err == nil {
		f.Add(data)
	}
	f.Add([]byte("<plist><!-- c --><dict><key>k</key><string><![CDATA[x]]></string></dict></plist>"))
	f.Fuzz(fuzzed)
}

// fuzzed decodes data into values of several shapes. What is accepted must be
// encodable again.
func fuzzed(t *testing.T, data []byte) {
	var reply struct {
		Error string
		Port  uint16
		Value any
		List  []struct{ ID int }
		Data  []byte
	}
	if err := Unmarshal(data, &reply); err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
		t.Errorf("untyped error %v", err)
	}
	var v any
	if Unmarshal(data, &v) != nil {
		return
	}
	if v == nil {
		t.Error("accepted, but there is no value")
	}
	if _, err := MarshalBinary(v); err != nil {
		t.Errorf("decoded, but cannot be encoded: %v", err)
	}
}
