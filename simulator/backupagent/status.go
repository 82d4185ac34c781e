package backupagent

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"howett.net/plist"
)

// The values of SnapshotState.
const (
	uploading = "uploading"
	moving    = "moving"
	removing  = "removing"
	finished  = "finished"
)

// statusVersion is written; older ones are read back to minStatusVersion, and a
// folder older than goodStatusVersion is not gone on with.
const (
	statusVersion     = "3.3"
	goodStatusVersion = 3.3
	minStatusVersion  = 2.4
	maxStatusVersion  = 4.0
)

// status is Status.plist.
type status struct {
	Version       string    `plist:"Version"`
	UUID          string    `plist:"UUID"`
	Date          time.Time `plist:"Date"`
	BackupState   string    `plist:"BackupState"`
	SnapshotState string    `plist:"SnapshotState"`
	IsFullBackup  bool      `plist:"IsFullBackup"`
}

func (s status) encode() ([]byte, error) {
	b, err := plist.Marshal(s, plist.BinaryFormat)
	if err != nil {
		return nil, fmt.Errorf("encode Status.plist: %w", err)
	}
	return b, nil
}

// parseStatus reads a Status.plist; usable is false for one that is too old to go
// on with.
func parseStatus(b []byte) (s status, usable bool, err error) {
	if err := decode(b, &s); err != nil {
		return s, false, failWith(codeCorrupt, "Status.plist: %v", err)
	}
	version, err := strconv.ParseFloat(s.Version, 64)
	if err != nil || version < minStatusVersion || version >= maxStatusVersion {
		return s, false, failWith(codeCorrupt, "Status.plist has version %q", s.Version)
	}
	switch s.SnapshotState {
	case uploading, moving, removing, finished:
		return s, version >= goodStatusVersion, nil
	}
	return s, false, failWith(codeCorrupt, "Status.plist has state %q", s.SnapshotState)
}

// manifestFacts is the part of Manifest.plist that says whose it is.
type manifestFacts struct {
	Version      string `plist:"Version"`
	IsEncrypted  bool   `plist:"IsEncrypted"`
	BackupKeyBag []byte `plist:"BackupKeyBag"`
	ManifestKey  []byte `plist:"ManifestKey"`
	Lockdown     struct {
		UniqueDeviceID string `plist:"UniqueDeviceID"`
		ProductVersion string `plist:"ProductVersion"`
	} `plist:"Lockdown"`
}

func parseFacts(b []byte) (facts manifestFacts, err error) {
	if len(b) == 0 {
		return facts, failWith(codeCorrupt, "Manifest.plist is empty")
	}
	if err := decode(b, &facts); err != nil {
		return facts, failWith(codeCorrupt, "Manifest.plist: %v", err)
	}
	return facts, nil
}

// sameOwner says whether two manifests are of one phone in one state of
// encryption, so that an incremental backup can follow.
func (f manifestFacts) sameOwner(other manifestFacts) bool {
	return f.IsEncrypted == other.IsEncrypted && bytes.Equal(f.BackupKeyBag, other.BackupKeyBag) &&
		f.Lockdown.UniqueDeviceID == other.Lockdown.UniqueDeviceID
}
