package main

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// hostSituations are about the computer and the destination: the real thing where
// it can be had here, and otherwise what another computer would tell.
var hostSituations = slices.Concat([]situation{
	host(cause.HostBatteryLow, "a laptop without its charger", func(h *preflight.Host) {
		h.Computer.Battery = fact(preflight.Battery{Present: true, Percent: 11})
	}),
	host(cause.HostDiskTight, "the computer's own drive is nearly full", func(h *preflight.Host) {
		h.LogDir = filepath.Dir(h.Destination)
		h.Disk = drives{h.LogDir: {Free: 40 << 20, Total: 250e9}, h.Destination: {Free: 1e12, Total: 2e12}}
	}),
	host(cause.TLSPolicyBlocksPairing, "rules that forbid SHA-1, and the tool", func(h *preflight.Host) {
		h.Computer.TLSPolicy = fact("no SHA-1 signatures")
		h.Tool = func(context.Context) string { return "idevicebackup2" }
	}),
	host(cause.AppleSupportMissing, "Windows without Apple's software", func(h *preflight.Host) {
		h.Mux = refusing{}
		h.AppleSupport = fact(preflight.AppleSupport{})
	}),
	host(cause.DestinationMissing, "a mount point that was left behind", lies(func(d *preflight.Drive, dir string) { d.Absent = dir })),
	host(cause.DestinationOffline, "a share that is not mounted", lies(func(d *preflight.Drive, dir string) {
		d.Absent, d.Kind, d.Share = dir, "SMB", "//nas/backups"
	})),
	host(cause.DestinationNotWritable, "a drive of Windows on a Mac", func(h *preflight.Host) {
		lies(func(d *preflight.Drive, _ string) { d.FileSystem, d.ReadOnly = "ntfs", true })(h)
		h.Disk = closed{syscall.EROFS}
	}),
	host(cause.HostIOError, "a drive that the system stopped writing to", func(h *preflight.Host) {
		lies(func(d *preflight.Drive, _ string) { d.ReadOnly, d.Broken = true, true })(h)
		h.Disk = closed{syscall.EROFS}
	}),
	host(cause.FullDiskAccessMissing, "Apple's own backup folder on a Mac", func(h *preflight.Host) {
		guarded(preflight.Guard{Name: "Full Disk Access", Privacy: true})(h)
		h.Disk = closed{syscall.EPERM}
	}),
	host(cause.WriteBlockedBySecuritySoftware, "Documents under Controlled folder access", func(h *preflight.Host) {
		guarded(preflight.Guard{Name: "Controlled folder access"})(h)
		h.Disk = closed{syscall.EACCES}
	}),
	host(cause.DestinationFileLimit, "a drive formatted as FAT32", func(h *preflight.Host) {
		h.Disk = drives{h.Destination: {FileSystem: "FAT32", Free: 1e12, Total: 2e12}}
	}),
	host(cause.DestinationInCloudFolder, "a folder that OneDrive keeps under another name", func(h *preflight.Host) {
		h.Computer.Synced = func(context.Context, string) (string, error) { return "OneDrive", nil }
	}),
	{id: cause.DestinationNoLinks, name: "a drive formatted as exFAT", how: captured, alone: true, play: func(t *testing.T) heard {
		return onHost(t, exFAT(t), func(*preflight.Host) {})
	}},
	{id: cause.PathTooLong, name: "a folder deep below others", how: captured, alone: true, play: func(t *testing.T) heard {
		dir := filepath.Join(append([]string{t.TempDir()}, slices.Repeat([]string{strings.Repeat("d", 200)}, 19)...)...)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Skip(err)
		}
		return onHost(t, dir, func(*preflight.Host) {})
	}},
}, hostOnPhone)

// hostOnPhone are played by the command itself.
var hostOnPhone = []situation{
	on(cause.EngineMissing, "doctor: the tool is asked for and not there", nil, func(s *stage) heard {
		return s.withTool(filepath.Join(s.place, "none")).doctor()
	}),
	on(cause.EngineNotIdevicebackup2, "doctor: another program has its place", nil, func(s *stage) heard {
		return s.withTool(s.program("echo Hello")).doctor()
	}),
	on(cause.HostSoftwareTooOld, "doctor: a tool from before 1.3.0", nil, func(s *stage) heard {
		return s.withTool(s.program("echo 'Usage: idevicebackup2 [OPTIONS] CMD [CMDOPTIONS] DIRECTORY'")).doctor()
	}),
	on(cause.DestinationUnsafe, "doctor: everybody may write to the folder", nil, func(s *stage) heard {
		if err := os.Chmod(s.made(), 0o777); err != nil {
			s.Fatal(err)
		}
		return s.doctor()
	}),
	on(cause.DestinationForeign, "doctor: Finder's own backup is there already", nil, func(s *stage) heard {
		if err := os.Mkdir(filepath.Join(s.made(), stageUDID), 0o700); err != nil {
			s.Fatal(err)
		}
		return s.doctor()
	}),
}

// host is a situation of a well computer with one thing spoilt.
func host(id cause.ID, name string, spoil func(*preflight.Host)) situation {
	return situation{id: id, name: name, how: captured, alone: true, play: func(t *testing.T) heard {
		dir := filepath.Join(t.TempDir(), "backups")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		return onHost(t, dir, spoil)
	}}
}

func onHost(t *testing.T, dir string, spoil func(*preflight.Host)) heard {
	t.Helper()
	h := preflight.Host{Destination: dir, Mux: idle{}}
	spoil(&h)
	return ofFindings(preflight.Run(t.Context(), preflight.HostChecks(h)).Findings)
}

// fact makes a fact that is known.
func fact[T any](v T) func(context.Context) (T, error) {
	return func(context.Context) (T, error) { return v, nil }
}

// lies makes a computer that tells where the folder lies.
func lies(change func(d *preflight.Drive, dir string)) func(*preflight.Host) {
	return func(h *preflight.Host) {
		d := preflight.Drive{Point: "/", FileSystem: "ext4"}
		change(&d, h.Destination)
		h.Computer.Drive = func(context.Context, string) (preflight.Drive, error) { return d, nil }
	}
}

// guarded makes a computer that protects the folder.
func guarded(g preflight.Guard) func(*preflight.Host) {
	return func(h *preflight.Host) {
		h.Computer.Guard = func(context.Context, string) (preflight.Guard, error) { return g, nil }
	}
}

// idle is a service for iPhones without any.
type idle struct{}

func (idle) Devices(context.Context) ([]usbmux.Link, []error, error) { return nil, nil, nil }

// refusing is a service for iPhones that does not run.
type refusing struct{}

func (refusing) Devices(context.Context) ([]usbmux.Link, []error, error) {
	return nil, nil, cause.New(cause.MuxServiceNotRunning, nil, syscall.ECONNREFUSED)
}

// drives are the drives of a computer, by folder.
type drives map[string]preflight.Volume

func (d drives) Volume(dir string) (preflight.Volume, error) { return d[dir], nil }

// closed is a drive that answers everything with one error.
type closed struct{ no syscall.Errno }

func (c closed) Volume(dir string) (preflight.Volume, error) {
	return preflight.Volume{}, &fs.PathError{Op: "open", Path: dir, Err: c.no}
}

// withTool asks for the tool at a path.
func (s *stage) withTool(path string) *stage {
	s.env = append(s.env, "HOMEPORT_ENGINE=libimobiledevice", "HOMEPORT_ENGINE_PATH="+path)
	return s
}

// program makes a program of the shell, and returns its path.
func (s *stage) program(line string) string {
	s.Helper()
	path := filepath.Join(s.place, "idevicebackup2")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+line+"\n"), 0o700); err != nil {
		s.Fatal(err)
	}
	return path
}

// exFAT mounts a drive of that format; without the rights or the programs for it
// the test is skipped.
func exFAT(t *testing.T) string { return exFATOf(t, 8<<20) }

// exFATOf is exFAT with the size of the drive, of which only what is used takes room.
func exFATOf(t *testing.T, size int64) string {
	t.Helper()
	image, dir := filepath.Join(t.TempDir(), "image"), filepath.Join(t.TempDir(), "Backups")
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, size); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.exfat", image).CombinedOutput(); err != nil {
		t.Skipf("make exFAT: %v: %s", err, out)
	}
	for _, kind := range []string{"exfat", "exfat-fuse"} {
		if exec.Command("mount", "-t", kind, "-o", "loop,umask=077", image, dir).Run() == nil {
			t.Cleanup(func() {
				if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
					t.Errorf("unmount: %v: %s", err, out)
				}
			})
			return dir
		}
	}
	t.Skip("nothing here mounts exFAT")
	return ""
}
