// Package backup owns the words that the engines share: the job, the phone as an
// engine sees it, progress, and the result.
//
// An engine makes one backup of one phone into a staging folder. It never sees a
// published version, never talks to the user, and never decides when to run:
// backup/store, the agent and cmd do that.
package backup

import (
	"context"
	"net"
	"time"

	"homeport/backup/tree"
)

// Engine makes one backup into job.Dir. It returns when the phone has said that
// it is done, or with an error that carries a cause.
//
// When ctx ends, Backup returns within 5 s; if context.Cause(ctx) carries a
// cause (the agent sets device-disconnected on a Detached event), so does the
// returned error. After an error job.Dir may hold a partial backup that a later
// run of the same phone can go on with; Backup never leaves a body under its
// final name that was not received whole.
//
// report is called from one goroutine at a time, at most some times a second,
// and must not block.
type Engine interface {
	Backup(ctx context.Context, job Job, report func(Progress)) (Result, error)
}

// Job says what to back up, into what, and with which means.
type Job struct {
	UDID string // as the phone spells it
	Dir  string // holds <UDID>/; it exists
	// FS shows Dir, and what shows through it: an engine that is given one reads and
	// writes through it and nothing else. nil is the host's file system.
	FS    tree.FS
	Full  bool // ask the phone for everything, whatever Dir holds
	Phone Phone
	// Free answers how many bytes the run may still use: free space less the
	// reserve and the claims of other runs.
	Free func(context.Context) (int64, error)
	// Wrote is told every body under its final name, with its length and
	// SHA-256. What an engine does not report, the store hashes at publish.
	Wrote func(rel tree.Rel, n int64, sum [32]byte)
}

// Phone opens services of one trusted phone and reads its values.
type Phone interface {
	// Open starts the named lockdown service (with the escrow bag) and connects
	// to it, TLS included. The caller closes the connection.
	Open(ctx context.Context, service string) (net.Conn, error)
	// Values reads a whole lockdown domain; "" is the root domain. A domain that
	// the phone does not have is an empty map.
	Values(ctx context.Context, domain string) (map[string]any, error)
}

// Phase is what a run is doing now.
type Phase string

// The phases of a run, in their usual order.
const (
	PhaseConnecting Phase = "connecting" // services, sync lock, handshake
	PhaseWaiting    Phase = "waiting"    // the request was sent, no message yet: passcode or scan
	PhasePasscode   Phase = "passcode"   // the phone shows its passcode prompt
	PhaseReceiving  Phase = "receiving"  // bodies arrive
	PhaseSending    Phase = "sending"    // a restore: the phone reads bodies
	PhaseMoving     Phase = "moving"     // the phone moves its snapshot into place
	PhaseFinishing  Phase = "finishing"  // the phone verifies; our own wrap-up
)

// Progress is a snapshot of a run.
type Progress struct {
	Phase   Phase
	Percent float64 // 0..100 as the phone tells it, never going back
	Bytes   int64   // body bytes received so far; of a restore, sent
	Files   int     // bodies received so far; of a restore, sent
	Spent   Spent   // of a backup, since the phone began to send
}

// Spent is where the time of a transfer went. It costs next to nothing to measure and is
// right to some per cent.
type Spent struct {
	Phone time.Duration // the phone prepared what it would send next
	Link  time.Duration // its bytes were on their way
	Disk  time.Duration // they waited for the disk
}

// Proof says how far a backup was proven.
type Proof string

// The proofs, each stronger than the one before.
const (
	ProofReceived  Proof = "received"  // every body counted and ended properly
	ProofStructure Proof = "structure" // manifests read, every row has its body with the right size
	ProofFull      Proof = "full"      // every byte against its SHA-256
	ProofUnlocked  Proof = "unlocked"  // decrypted with the password
)

// Result is what a finished run has to say.
type Result struct {
	Engine    string // "native" or "libimobiledevice"
	Full      bool   // the phone sent everything
	Encrypted bool   // the phone encrypts its backups
	Files     int    // bodies received in this run
	Bytes     int64  // their bytes
	Proof     Proof
	// Took is what the run took. The agent fills it in; engines tell their part of it in
	// Progress.Spent.
	Took Took
	// Odd lists what looked odd but did not spoil the backup, for the log.
	Odd []string
}
