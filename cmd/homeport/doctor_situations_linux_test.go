package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// driveSights are drives of their own; to mount one needs root.
var driveSights = []sight{
	{name: "a small drive", before: func(s *stage) { s.drive(0, "size=64m") }, want: "fail:host-disk-full"},
	{name: "a small drive, locked", before: both(lockPhone, func(s *stage) { s.drive(0, "size=64m") }), want: "fail:device-locked fail:host-disk-full"},
	{name: "a drive that is read-only", before: func(s *stage) { s.drive(syscall.MS_RDONLY, "size=4g") }, want: "fail:destination-not-writable"},
	{name: "a drive that is read-only, encryption demanded", spec: demands, before: func(s *stage) { s.drive(syscall.MS_RDONLY, "size=4g") },
		want: "fail:destination-not-writable fail:encryption-required-by-policy"},
}

// drive mounts a drive in memory, with the destination on it.
func (s *stage) drive(flags uintptr, options string) {
	s.Helper()
	if os.Geteuid() != 0 {
		s.Skip("mounting a drive needs root")
	}
	dir := filepath.Join(s.place, "drive")
	s.dest = filepath.Join(dir, "backups")
	if err := os.Mkdir(dir, 0o700); err != nil {
		s.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		s.Skipf("mount a drive: %v", err)
	}
	s.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			s.Errorf("unmount: %v", err)
		}
	})
	s.made()
	if flags == 0 {
		return
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags|syscall.MS_REMOUNT, options); err != nil {
		s.Skipf("mount a drive: %v", err)
	}
}
