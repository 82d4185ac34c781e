package mobilesync

// Kind says what is wrong with a file or a row.
type Kind string

// The kinds of damage.
const (
	Missing      Kind = "missing"       // named by the manifest with a size above 0, not there
	MissingEmpty Kind = "missing-empty" // as Missing, but the manifest says 0 bytes, or gives no size
	Empty        Kind = "empty"         // 0 bytes where there must be some
	WrongSize    Kind = "wrong-size"    // another length than the manifest says; encrypted: not whole blocks
	NotRegular   Kind = "not-regular"   // a link, directory, FIFO or device in the place of a file
	Unreadable   Kind = "unreadable"    // cannot be opened, parsed, or read to its end
	Stray        Kind = "stray"         // not named by the manifest
	WrongID      Kind = "wrong-id"      // a row whose id is not the SHA-1 of its domain and path
	BadRow       Kind = "bad-row"       // a row whose blob cannot be read
	DuplicateRow Kind = "duplicate-row" // a second row with the same id
	SnapshotLeft Kind = "snapshot-left" // the phone's staging was not removed
	WrongUDID    Kind = "wrong-udid"    // the folder belongs to another phone
	NotFinished  Kind = "not-finished"  // the phone did not say "finished"
	StatusOld    Kind = "status-old"    // finished, but BackupState is not "new"
	TooOld       Kind = "too-old"       // a backup from before iOS 10
	Changed      Kind = "changed"       // other bytes than when the backup was sealed

	// Undecryptable is a body that its key does not open to what the row says.
	Undecryptable Kind = "undecryptable"
)

// Damage names one thing that is wrong.
type Damage struct {
	// Path is the slash path below the folder that holds <UDID>, and begins with it.
	Path string `json:"path"`
	// Domain and RelativePath say which of the phone's files it is; empty when
	// it is none of them, or when the backup is locked.
	Domain       string `json:"domain,omitempty"`
	RelativePath string `json:"relativePath,omitempty"`
	Kind         Kind   `json:"kind"`
}

// Report is what a check found.
type Report struct {
	// Encrypted says that the backup is encrypted. Unless the folder was unlocked,
	// rows could then not be compared with bodies.
	Encrypted bool
	// Rows counts the rows of Manifest.db; 0 when it could not be read.
	Rows int
	// Files counts the bodies on disk that the manifest names (when it could not be
	// read: that look like bodies), and Bytes adds up their lengths.
	Files int
	Bytes int64
	// Damage names what is wrong, up to the limit of the options; Counts counts
	// all of it by kind.
	Damage []Damage
	Counts map[Kind]int
}

// OK says that nothing at all is wrong.
func (r Report) OK() bool { return len(r.Counts) == 0 }

// Total counts all damage, listed or not.
func (r Report) Total() int {
	n := 0
	for _, c := range r.Counts {
		n += c
	}
	return n
}

// count notes damage and says whether there is room to list it.
func (r *Report) count(k Kind, limit int) bool {
	if r.Counts == nil {
		r.Counts = map[Kind]int{}
	}
	r.Counts[k]++
	return len(r.Damage) < limit
}
