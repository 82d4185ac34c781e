package backup

import "homeport/backup/tree"

// PasswordChange says how a phone's backup password is to change. Old alone
// removes it, New alone sets one on a phone that has none, both change it.
type PasswordChange struct {
	UDID  string // as the phone spells it
	Old   Secret // the one that is set; "" when none is
	New   Secret // the one to set; "" to have none
	Phone Phone
}

// RestoreOptions choose what a restore does to the phone. The zero value is what the
// stock tool does: files and data of apps come back, the phone's settings, what iOS
// keeps for itself and what is not in the backup stay, and the phone restarts.
type RestoreOptions struct {
	SystemFiles  bool // restore what iOS keeps for itself, too
	Settings     bool // replace the phone's settings by those of the backup
	RemoveOthers bool // delete what is on the phone and not in the backup
	NoReboot     bool // do not restart at the end
}

// RestoreJob says which version to put onto which phone.
type RestoreJob struct {
	UDID   string // of the phone that gets it, as it spells it
	Source string // of the phone that was backed up: the name of the folder in Dir
	// Dir holds <Source>/. It is a published version: it is read, and nothing in
	// it is ever opened for writing, made, moved or removed.
	Dir string
	// Sum answers the SHA-256 that a file of the version was sealed with, by its
	// path, which begins with Source; false for what is not part of the version
	// and must not be given out.
	Sum      func(tree.Rel) ([32]byte, bool)
	Options  RestoreOptions
	Password Secret // of an encrypted backup; "" for one that is not
	Phone    Phone
}

// RestoreResult is what a finished restore has to say.
type RestoreResult struct {
	Engine string // "native" or "libimobiledevice"
	Files  int    // bodies sent to the phone
	Bytes  int64  // their bytes
	// Odd lists what looked odd but did not spoil the restore, for the log.
	Odd []string
}
