package computer

import (
	"os"
	"testing"

	"homeport/preflight"
)

func capture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestDriveOf(t *testing.T) {
	t.Parallel()
	mounts, belongs := mountsOfInfo(capture(t, "mounts/desktop.mountinfo")), mountsOfFstab(capture(t, "mounts/desktop.fstab"))
	if len(mounts) != 14 || len(belongs) != 5 {
		t.Fatalf("%d mounts and %d that belong", len(mounts), len(belongs))
	}
	for dir, want := range map[string]preflight.Drive{
		"/srv/b":                 {Point: "/", FileSystem: "ext4"},
		"/home/anna/b":           {Point: "/home", FileSystem: "btrfs"},
		"/homes/b":               {Point: "/", FileSystem: "ext4"},
		"/media/anna/My Disk/b":  {Point: "/media/anna/My Disk", FileSystem: "ext4", ReadOnly: true, Broken: true},
		"/media/anna/Old":        {Point: "/media/anna/Old", FileSystem: "xfs", Broken: true},
		"/media/anna/DVD":        {Point: "/media/anna/DVD", FileSystem: "iso9660", ReadOnly: true},
		"/media/anna/Kept/b":     {Point: "/media/anna/Kept", FileSystem: "ext4", ReadOnly: true},
		"/srv/kept":              {Point: "/srv/kept", FileSystem: "ext4", ReadOnly: true}, // somebody asked for it, at another place
		"/mnt/nas/b":             {Point: "/mnt/nas", FileSystem: "cifs", Kind: "SMB", Share: "//nas/backups"},
		"/mnt/nfs":               {Point: "/mnt/nfs", FileSystem: "nfs4", Kind: "NFS", Share: "nas.local:/export"},
		"/mnt/big drive/b":       {Point: "/", FileSystem: "ext4", Absent: "/mnt/big drive"},
		"/mnt/photos":            {Point: "/", FileSystem: "ext4", Absent: "/mnt/photos", Kind: "SMB", Share: "//nas/photos"},
		"/media/anna/Gone/b":     {Point: "/", FileSystem: "ext4", Absent: "/media/anna/Gone"},
		"/run/media/anna/Gone":   {Point: "/run", FileSystem: "tmpfs", Absent: "/run/media/anna/Gone"},
		"/media/data":            {Point: "/", FileSystem: "ext4"}, // no drive of a user
		"/Volumes/Backups/phone": {Point: "/", FileSystem: "ext4", Absent: "/Volumes/Backups"},
	} {
		if got := driveOf(dir, mounts, append(belongs, removable(dir)...)); got != want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", dir, got, want)
		}
	}
	if got := driveOf("/b", nil, nil); got != (preflight.Drive{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestShareOf(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"//nas/b": "//nas/b", "//anna@nas/b": "//nas/b", "//anna;WORK:pw@x@nas/b": "//nas/b", "anna@nas:/b": "nas:/b", "": "",
	} {
		if kind, got := shareOf(mounted{fileSystem: "smbfs", source: source}); kind != "SMB" || got != want {
			t.Errorf("%s: %s %s, want %s", source, kind, got, want)
		}
	}
	if kind, share := shareOf(mounted{fileSystem: "ext4", source: "/dev/sda1"}); kind+share != "" {
		t.Errorf("a drive is %s %s", kind, share)
	}
}

func TestDriveOfWindows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dir  string
		told windowsDrive
		want preflight.Drive
	}{
		{`C:\Users\anna\b`, windowsDrive{kind: 3, system: "NTFS"}, preflight.Drive{Point: `C:\`, FileSystem: "NTFS"}},
		{`e:/Backups`, windowsDrive{kind: 2, system: "exFAT", readOnly: true}, preflight.Drive{Point: `E:\`, FileSystem: "exFAT", ReadOnly: true}},
		{`E:\Backups`, windowsDrive{kind: noRootDir}, preflight.Drive{Point: `E:\`, Absent: `E:`}},
		{`Z:\b`, windowsDrive{kind: remoteDrive, remote: `\\nas\backups`}, preflight.Drive{Point: `Z:\`, Kind: "SMB", Share: `\\nas\backups`}},
		{`Z:\b`, windowsDrive{kind: noRootDir, remote: `\\nas\backups`}, preflight.Drive{Point: `Z:\`, Kind: "SMB", Share: `\\nas\backups`, Absent: "Z:"}},
		{`\\nas\backups\b`, windowsDrive{}, preflight.Drive{Point: `\\nas\backups`, Kind: "SMB", Share: `\\nas\backups`}},
		{`\\?\UNC\nas\backups\b`, windowsDrive{}, preflight.Drive{Point: `\\nas\backups`, Kind: "SMB", Share: `\\nas\backups`}},
		{`\\?\D:\b`, windowsDrive{kind: 3}, preflight.Drive{Point: `D:\`}},
		{`\\nas`, windowsDrive{}, preflight.Drive{}},
		{`1:\b`, windowsDrive{kind: noRootDir}, preflight.Drive{}},
		{``, windowsDrive{kind: noRootDir}, preflight.Drive{}},
	} {
		if got := driveOfWindows(tt.dir, tt.told); got != tt.want {
			t.Errorf("%s %+v:\ngot  %+v\nwant %+v", tt.dir, tt.told, got, tt.want)
		}
	}
}

// FuzzMounts feeds tables that nobody wrote.
func FuzzMounts(f *testing.F) {
	for _, name := range []string{"mounts/desktop.mountinfo", "mounts/desktop.fstab"} {
		f.Add(capture(f, name), "/media/anna/My Disk/b", `E:\b`)
	}
	f.Fuzz(func(t *testing.T, table, dir, windows string) {
		d := driveOf(dir, mountsOfInfo(table), append(mountsOfFstab(table), removable(dir)...))
		if d.Point != "" && !holds(d.Point, dir) || d.Absent != "" && !holds(d.Absent, dir) {
			t.Errorf("%q lies on %+v", dir, d)
		}
		driveOfWindows(windows, windowsDrive{kind: noRootDir})
	})
}
