package mobilesync

import (
	"encoding/hex"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"homeport/usbmux/plist"
)

func TestDecodeMBFile(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{0, 1, 127, 255, 256, 65535, 65536, 1 << 32, 1 << 40, math.MaxInt64} {
		m, err := DecodeMBFile(mbfileBlob(t, "a/b", size))
		if err != nil || m.Size != size || m.Mode != 0o100644 || m.Modified != 1700000000 {
			t.Errorf("size %d: %+v, %v", size, m, err)
		}
	}
}

func TestDecodeMBFileRefuses(t *testing.T) {
	t.Parallel()
	archive := func(top, objects any) []byte {
		data, err := plist.MarshalBinary(map[string]any{"$top": top, "$objects": objects})
		must(t, err)
		return data
	}
	root := func(n uint64) any { return map[string]any{"root": plist.UID(n)} }
	for name, blob := range map[string][]byte{
		"nothing":           nil,
		"text":              []byte("hello"),
		"header only":       []byte("bplist00"),
		"no size":           archive(root(0), []any{map[string]any{"Mode": 1}}),
		"negative size":     archive(root(0), []any{map[string]any{"Size": -1}}),
		"size a string":     archive(root(0), []any{map[string]any{"Size": "1"}}),
		"size above 2^63":   archive(root(0), []any{map[string]any{"Size": uint64(math.MaxUint64)}}),
		"root out of range": archive(root(5), []any{map[string]any{"Size": 1}}),
		"root not a UID":    archive(map[string]any{"root": 0}, []any{map[string]any{"Size": 1}}),
		"root not a dict":   archive(root(0), []any{"x"}),
		"objects no array":  archive(root(0), "x"),
		"too long":          make([]byte, maxMBFile+1),
	} {
		if m, err := DecodeMBFile(blob); !errors.Is(err, ErrMBFile) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

// Every prefix and every flipped byte of a real-looking blob ends in a value or
// an error.
func TestDecodeMBFileDamaged(t *testing.T) {
	t.Parallel()
	good := mbfileBlob(t, "Media/DCIM/IMG.JPG", 12345)
	for i := range good {
		if _, err := DecodeMBFile(good[:i]); err == nil {
			t.Errorf("prefix of %d bytes accepted", i)
		}
		for _, with := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			bad := append([]byte(nil), good...)
			bad[i] = with
			_, _ = DecodeMBFile(bad)
		}
	}
}

func TestDecodeMBFileAllocatesNothing(t *testing.T) {
	blob := mbfileBlob(t, "Media/DCIM/IMG.JPG", 12345)
	if n := testing.AllocsPerRun(100, func() { _, _ = DecodeMBFile(blob) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestFileID(t *testing.T) {
	t.Parallel()
	id := NewFileID("HomeDomain", "Library/SMS/sms.db")
	if id.String() != "3d0d7e5fb2ce288813306e4d4636395e047a3d28" || id.Body() != "3d/"+id.String() {
		t.Errorf("id %s", id)
	}
	if got, ok := ParseFileID(id.String()); !ok || got != id {
		t.Errorf("parsed %s, %v", got, ok)
	}
	for _, bad := range []string{"", "3d", id.String() + "0", "3D" + id.String()[2:], "g" + id.String()[1:]} {
		if _, ok := ParseFileID(bad); ok {
			t.Errorf("%q parsed", bad)
		}
	}
}

func FuzzMBFile(f *testing.F) {
	f.Add(mbfileBlob(f, "Media/DCIM/IMG.JPG", 12345))
	f.Add(mbfileBlob(f, "", 0))
	f.Add([]byte("bplist00"))
	f.Fuzz(func(t *testing.T, blob []byte) {
		m, err := DecodeMBFile(blob)
		if err == nil && m.Size < 0 {
			t.Errorf("size %d", m.Size)
		}
		if err != nil && !errors.Is(err, ErrMBFile) {
			t.Errorf("error %v", err)
		}
	})
}

// FuzzManifestDB changes bytes of a real database, at offsets and to values that
// the input gives, and checks the folder: it ends, and without a panic.
func FuzzManifestDB(f *testing.F) {
	dir := newWorld(40).build(f)
	path := filepath.Join(dir, testUDID, DatabaseFile)
	good, err := os.ReadFile(path)
	must(f, err)
	header, _ := hex.DecodeString("0010ff")
	f.Add(header)
	f.Add([]byte{0, 18, 2, 0, 100, 13, 16, 3, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, changes []byte) {
		bad := append([]byte(nil), good...)
		for ; len(changes) >= 3; changes = changes[3:] {
			bad[(int(changes[0])<<8|int(changes[1]))%len(bad)] = changes[2]
		}
		if len(changes) == 1 { // a cut, too
			bad = bad[:len(bad)*int(changes[0])/256]
		}
		must(t, os.WriteFile(path, bad, 0o600))
		folder, err := Open(dir, testUDID)
		must(t, err)
		defer folder.Close()
		if _, err := folder.Check(t.Context(), testUDID, Options{}); err != nil {
			t.Errorf("check: %v", err)
		}
	})
}
