// Package computer owns what this computer tells about itself: power, running
// programs, Apple's services, mounts, the folders that sync services keep, and
// what protects folders from being written to.
//
// Each fact is a parser of what the system shows, in a file for all systems and
// tested from captures in testdata, and a thin reader per system. What the system
// shows comes from files and other programs, so it is bounded and never trusted
// to be whole: what cannot be read is a fact that is not known.
//
// Nothing here changes anything, asks the network, or raises a question on the
// screen. No reader touches the file system of a drive that may hang: mounts are
// read from the system's own table.
package computer

import "homeport/preflight"

// Facts are the facts of this computer. Each is read when it is asked for.
func Facts() preflight.Computer {
	return preflight.Computer{
		Battery:      battery,
		Programs:     programs,
		AppleSupport: appleSupport,
		Drive:        drive,
		TLSPolicy:    tlsPolicy,
		Synced:       synced,
		Guard:        guard,
	}
}
