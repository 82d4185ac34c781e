package backup

import (
	"encoding/json"
	"testing"
)

// TestTookOfHostileRecords holds that what cannot be true is read as not measured, and
// never as an error.
func TestTookOfHostileRecords(t *testing.T) {
	t.Parallel()
	zero := Took{}
	for text, want := range map[string]Took{
		`{"receiving":12.5,"bytes":7}`:            {Receiving: 12.5, Bytes: 7},
		`{"receiving":12.5,"what":"a later key"}`: {Receiving: 12.5},
		`{}`:                         zero,
		`{"receiving":-1}`:           zero,
		`{"receiving":1e999}`:        zero,
		`{"receiving":1e300}`:        zero,
		`{"bytes":-5,"receiving":1}`: zero,
		`{"bytes":1.5}`:              zero,
		`{"files":9223372036854775807,"phone":3}`: zero,
		`"soon"`: zero,
		`[1,2]`:  zero,
		`null`:   zero,
	} {
		var got struct {
			Took Took `json:"took"`
		}
		if err := json.Unmarshal([]byte(`{"took":`+text+`}`), &got); err != nil || got.Took != want {
			t.Errorf("%s: %+v, %v", text, got.Took, err)
		}
	}
}
