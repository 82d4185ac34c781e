package store

import (
	"encoding/json"
	"fmt"
	"time"

	"homeport/backup/tree"
)

// How long and how often a partial is gone on with.
const (
	partialAge = 7 * 24 * time.Hour
	maxResumes = 5
)

// state is stage.json: what a stage is, for whoever finds it after a crash.
type state struct {
	Format   int       `json:"format"`
	Version  VersionID `json:"version"`
	UDID     string    `json:"udid"` // as the phone spells it
	Base     VersionID `json:"base,omitempty"`
	Strategy string    `json:"strategy,omitempty"`
	BaseUDID string    `json:"baseUdid,omitempty"` // of a mirror: as the base spells it
	Started  time.Time `json:"started"`
	Resumes  int       `json:"resumes"`
	Boot     string    `json:"boot,omitempty"` // the system start and mount in which it was last worked on
	// Cloned is set when the base is there in full, and Mark is then the time
	// that the file system gave to a file made after that: what the engine makes
	// is not older.
	Cloned bool      `json:"cloned"`
	Mark   time.Time `json:"mark,omitzero"`
	// Kept says that Keep made everything durable; Received is the number of
	// entries in the list of what was received before.
	Kept     bool `json:"kept"`
	Received int  `json:"received,omitempty"`
	// Imported says that no phone is behind it: it is never Cloned, and so never kept.
	Imported bool `json:"imported,omitempty"`
	// Found says that recovery has told of this stage as one that nobody ended.
	Found bool `json:"found,omitempty"`
}

func readState(d tree.Dir) (state, error) {
	var s state
	data, err := readFile(d, stageName)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("read %s: %w", stageName, err)
	}
	if !s.Version.Valid() || !validUDID(s.UDID) || s.Received < 0 {
		return s, fmt.Errorf("read %s: not a stage", stageName)
	}
	return s, nil
}

func (s state) write(d tree.Dir) error {
	s.Format = formatNumber
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", stageName, err)
	}
	return writeFile(d, stageName, append(data, '\n'))
}

// fate says whether a stage found at now, after a system start named boot, is a
// partial, and if not, why it is dropped. newest is the generation of the newest
// published version; alone says that the OS lock keeps every process of this computer
// away.
func (s state) fate(now time.Time, boot string, newest int, alone bool) (keep bool, why string) {
	switch {
	case s.Format > formatNumber:
		return true, "made by a later Homeport"
	case !s.Cloned:
		return false, "its base was not cloned to the end"
	case !s.Kept && !alone:
		return false, "nobody knows whether who made it still lives"
	case !s.Kept && (s.Boot == "" || s.Boot != boot):
		return false, "the computer stopped, or the drive was away, before it was kept"
	case s.Resumes >= maxResumes:
		return false, "resumed often enough"
	case now.Sub(s.Started) > partialAge:
		return false, "too old"
	case s.Version.Generation() <= newest:
		return false, "a newer version was published"
	}
	return true, ""
}

// judge reads one entry of staging/ and decides its fate.
func (p *phone) judge(name string, now time.Time, boot string, newest int) (state, bool) {
	d, err := openPath(p.dir, stagingName, name)
	if err != nil {
		return state{}, false
	}
	defer d.Close()
	s, err := readState(d)
	if err != nil || string(s.Version) != name {
		return state{}, false
	}
	keep, _ := s.fate(now, boot, newest, p.keeper == nil || p.lock != nil)
	return s, keep
}
