package store

import (
	"errors"
	"fmt"
	"strings"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/cause"
)

// missingAllowed is the part of the rows that may lack their body: one in a
// thousand. Nobody has seen yet how strict real phones are.
const missingAllowed = 1000

// proven applies the rules that refuse a version. A nil answer means that the
// folder is a complete backup of this phone, whatever else looks odd. by is how far
// the engine has proven what it received: after one that has not, a body of the
// wrong length is as likely half a file, and counts as none.
func proven(r mobilesync.Report, udid string, by backup.Proof) error {
	for _, d := range r.Damage {
		if id := refusal(d, udid); id != "" {
			ev := evidence(r)
			ev["reason"] = fmt.Sprintf("%s is %s", d.Path, d.Kind)
			return cause.New(id, ev, fmt.Errorf("prove backup: %s is %s", d.Path, d.Kind))
		}
	}
	// Reports list a bounded number of damages; the counts hold all of them.
	for _, k := range []mobilesync.Kind{mobilesync.Unreadable, mobilesync.NotRegular, mobilesync.WrongUDID, mobilesync.NotFinished} {
		if r.Counts[k] > 0 {
			return cause.New(cause.ProtocolError, evidence(r), fmt.Errorf("prove backup: %d × %s", r.Counts[k], k))
		}
	}
	lacking := r.Counts[mobilesync.Missing] + r.Counts[mobilesync.Empty]
	if by == "" {
		lacking += r.Counts[mobilesync.WrongSize]
	}
	if lacking > r.Rows/missingAllowed {
		return cause.New(cause.ManifestMismatch, evidence(r), fmt.Errorf("prove backup: %d of %d bodies are missing, empty or not whole", lacking, r.Rows))
	}
	return nil
}

// refusal gives the cause with which one damage alone refuses a version, or "".
func refusal(d mobilesync.Damage, udid string) cause.ID {
	switch d.Kind {
	case mobilesync.WrongUDID:
		return cause.DeviceIdentityMismatch
	case mobilesync.TooOld:
		return cause.IOSTooOld
	case mobilesync.NotRegular:
		return cause.DestinationUnsafe
	case mobilesync.NotFinished, mobilesync.Unreadable:
		return cause.ProtocolError
	case mobilesync.Missing, mobilesync.Empty:
		switch strings.TrimPrefix(d.Path, udid+"/") {
		case mobilesync.InfoFile, mobilesync.StatusFile, mobilesync.ManifestFile, mobilesync.DatabaseFile:
			return cause.ProtocolError
		}
	}
	return ""
}

// quiet are the kinds that are recorded and not worth a warning: real phones may
// well do them.
func quiet(k mobilesync.Kind) bool { return k == mobilesync.MissingEmpty || k == mobilesync.StatusOld }

// oddities counts what a person should be told about a backup that was proven.
func oddities(r mobilesync.Report) int {
	n := 0
	for k, c := range r.Counts {
		if !quiet(k) {
			n += c
		}
	}
	return n
}

// evidence names counts and the first few files.
func evidence(r mobilesync.Report) cause.Evidence {
	ev := cause.Evidence{"rows": r.Rows, "count": r.Total()}
	var names []string
	for _, d := range r.Damage {
		if len(names) == 5 {
			break
		}
		name := d.Path
		if d.Domain != "" {
			name = d.Domain + "-" + d.RelativePath
		}
		names = append(names, fmt.Sprintf("%s: %s", name, d.Kind))
	}
	ev["names"] = names
	return ev
}

// shrank says whether a backup holds less than half of what the one before held.
func shrank(files int, bytes int64, before Version) bool {
	return 2*files < before.Files || 2*bytes < before.Bytes
}

var errReread = errors.New("read back: not the bytes that were received")
