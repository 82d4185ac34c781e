package backupagent

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"howett.net/plist"
)

// What the encoder writes, another decoder reads.
func TestEncode(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	many := make([]string, 500)
	for k := range many {
		many[k] = long[:k%20] + "é"
	}
	var e encoder
	for range 2 { // the second time with what the first left
		b, err := e.encode([]any{
			"DLMessageX", 7, uint64(1 << 62), 2.5, true, false, many, long, "Ü 👍",
			pairs{{"a", "b"}, {long, "é"}}, map[string]any{"k": []any{}, "e": map[string]any{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		if _, err := plist.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		texts := make([]any, len(many))
		for k, s := range many {
			texts[k] = s
		}
		want := []any{
			"DLMessageX", uint64(7), uint64(1 << 62), 2.5, true, false, texts, long, "Ü 👍",
			map[string]any{"a": "b", long: "é"}, map[string]any{"k": []any{}, "e": map[string]any{}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %.300v", got)
		}
	}
	if _, err := e.encode(struct{}{}); err == nil {
		t.Error("a struct was encoded")
	}
}

func listingFrame(t testing.TB, format int) []byte {
	t.Helper()
	entries := map[string]any{"日本": map[string]any{"DLFileType": "DLFileTypeRegular", "DLFileSize": uint64(5 << 32)}}
	for k := range 40 {
		entries[strings.Repeat("n", k+1)] = map[string]any{
			"DLFileType": "DLFileTypeDirectory", "DLFileSize": uint64(k), "DLFileModificationDate": time.Unix(1e9, 0),
		}
	}
	b, err := plist.Marshal([]any{"DLMessageStatusResponse", 0, "___EmptyParameterString___", entries}, format)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestQuickListing(t *testing.T) {
	t.Parallel()
	got, ok := quickListing(listingFrame(t, plist.BinaryFormat))
	if !ok || len(got) != 41 || got["日本"] != (listed{size: 5 << 32}) || got["nnn"] != (listed{dir: true, size: 2}) {
		t.Errorf("%v, %v", got, ok)
	}
	if _, ok := quickListing(listingFrame(t, plist.XMLFormat)); ok {
		t.Error("XML was read")
	}
	failed, _ := plist.Marshal([]any{"DLMessageStatusResponse", -6, "", map[string]any{}}, plist.BinaryFormat)
	if _, ok := quickListing(failed); ok {
		t.Error("an error was taken for a listing")
	}
}

func FuzzQuickListing(f *testing.F) {
	whole := listingFrame(f, plist.BinaryFormat)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, frame []byte) {
		quickListing(frame)
	})
}
