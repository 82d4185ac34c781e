package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// mark is what is known about a version besides itself.
type mark struct {
	Pinned   bool         `json:"pinned,omitempty"`
	Why      string       `json:"why,omitempty"` // of the pin: a cause, or "asked"
	Verified *time.Time   `json:"verified,omitempty"`
	Proof    backup.Proof `json:"proof,omitempty"` // when a check proved more than the run did
	// Read is when every byte was last read and compared, well or not.
	Read *time.Time `json:"read,omitempty"`
	// Opened is when a password last opened the version.
	Opened *time.Time `json:"opened,omitempty"`
	// Damage is what the last check found, in words; Damaged when.
	Damage  string     `json:"damage,omitempty"`
	Damaged *time.Time `json:"damaged,omitempty"`
	// DamageLevel is the level of that check.
	DamageLevel Level `json:"damageLevel,omitempty"`
	// Unfit says with which cause a phone refused to build on the version. It may
	// be whole all the same.
	Unfit string `json:"unfit,omitempty"`
}

// marks is marks.json.
type marks struct {
	Format   int                `json:"format"`
	Versions map[VersionID]mark `json:"versions"`
	// Lost is what healMarks had to give up and nobody was told yet.
	Lost *lost `json:"lost,omitempty"`
	// Sum is the file's own; see withSum.
	Sum string `json:"sum,omitempty"`
}

// lost is what became of marks that could not be read.
type lost struct {
	Count int    `json:"count"` // the versions that were there
	Why   string `json:"why"`
}

// readMarks reads the marks of a phone; none is not an error. Marks that cannot
// be read are an error: to take them for empty would forget pins.
func (p *phone) readMarks() (marks, error) {
	m := marks{Format: formatNumber, Versions: map[VersionID]mark{}}
	data, err := readFile(p.dir, marksName)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	return parseMarks(data)
}

func parseMarks(data []byte) (marks, error) {
	var m marks
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read %s: %w", marksName, err)
	}
	if m.Format > formatNumber {
		return m, cause.New(cause.StoreTooNew, cause.Evidence{"format": m.Format, "supported": formatNumber},
			fmt.Errorf("read %s: format %d", marksName, m.Format))
	}
	if m.Format < 1 {
		return m, fmt.Errorf("read %s: no format number", marksName)
	}
	if !sumFits(data, m.Sum, 0) {
		return m, fmt.Errorf("read %s: not as it was written", marksName)
	}
	if m.Versions == nil {
		m.Versions = map[VersionID]mark{}
	}
	return m, nil
}

// changeMark reads the marks, lets change work on one of them, and writes them
// back durably. Marks of versions that are gone are dropped.
func (p *phone) changeMark(id VersionID, change func(*mark)) error {
	unlock, err := p.lockMarks()
	if err != nil {
		return err
	}
	defer unlock()
	m, err := p.readMarks()
	if err != nil {
		return err
	}
	one := m.Versions[id]
	change(&one)
	m.Versions[id] = one
	there, err := p.versionNames()
	if err != nil {
		return err
	}
	for known := range m.Versions {
		if known != id && !there[string(known)] {
			delete(m.Versions, known)
		}
	}
	m.Format = formatNumber
	return p.writeMarks(m)
}

func (p *phone) writeMarks(m marks) error {
	m.Sum = noSum
	data, err := withSum(m)
	if err != nil {
		return fmt.Errorf("write %s: %w", marksName, err)
	}
	return writeFile(p.dir, marksName, data)
}

// versionNames lists what is in versions/, ours or not.
func (p *phone) versionNames() (map[string]bool, error) {
	d, err := p.dir.OpenDir(versionsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Names()
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set, err
}
