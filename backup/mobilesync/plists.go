package mobilesync

import (
	"strings"
	"time"

	"homeport/usbmux/plist"
)

// How long each property list may be. Info.plist holds icons and iTunes files,
// Manifest.plist a dictionary of applications; Status.plist has six values.
const (
	maxInfo     = 64 << 20
	maxManifest = 32 << 20
	maxStatus   = 64 << 10
)

// SnapshotState is how far the phone came with its own staging.
type SnapshotState string

// The states in the order in which a phone writes them.
const (
	SnapshotUploading SnapshotState = "uploading"
	SnapshotMoving    SnapshotState = "moving"
	SnapshotRemoving  SnapshotState = "removing"
	SnapshotFinished  SnapshotState = "finished"
)

// BackupState is what a phone calls the folder's contents.
type BackupState string

// The states of a backup; a complete one is new.
const (
	BackupEmpty BackupState = "empty"
	BackupOld   BackupState = "old"
	BackupNew   BackupState = "new"
)

// Status is Status.plist: what the phone says about the state of the backup.
type Status struct {
	Version       string        `plist:"Version"`
	UUID          string        `plist:"UUID"`
	Date          time.Time     `plist:"Date"`
	BackupState   BackupState   `plist:"BackupState"`
	SnapshotState SnapshotState `plist:"SnapshotState"`
	IsFullBackup  bool          `plist:"IsFullBackup"`
}

// Finished says whether the phone was done: SnapshotState finished, and a
// BackupState that is not empty.
func (s Status) Finished() bool {
	return s.SnapshotState == SnapshotFinished && s.BackupState != BackupEmpty
}

// Info is the part of Info.plist that says whose backup it is. Every key but
// the identifiers is optional.
type Info struct {
	TargetIdentifier string    `plist:"Target Identifier"`
	UniqueIdentifier string    `plist:"Unique Identifier"` // upper case
	DeviceName       string    `plist:"Device Name"`
	ProductType      string    `plist:"Product Type"`
	ProductVersion   string    `plist:"Product Version"`
	BuildVersion     string    `plist:"Build Version"`
	SerialNumber     string    `plist:"Serial Number"`
	GUID             string    `plist:"GUID"`
	LastBackupDate   time.Time `plist:"Last Backup Date"`
	ITunesVersion    string    `plist:"iTunes Version"` // other tools write one too
	MacOSVersion     string    `plist:"macOS Version"`  // Finder's
}

// Manifest is the part of Manifest.plist that says how the backup was made.
type Manifest struct {
	Version        string    `plist:"Version"`
	Date           time.Time `plist:"Date"`
	IsEncrypted    bool      `plist:"IsEncrypted"`
	WasPasscodeSet bool      `plist:"WasPasscodeSet"`
	// BackupKeyBag is there in unencrypted backups too.
	BackupKeyBag []byte           `plist:"BackupKeyBag"`
	ManifestKey  []byte           `plist:"ManifestKey"`
	Lockdown     ManifestLockdown `plist:"Lockdown"`
}

// ManifestLockdown is the phone as Manifest.plist describes it.
type ManifestLockdown struct {
	UniqueDeviceID string `plist:"UniqueDeviceID"`
	DeviceName     string `plist:"DeviceName"`
	ProductType    string `plist:"ProductType"`
	ProductVersion string `plist:"ProductVersion"`
	BuildVersion   string `plist:"BuildVersion"`
	SerialNumber   string `plist:"SerialNumber"`
}

// Status reads Status.plist. Errors are *FileError.
func (f *Folder) Status() (Status, error) {
	var s Status
	return s, f.plist(StatusFile, maxStatus, &s)
}

// Info reads Info.plist. Errors are *FileError.
func (f *Folder) Info() (Info, error) {
	var i Info
	return i, f.plist(InfoFile, maxInfo, &i)
}

// Manifest reads Manifest.plist. Errors are *FileError.
func (f *Folder) Manifest() (Manifest, error) {
	var m Manifest
	return m, f.plist(ManifestFile, maxManifest, &m)
}

func (f *Folder) plist(name string, limit int64, v any) error {
	data, err := f.read(name, limit)
	if err != nil {
		return err
	}
	if err := plist.Unmarshal(data, v); err != nil {
		return &FileError{Name: name, Kind: Unreadable, Err: err}
	}
	return nil
}

// sameUDID compares identifiers without case and dashes, as the programs that
// write them differ in both.
func sameUDID(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
}
