package main

import (
	"os"
	"syscall"
	"testing"

	"homeport/backup/tree"
	"homeport/cause"
	"homeport/preflight"
)

// factSituations are brought about by what a system tells, without a phone.
var factSituations = append([]situation{
	facts(cause.RunningAsRoot, "the account is root", func(t *testing.T) []preflight.Finding {
		return preflight.Run(t.Context(), preflight.HostChecks(preflight.Host{Destination: t.TempDir(), Root: true})[:1]).Findings
	}),
	errno(cause.HostIOError, syscall.EIO),
	errno(cause.FileLocked, syscall.EBUSY), errno(cause.HostDiskFullDuring, syscall.ENOSPC),
}, hostSituations...)

// facts is a situation that the checks find in captured facts.
func facts(id cause.ID, name string, find func(*testing.T) []preflight.Finding) situation {
	return situation{id: id, name: name, how: captured, play: func(t *testing.T) heard { return ofFindings(find(t)) }}
}

// errno is a situation that an error of the system, in the middle of a backup, tells.
func errno(id cause.ID, err syscall.Errno) situation {
	return situation{id: id, name: err.Error(), how: captured, play: func(*testing.T) heard {
		id, known := tree.Cause(&os.PathError{Op: "write", Path: "x", Err: err})
		if !known {
			return heard{}
		}
		return ofError(cause.New(id, nil, err))
	}}
}
