package preflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"homeport/cause"
	"homeport/usbmux"
)

// foreign looks for a backup that another program keeps in the folder: a real
// folder with the name of a phone, where ours has a link at most.
func (t *target) foreign(context.Context) Finding {
	f, err := os.Open(t.dir)
	if err != nil {
		return Finding{Status: Pass, Err: err} // other checks tell it
	}
	defer f.Close()
	const most = 10_000 // names; a folder for backups has a few
	names, err := f.Readdirnames(most)
	if err != nil && !errors.Is(err, io.EOF) {
		return Finding{Status: Pass, Err: err}
	}
	for _, name := range names {
		if !usbmux.ValidUDID(name) || t.udid != "" && !usbmux.SameUDID(name, t.udid) {
			continue
		}
		path := filepath.Join(t.dir, name)
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			return Finding{Status: Warn, Cause: cause.DestinationForeign, Evidence: cause.Evidence{"path": path, "udid": usbmux.CanonicalUDID(name)},
				Err: fmt.Errorf("look for backups of others: %s is a real folder", path)}
		}
	}
	return passed(nil)
}
