package preflight

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// lies makes a computer that tells where the folder lies.
func lies(d Drive) Computer {
	return Computer{Drive: func(context.Context, string) (Drive, error) { return d, nil }}
}

// TestDriveThatHangs has a drive that gives no answer in the time that it has.
func TestDriveThatHangs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		drive Drive
		want  cause.ID
		says  string
	}{
		"a share":             {Drive{Point: "/mnt/nas", Kind: "SMB", Share: "//nas/b"}, cause.DestinationOffline, "the network share with the backups (//nas/b, SMB) is not connected, or does not answer"},
		"a drive of this one": {Drive{Point: "/media/anna/b", FileSystem: "ext4"}, cause.HostIOError, "the backup drive does not answer; it was waited for 15 s"},
		"nobody knows":        {Drive{}, cause.DestinationOffline, "the network share with the backups (/b) does not answer"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan struct{})
			target := &target{dir: "/b", computer: lies(tt.drive), patience: defaultPatience, look: func(string) error { <-ended; return nil }}
			start := time.Now()
			f := target.there(t.Context())
			if f.Status != Fail || f.Cause != tt.want || f.Sentence() != tt.says || time.Since(start) != defaultPatience {
				t.Errorf("%s: %s after %v: %s", name, f.Cause, time.Since(start), f.Sentence())
			}
			close(ended)
		})
	}
}

// TestDriveThatIsNotMounted has a folder whose drive is not there: as a place that
// was left empty, and not at all.
func TestDriveThatIsNotMounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		dir   string
		drive Drive
		want  string
		says  string
	}{
		"left empty":      {dir, Drive{Point: "/", Absent: dir}, "destination=fail:destination-missing", `which holds the backup folder, is not connected`},
		"gone":            {filepath.Join(dir, "none"), Drive{Point: "/", Absent: dir}, "destination=fail:destination-missing", `is not connected`},
		"a share":         {filepath.Join(dir, "none"), Drive{Point: "/", Absent: dir, Kind: "NFS", Share: "nas:/b"}, "destination=fail:destination-offline", `(nas:/b, NFS)`},
		"all there":       {dir, Drive{Point: dir}, "", ""},
		"the folder gone": {filepath.Join(dir, "none"), Drive{Point: dir}, "destination=fail:destination-missing", "is not there"},
	} {
		r := Run(t.Context(), Host{Destination: tt.dir, Computer: lies(tt.drive), Disk: fakeDisk{}}.withDefaults().destinationChecks())
		if got := outline(Report{r.With(Fail)}); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
		if f, _ := r.First(); !strings.Contains(f.Sentence(), tt.says) {
			t.Errorf("%s: %s", name, f.Sentence())
		}
	}
	// Whoever keeps backups in that place already wants them there.
	if err := os.Mkdir(filepath.Join(dir, ".homeport"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := Run(t.Context(), Host{Destination: dir, Computer: lies(Drive{Point: "/", Absent: dir}), Disk: fakeDisk{}}.withDefaults().destinationChecks())
	if got := outline(Report{r.With(Fail)}); got != "" {
		t.Errorf("with a store: %s", got)
	}
}

// TestRefusal has a folder that takes no file, for each reason that a computer can
// know.
func TestRefusal(t *testing.T) {
	t.Parallel()
	denied := &fs.PathError{Op: "open", Path: "/b/x", Err: fs.ErrPermission}
	guard := func(name string) Computer {
		return Computer{Guard: func(context.Context, string) (Guard, error) { return Guard{Name: name}, nil }}
	}
	privacy := Computer{Guard: func(context.Context, string) (Guard, error) { return Guard{"Full Disk Access", true}, nil }}
	notPermitted := &fs.PathError{Op: "open", Path: "/b", Err: syscall.EPERM}
	for name, tt := range map[string]struct {
		computer Computer
		err      error
		want     cause.ID
		says     string
	}{
		"rights":          {Computer{}, denied, cause.DestinationNotWritable, "this account cannot write to the backup folder /b"},
		"read-only":       {lies(Drive{Point: "/b", ReadOnly: true}), denied, cause.DestinationNotWritable, "its drive can only be read, as it is mounted now"},
		"NTFS on a Mac":   {lies(Drive{Point: "/b", ReadOnly: true, FileSystem: "ntfs"}), denied, cause.DestinationNotWritable, "(NTFS)"},
		"after errors":    {lies(Drive{Point: "/b", ReadOnly: true, Broken: true}), denied, cause.HostIOError, "the system stopped writing to the backup drive (/b) because of errors on it"},
		"a guard":         {guard("Controlled folder access"), denied, cause.WriteBlockedBySecuritySoftware, "Controlled folder access stopped Homeport"},
		"no guard":        {guard(""), denied, cause.DestinationNotWritable, "this account"},
		"a guard, full":   {guard("Controlled folder access"), errors.New("odd"), cause.DestinationNotWritable, "this account"},
		"a guard, gone":   {guard("Controlled folder access"), fs.ErrNotExist, cause.DestinationMissing, ""},
		"privacy":         {privacy, notPermitted, cause.FullDiskAccessMissing, "macOS does not let Homeport into"},
		"privacy, rights": {privacy, &fs.PathError{Op: "open", Path: "/b", Err: syscall.EACCES}, cause.DestinationNotWritable, "this account"},
		"EPERM alone":     {Computer{}, notPermitted, cause.DestinationNotWritable, "this account"},
	} {
		target := &target{dir: "/b", disk: fakeDisk{}, computer: tt.computer}
		if f := target.failed(t.Context(), tt.err); f.Cause != tt.want || !strings.Contains(f.Sentence(), tt.says) {
			t.Errorf("%s: %s: %s", name, f.Cause, f.Sentence())
		}
	}
}

func TestNoLinksCost(t *testing.T) {
	t.Parallel()
	target := &target{dir: t.TempDir(), disk: fakeDisk{volume: Volume{FileSystem: "exfat"}}, kept: 3, size: 50 * gb}
	f := target.withoutLinks(cause.Evidence{"fileSystem": "exfat"})
	if want := "the backup drive's format (exfat) cannot share files; 3 kept versions of 50 GB take about 150 GB"; f.Status != Warn || f.Sentence() != want {
		t.Errorf("got %s", f.Sentence())
	}
	target.size = 0
	if f := target.withoutLinks(cause.Evidence{}); f.Sentence() != "the backup drive's format (of this drive) cannot share files; each kept version takes its full size" {
		t.Errorf("got %s", f.Sentence())
	}
}

func TestForeignBackup(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		folder, link, about string
		want                bool
	}{
		"somebody's":           {folder: udid, want: true},
		"somebody's, old name": {folder: strings.Repeat("a1", 20), want: true},
		"of another phone":     {folder: otherUDID, about: udid},
		"of this phone":        {folder: udid, about: udid, want: true},
		"ours":                 {link: udid},
		"no phone's":           {folder: "Photos"},
	} {
		dir := t.TempDir()
		if tt.folder != "" {
			if err := os.Mkdir(filepath.Join(dir, tt.folder), 0o700); err != nil {
				t.Fatal(err)
			}
		} else if err := os.Symlink(dir, filepath.Join(dir, tt.link)); err != nil {
			t.Skip(err)
		}
		f := (&target{dir: dir, udid: tt.about}).foreign(t.Context())
		if (f.Cause == cause.DestinationForeign) != tt.want || tt.want && (f.Status != Warn || f.Evidence["path"] != filepath.Join(dir, tt.folder)) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := (&target{dir: filepath.Join(t.TempDir(), "none")}).foreign(t.Context()); f.Status != Pass || f.Err == nil {
		t.Errorf("of a folder that is not there: %+v", f)
	}
}

func TestOwnRoom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disks := map[string]Volume{}
	disk := diskOf(func(at string) (Volume, error) { return disks[at], nil })
	h := Host{Destination: filepath.Join(dir, "b"), LogDir: filepath.Join(dir, "log", "not", "yet"), Disk: disk}
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		own, there Volume
		want       cause.ID
	}{
		"enough":                      {Volume{Free: gb, Total: 100 * gb}, Volume{Free: 1, Total: 50 * gb}, ""},
		"nearly full":                 {Volume{Free: gb / 10, Total: 100 * gb}, Volume{Free: gb, Total: 50 * gb}, cause.HostDiskTight},
		"the same that takes backups": {Volume{Free: gb / 10, Total: 100 * gb}, Volume{Free: gb / 10, Total: 100 * gb}, ""},
		"not known":                   {Volume{}, Volume{Free: gb, Total: 50 * gb}, ""},
	} {
		disks[dir], disks[h.Destination] = tt.own, tt.there
		f := h.ownRoom(t.Context())
		if f.Cause != tt.want {
			t.Errorf("%s: %+v", name, f)
		}
		if want := "this computer's own drive has only 100 MB left; Homeport keeps its log and its notes there"; f.Cause != "" && (f.Status != Warn || f.Sentence() != want) {
			t.Errorf("%s: %s", name, f.Sentence())
		}
	}
}

// diskOf is a Disk that is a function.
type diskOf func(string) (Volume, error)

func (d diskOf) Volume(dir string) (Volume, error) { return d(dir) }

func TestQuota(t *testing.T) {
	t.Parallel()
	const bounds, space = 1, 2
	for name, tt := range map[string]struct {
		quota quota
		left  int64
		ok    bool
	}{
		"hard":         {quota{hardBlocks: 1000, used: 24000, valid: bounds | space}, 1_000_000, true},
		"soft":         {quota{softBlocks: 1000, used: 1024, valid: bounds | space}, 1_022_976, true},
		"beyond":       {quota{hardBlocks: 1, used: 5000, valid: bounds | space}, 0, true},
		"none":         {quota{used: 5000, valid: bounds | space}, 0, false},
		"no answer":    {quota{hardBlocks: 1000}, 0, false},
		"no end of it": {quota{hardBlocks: 1 << 62, valid: bounds | space}, 0, false},
	} {
		if left, ok := tt.quota.left(); left != tt.left || ok != tt.ok {
			t.Errorf("%s: %d, %v", name, left, ok)
		}
	}
	ev := cause.Evidence{}
	Volume{Free: 5, Quota: true, Total: 100}.describe(ev)
	if ev["account"] == nil || ev["maxFiles"] != nil {
		t.Errorf("evidence %v", ev)
	}
}

// TestLongPath has a folder that can be written, with a path that leaves no room
// for a backup's.
func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for len(dir)+belowDestination <= maxPath {
		dir = filepath.Join(dir, strings.Repeat("d", min(200, maxPath-belowDestination-len(dir))))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Skip(err)
	}
	if _, got := destination(t, dir); got != "destination=fail:path-too-long" {
		t.Errorf("%d bytes: got %s", len(dir), got)
	}
	if _, got := destination(t, filepath.Dir(dir)); strings.Contains(got, "path-too-long") {
		t.Errorf("%d bytes: got %s", len(filepath.Dir(dir)), got)
	}
}
