//go:build unix

package store

import (
	"os"
	"path/filepath"
	"testing"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/cause"
)

// TestCutAtTheFileLimit holds that a body which ends where FAT32 cuts files is no part
// of a version, when the engine cannot say that it arrived whole.
func TestCutAtTheFileLimit(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	st := begin(t, s, udidA)
	fill(t, st, udidA, numbered(3, "one"), script{})
	cut := filepath.Join(st.Dir(), udidA, filepath.FromSlash(mobilesync.NewFileID(domain, "video").Body()))
	must(t, os.MkdirAll(filepath.Dir(cut), 0o700))
	must(t, os.WriteFile(cut, nil, 0o600))
	must(t, os.Truncate(cut, 1<<32-1)) // a hole: it takes nothing
	_, err := st.Publish(t.Context(), backup.Result{Engine: "libimobiledevice"})
	if id, _ := cause.Of(err); id != cause.DestinationFileLimit {
		t.Errorf("told as %s: %v", id, err)
	}
	must(t, st.Discard())
}
