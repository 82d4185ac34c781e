package backupagent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"homeport/simulator/contents"
)

// Env is the rest of the phone, as its backup agent sees it.
type Env interface {
	// UDID is the phone's, in its own spelling.
	UDID() string
	// Now is the phone's clock. It names the copy that a restore asks for; what
	// ends in a backup is dated by the run number instead.
	Now() time.Time
	// Values is the root domain of lockdown, for Manifest.plist.
	Values() map[string]any
	// Passcode blocks while the passcode sheet is up: nil when the passcode was
	// typed (or none is needed), ErrRefused when it was not. The agent posts
	// SheetPresented before it and SheetDismissed after it.
	Passcode(ctx context.Context) error
	// Notify posts a notification to whoever observes it.
	Notify(name string)
	// FreeBytes is the free space on the phone.
	FreeBytes() int64
	// Stage is asked each time that a request reaches one of the stages below.
	// An answer other than nil ends the request there with that ErrorCode.
	Stage(name string) *int
}

// ErrRefused is what Env.Passcode answers when the sheet was cancelled or ran
// out; the request ends with ErrorCode 208.
var ErrRefused = errors.New("passcode refused")

// The notifications around the passcode sheet.
const (
	SheetPresented = "com.apple.LocalAuthentication.ui.presented"
	SheetDismissed = "com.apple.LocalAuthentication.ui.dismissed"
)

// The stages of a Backup, in their order. StageBatch comes again for each batch.
const (
	StageRequest     = "request"     // the request was read, no sheet yet
	StageUnlocked    = "unlocked"    // the passcode was typed
	StageScan        = "scan"        // the host's Status and manifests were read
	StageSpace       = "space"       // before the host is asked for its free space
	StageDirectories = "directories" // before the directories are made
	StageUploading   = "uploading"   // before Status uploading
	StageBatch       = "batch"       // before each batch of bodies
	StageManifests   = "manifests"   // before the new manifests are sent
	StageMoving      = "moving"      // before Status moving
	StageMoveBatch   = "move-batch"  // before each batch of moves
	StageRemoving    = "removing"    // before Status removing
	StageFinished    = "finished"    // before Status finished
	StageVerify      = "verify"      // before the host's folder is checked
	StageEnd         = "end"         // before the final Response
)

// The stages of a Restore, after StageRequest and StageUnlocked.
const (
	StageRestoreManifests = "restore-manifests" // before the host's manifests are read
	StageRestoreBatch     = "restore-batch"     // before each batch of bodies
)

// Agent is the backup agent of one phone. It keeps what the phone keeps between
// connections. Set the exported fields before the first Serve.
type Agent struct {
	// Major is the DeviceLink version that the phone offers; New sets 400.
	Major int
	// Frame is the most bytes in one frame of a body, its code byte included;
	// New sets 32 KiB.
	Frame int
	// Transcript, when set, is told every message of every connection, in order,
	// on the goroutine of that connection.
	Transcript func(Line)
	// Acknowledged, when set, is told each body that the host has said it wrote, with
	// the length that it was sent with, before the phone goes on: what a host says too
	// early or too much can be seen at that moment.
	Acknowledged func(path string, size int64)
	// Source is the phone whose backups a Restore brings, when not this one.
	Source *contents.Contents
	// Sources finds the phone whose backup a Restore brings by its UDID, when Source
	// is nil; nil when it knows none.
	Sources func(udid string) *contents.Contents
	// Conditions, when set, is asked at each request.
	Conditions func() Conditions
	// PasswordChanged, when set, is told that a host set (or removed) the backup
	// password.
	PasswordChanged func(set bool)
	// Reboot, when set, is called after a restore that ended with 0 and did not ask
	// the phone to stay up, when its connection has ended.
	Reboot func()

	contents *contents.Contents
	env      Env

	busy  chan struct{} // full while a request runs, which has what follows up to mu
	kept  *partial      // what a cut run left on a host
	tries int           // runs begun, resumed ones not counted again

	mu    sync.Mutex
	stats Stats
	made  map[[32]byte]made // by the SHA-256 of each Manifest.db sent
}

// made says what is in a Manifest.db.
type made struct {
	changes   int // of the view
	encrypted bool
}

// Stats counts what the agent did since New.
type Stats struct {
	Connections int
	Started     int   // Backup requests
	Encrypted   bool  // the last backup was
	Finished    int   // that ended with ErrorCode 0; the next run has this number plus 1
	Full        bool  // the last backup sent everything
	Files       int   // bodies sent in the last backup
	Bytes       int64 // in them, as they lie on the host
	Kept        int   // bodies that the last backup found on the host from a cut run
	KeptBytes   int64
	TotalBytes  int64 // of bodies, over all backups

	PasswordRequests int // ChangePassword requests
	PasswordChanges  int // that ended with ErrorCode 0

	RestoreRequests []map[string]any // each Restore request, in order, as the host sent it
	Restore         RestoreStats
}

// RestoreStats counts the last Restore.
type RestoreStats struct {
	Finished   bool  // it ended with ErrorCode 0
	Code       int   // the ErrorCode that it ended with, -1 for an end on the wire
	Encrypted  bool  // the backup was
	Files      int   // bodies checked
	Bytes      int64 // compared
	Mismatched int   // bodies that were missing, too short, too long or different
}

// New makes the agent of a phone that holds c.
func New(c *contents.Contents, env Env) *Agent {
	return &Agent{
		Major: 400, Frame: 32 << 10, contents: c, env: env,
		busy: make(chan struct{}, 1), made: map[[32]byte]made{},
	}
}

// Stats answers the counters so far.
func (a *Agent) Stats() Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	st := a.stats
	st.RestoreRequests = slices.Clone(st.RestoreRequests)
	return st
}
