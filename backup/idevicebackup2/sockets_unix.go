//go:build !windows

package idevicebackup2

// unixSockets says that libusbmuxd takes unix sockets on this system.
const unixSockets = true
