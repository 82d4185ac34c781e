package agent

import (
	"slices"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// circumstances are all that is known when a try has failed, beside the error itself.
// Nothing in here is asked twice, and what nobody could tell is zero.
type circumstances struct {
	seen     cause.ID // what the engine, or a check, made of it
	code     int64    // the phone's own number, 0 for none
	underWay bool     // the backup had been asked for

	ended cause.ID      // why the try was stopped from outside: detached, usbmuxd gone; "": it was not
	down  bool          // usbmuxd was found dead meanwhile
	list  listing       // what usbmuxd says of the phone now
	mode  usbmux.Mode   // in which the phone is on the computer's own bus now, after it had gone
	slept time.Duration // that the computer slept since the last sign of life

	wasUnlocked bool // the phone, when the try began
	isLocked    bool // and now

	destGone bool  // the destination is not there any more
	free     int64 // bytes of the disk, the reserve included; -1: not known
	canWrite bool  // a file can be made in the destination all the same
	shielded bool  // this system has programs that forbid single writes
}

// listing is what usbmuxd answers about a phone.
type listing int

// The answers.
const (
	notAsked  listing = iota
	isListed          // it is there
	notListed         // usbmuxd answers, without it
	muxDead           // nobody answers
	muxSilent         // usbmuxd is there and does not answer
)

// fullDisk is what a disk still has free when it is called full: less than the smallest
// thing that a run writes in one piece.
const fullDisk = 1 << 20

// The errors that circumstances can explain; all others mean what they say.
var (
	brokenLink = []cause.ID{
		cause.DeviceDisconnected, cause.MuxConnectFailed, cause.MuxServiceNotRunning, cause.MuxServiceStopped,
		cause.MuxNotAnswering, cause.TransferStalled, cause.DeviceBackupAgentCrashed,
	}
	badDisk = []cause.ID{cause.HostIOError, cause.DestinationNotWritable, cause.Unknown}
	// phoneFailed are the phone's numbers for "could not read, or was not let": those that
	// a lock gives, and those for trouble with the computer's disk.
	phoneFailed = []int64{100, 103, 104}
	phoneSpace  = []int64{102, 106}
)

// cause decides. The first that holds, in this order:
//
//  1. An error that only means one thing keeps it: what went wrong first, as the engine
//     saw it, is never overruled by what came after.
//  2. The disk: a destination that is gone, then one that is full, then one where a single
//     write was forbidden. The phone's "no space" and "could not write" are about this
//     disk when it is full.
//  3. The phone's "could not read" (MBErrorDomain 100, 103, 104) after it locked itself.
//  4. A broken link or a silence:
//     a person or the system ended it; else the computer slept; else the phone is in another mode; else what the watcher told
//     (detached, or usbmuxd stopped); else what usbmuxd answers; else, of a phone that is
//     still there, that it locked itself; else that its backup program stopped, or that no
//     channel could be opened.
func (c circumstances) cause() cause.ID {
	switch {
	case slices.Contains(badDisk, c.seen):
		return c.disk()
	case slices.Contains(phoneSpace, c.code) && c.full():
		return cause.HostDiskFullDuring
	case c.seen == cause.DeviceInternalError && slices.Contains(phoneFailed, c.code):
		return c.refused()
	case slices.Contains(brokenLink, c.seen):
		return c.link()
	}
	return c.seen
}

func (c circumstances) full() bool { return c.free >= 0 && c.free < fullDisk }

func (c circumstances) disk() cause.ID {
	switch {
	case c.destGone:
		return cause.DestinationMissing
	case c.seen != cause.DestinationNotWritable && c.full():
		return cause.HostDiskFullDuring
	case c.seen == cause.DestinationNotWritable && c.shielded && c.canWrite:
		return cause.WriteBlockedBySecuritySoftware
	}
	return c.seen
}

// refused is the phone's own failure.
func (c circumstances) refused() cause.ID {
	switch {
	case c.code != 100 && c.destGone:
		return cause.DestinationMissing
	case c.code != 100 && c.full():
		return cause.HostDiskFullDuring
	case c.locked():
		return cause.LockedDuringBackup
	}
	return c.seen
}

// locked reports whether the phone locked itself during the backup.
func (c circumstances) locked() bool { return c.underWay && c.wasUnlocked && c.isLocked }

func (c circumstances) link() cause.ID {
	switch {
	case c.ended != "" && !slices.Contains(brokenLink, c.ended):
		return c.ended
	case c.slept > 0:
		return cause.HostSlept
	case c.mode == usbmux.ModeRecovery || c.mode == usbmux.ModeDFU:
		return cause.DeviceModeChanged
	case c.ended != "":
		return c.ended
	case c.seen == cause.MuxServiceStopped:
		return c.seen
	case c.down || c.list == muxDead:
		return cause.MuxServiceStopped
	case c.list == muxSilent:
		return cause.MuxNotAnswering
	case c.list == notListed:
		return cause.DeviceDisconnected
	case c.list == isListed:
		return c.stillHere()
	}
	return c.seen
}

// stillHere names the end of a connection to a phone that is plugged in: once the backup
// was asked for, it was the phone's backup program that stopped.
func (c circumstances) stillHere() cause.ID {
	switch {
	case c.locked():
		return cause.LockedDuringBackup
	case c.seen != cause.DeviceDisconnected:
		return c.seen
	case c.underWay:
		return cause.DeviceBackupAgentCrashed
	}
	return cause.MuxConnectFailed
}
