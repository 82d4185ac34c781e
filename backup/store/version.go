package store

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// Version is a complete backup of one phone at one time.
type Version struct {
	ID        VersionID `json:"id"`
	UDID      string    `json:"udid"`
	Device    string    `json:"device"` // the phone's name then
	Finished  time.Time `json:"finished"`
	Files     int       `json:"files"`    // bodies
	Bytes     int64     `json:"bytes"`    // of the bodies
	NewBytes  int64     `json:"newBytes"` // received in the run that made it
	Full      bool      `json:"full"`
	Engine    string    `json:"engine"`
	Encrypted bool      `json:"encrypted"`
	// KeyBag names the key bag of an encrypted version: those with the same one open
	// with the same password. PasswordNumber numbers the passwords of a phone's versions,
	// from 1 for the oldest that is still there; Opened is when a password last
	// opened this version.
	KeyBag         string       `json:"keyBag,omitempty"`
	PasswordNumber int          `json:"passwordNumber,omitempty"`
	Opened         *time.Time   `json:"opened,omitempty"`
	Proof          backup.Proof `json:"proof"`
	Verified       *time.Time   `json:"verified,omitempty"` // last check that found nothing
	Pinned         bool         `json:"pinned"`
	Mirror         bool         `json:"mirror,omitempty"` // it took the place of the one before it
	Latest         bool         `json:"latest"`           // the newest of its phone that is usable
	Path           string       `json:"path"`             // point Finder or idevicebackup2 here; holds <UDID>/

	// Took is how long the run that made it took, as far as that was measured; zero in
	// versions of earlier releases.
	Took backup.Took `json:"took,omitzero"`

	// Imported says where a version came from that no run of ours made; Finished is then
	// the date of that backup.
	Imported *Import `json:"imported,omitempty"`

	// Damage says why the version cannot be used: an entry that is not ours or
	// not readable, or damage that a check has found. Empty is sound.
	Damage string `json:"damage,omitempty"`
	// Merging says that the version is being put in the place of the one before, or was
	// when a computer stopped: it is neither sound nor damaged until recovery has looked.
	Merging bool `json:"merging,omitempty"`
	// Notes are the warnings of the run that published it; only Publish fills them.
	Notes []*cause.Error `json:"-"`

	unfit bool // a phone has refused to build on it
	under int  // see record.Under
}

// Sound says that nothing is known against the version.
func (v Version) Sound() bool { return v.Damage == "" }

// record is version.json: written once, before the version is published.
type record struct {
	Format    int          `json:"format"`
	ID        VersionID    `json:"id"`
	UDID      string       `json:"udid"`
	Device    string       `json:"device"`
	IOS       string       `json:"iosVersion,omitempty"`
	Started   time.Time    `json:"started"`
	Finished  time.Time    `json:"finished"`
	Base      VersionID    `json:"base,omitempty"`
	Strategy  string       `json:"strategy,omitempty"` // how the base was cloned
	Resumes   int          `json:"resumes,omitempty"`
	Files     int          `json:"files"`
	Bytes     int64        `json:"bytes"`
	NewBytes  int64        `json:"newBytes"`
	Full      bool         `json:"full"`
	Engine    string       `json:"engine"`
	Encrypted bool         `json:"encrypted"`
	KeyBag    string       `json:"keyBag,omitempty"` // of an encrypted version; older records have none
	Proof     backup.Proof `json:"proof"`
	Rows      int          `json:"rows,omitempty"` // of Manifest.db
	Seal      string       `json:"seal"`           // SHA-256 of SHA256SUMS
	Sealed    int          `json:"sealed"`         // its lines

	Took backup.Took `json:"took,omitzero"` // what the run took; older records have none

	// Odd is what did not fit when the version was made, and is no damage later;
	// OddCounts counts it by kind, also what Odd had no room for.
	Odd       []mobilesync.Damage     `json:"odd,omitempty"`
	OddCounts map[mobilesync.Kind]int `json:"oddCounts,omitempty"`

	// Imported is where an imported version came from. Under is the generation that one
	// which is not the newest stands below; see the package comment.
	Imported *Import `json:"imported,omitempty"`
	Under    int     `json:"under,omitempty"`

	// Sum is the record's own; see withSum. spoiled says that it does not fit: what the
	// record says is as likely right, and damaged all the same.
	Sum     string `json:"sum,omitempty"`
	spoiled bool
}

// readRecord reads a version's own account of itself and proves that it belongs
// where it was found.
func readRecord(d tree.Dir, id VersionID) (record, error) {
	data, err := readFile(d, recordName)
	if err != nil {
		return record{}, err
	}
	r, err := parseRecord(data)
	if err != nil {
		return r, err
	}
	if r.ID != id {
		return r, fmt.Errorf("read %s: it is the one of %q", recordName, r.ID)
	}
	return r, nil
}

func parseRecord(data []byte) (record, error) {
	var r record
	var f struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return r, fmt.Errorf("read %s: %w", recordName, err)
	}
	if f.Format > formatNumber {
		return r, cause.New(cause.StoreTooNew, cause.Evidence{"format": f.Format, "supported": formatNumber},
			fmt.Errorf("read %s: format %d", recordName, f.Format))
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("read %s: %w", recordName, err)
	}
	r.spoiled = !sumFits(data, r.Sum, 1)
	if f.Format < 1 || !r.ID.Valid() || !validUDID(r.UDID) || len(r.Seal) != 64 || r.Files < 0 || r.Bytes < 0 {
		return r, fmt.Errorf("read %s: not a record of a version", recordName)
	}
	return r, nil
}

// version is what a person sees of a record, with what the marks know.
func (r record) version(path string, m mark) Version {
	v := Version{
		ID: r.ID, UDID: r.UDID, Device: r.Device, Finished: r.Finished,
		Files: r.Files, Bytes: r.Bytes, NewBytes: r.NewBytes, Full: r.Full,
		Engine: r.Engine, Encrypted: r.Encrypted, KeyBag: r.KeyBag, Opened: m.Opened, Proof: r.Proof,
		Path: path, Pinned: m.Pinned, Verified: m.Verified, Damage: m.Damage, Took: r.Took, Mirror: r.Strategy == mirrored,
		Imported: r.Imported, unfit: m.Unfit != "", under: r.Under,
	}
	if v.Encrypted && v.KeyBag == "" {
		v.KeyBag = keyBagOf(path, r.UDID)
	}
	if m.Proof != "" {
		v.Proof = m.Proof
	}
	if r.spoiled && v.Damage == "" {
		v.Damage = recordName + ": " + string(mobilesync.Changed)
	}
	return v
}

// Folder opens the phone's folder of a version for reading. The caller closes it.
// Errors are those of mobilesync.Open.
func (v Version) Folder() (*mobilesync.Folder, error) { return mobilesync.Open(v.Path, v.UDID) }

// keyBagOf reads which key bag a folder has; "" when it cannot be told.
func keyBagOf(path, udid string) string {
	f, err := mobilesync.Open(path, udid)
	if err != nil {
		return ""
	}
	defer f.Close()
	m, err := f.Manifest()
	if err != nil {
		return ""
	}
	id, _ := m.KeyBagUUID()
	return id
}

// numberPasswords numbers the key bags of versions that are newest first.
func numberPasswords(list []Version) {
	known := map[string]int{}
	for i := len(list) - 1; i >= 0; i-- {
		bag := list[i].KeyBag
		if bag == "" {
			continue
		}
		if known[bag] == 0 {
			known[bag] = len(known) + 1
		}
		list[i].PasswordNumber = known[bag]
	}
}

// versionPath is the absolute path of a version's folder.
func (p *phone) versionPath(id VersionID) string {
	return filepath.Join(p.path(), versionsName, string(id))
}
