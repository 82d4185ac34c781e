package cause

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestMeasured writes evidence as JSON, as the history does, and reads it back: every name
// that sentences use says the same again.
func TestMeasured(t *testing.T) {
	t.Parallel()
	ev := Evidence{}
	for _, k := range keys {
		ev[k.name] = k.sample
	}
	text, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	var plain Evidence
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	back := Measured(plain)
	for _, k := range keys {
		switch k.sample.(type) {
		case Bytes, Seconds, BitRate:
			if !reflect.DeepEqual(back[k.name], k.sample) {
				t.Errorf("%s: %#v, want %#v", k.name, back[k.name], k.sample)
			}
		}
	}
	if _, isText := back["usual"].(string); !isText {
		t.Errorf("a folder became %#v", back["usual"])
	}
	e := New(HostDiskFull, Evidence{"short": back["short"], "volume": back["volume"]}, nil)
	if first := e.Remedy("linux")[0]; first != `Free 53.7 GB on Backups, or set another destination.` {
		t.Errorf("step: %s", first)
	}
	if _, stays := plain["short"].(float64); !stays || Measured(nil) != nil {
		t.Error("what was given was changed")
	}
}
