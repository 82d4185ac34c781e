package preflight

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
)

// probeSize is how much the probe writes, in bytes: enough that a full disk
// notices.
const probeSize = 64 << 10

// probePrefix begins the names of our probe files.
const probePrefix = ".homeport-probe-"

// destinationChecks are the checks of the folder that takes the backups. One that
// is left behind because something below it hangs is told as destination-offline.
func (h Host) destinationChecks() []Check {
	t := &target{dir: h.Destination, usual: h.Usual, udid: h.UDID, disk: h.Disk, computer: h.Computer,
		kept: min(h.Kept, mostKept), size: h.Size, mirror: h.Mirror, look: look, patience: h.Patience}
	there, writable := []string{"destination"}, []string{"destination", "destination-writable"}
	checks := []Check{
		{Name: "destination", Run: t.there},
		{Name: "destination-safe", After: there, Run: t.safe},
		{Name: "destination-writable", After: there, Run: t.writable},
		{Name: "destination-format", After: writable, Run: t.format},
		{Name: "destination-cloud", After: there, Run: t.cloud},
		{Name: "destination-foreign", After: there, Run: t.foreign},
	}
	for i := range checks {
		checks[i].Group, checks[i].Late = cause.Destination, cause.DestinationOffline
	}
	return checks
}

// mostKept is more versions than anybody keeps.
const mostKept = 10_000

// target is the folder that takes the backups.
type target struct {
	dir      string
	usual    bool   // nobody chose it, and nothing was ever in it
	udid     string // of the phone that the report is about; "" means any
	disk     Disk
	computer Computer
	kept     int   // versions
	size     int64 // bytes of one
	mirror   bool  // the next takes the place of the one before

	look     func(dir string) error // reads a little of the folder
	patience time.Duration          // how long that may take
}

// defaultPatience is the usual Host.Patience.
const defaultPatience = 15 * time.Second

var errNoFolder = errors.New("it is no folder")

// look reads a little of a folder, so that one that is there but closed shows.
func look(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errNoFolder
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_, err = f.Readdirnames(1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// there looks for the folder, and whether the drive that it belongs to is there
// too: the place where a drive is mounted stays when the drive is gone, and a
// backup into it would fill the system's own drive.
func (t *target) there(ctx context.Context) Finding {
	drive := t.drive(ctx)
	answer := make(chan error, 1)
	go func() { answer <- cause.Guard(func() error { return t.look(t.dir) }) }()
	late := time.NewTimer(t.patience)
	defer late.Stop()
	var err error
	select {
	case err = <-answer:
	case <-late.C:
		return t.silent(drive)
	case <-ctx.Done():
		return t.silent(drive)
	}
	switch {
	case drive.Absent != "" && (err != nil || !t.hasStore()):
		return t.absent(drive, err)
	case errors.Is(err, fs.ErrNotExist):
		f := t.told(cause.DestinationMissing, err)
		if t.usual {
			f.Evidence["usual"] = t.dir
		}
		return f
	case errors.Is(err, errNoFolder):
		f := t.told(cause.DestinationNotWritable, fmt.Errorf("open destination: %s: %w", t.dir, err))
		f.Evidence["noFolder"] = t.dir
		return f
	case err != nil:
		return t.failed(ctx, err)
	}
	if tooDeep(t.dir) {
		return t.told(cause.PathTooLong, fmt.Errorf("open destination: a path of %d bytes leaves no room for what lies below it", len(t.dir)))
	}
	return passed(nil)
}

// drive is where the folder lies; what is not known is empty.
func (t *target) drive(ctx context.Context) Drive {
	if t.computer.Drive == nil {
		return Drive{}
	}
	d, err := t.computer.Drive(ctx, t.dir)
	if err != nil {
		return Drive{}
	}
	return d
}

// hasStore says that backups of ours are in the folder already, so that a person
// wants them there.
func (t *target) hasStore() bool {
	_, err := os.Lstat(filepath.Join(t.dir, ".homeport"))
	return err == nil
}

// absent is the finding for a drive or share that is not mounted.
func (t *target) absent(d Drive, err error) Finding {
	id := cause.DestinationMissing
	if d.Kind != "" {
		id = cause.DestinationOffline
	}
	if err == nil {
		err = fmt.Errorf("open destination: nothing is mounted on %s", d.Absent)
	}
	f := t.told(id, err)
	f.Evidence["volume"] = `"` + filepath.Base(d.Absent) + `"`
	named(f.Evidence, d)
	return f
}

// silent is the finding for a drive that does not answer: a share that is out of
// reach, or a drive that hangs.
func (t *target) silent(d Drive) Finding {
	id := cause.DestinationOffline
	if d.Kind == "" && d.Point != "" {
		id = cause.HostIOError
	}
	f := t.told(id, fmt.Errorf("open destination: no answer within %v", t.patience))
	f.Evidence["waitedFor"] = cause.Seconds(t.patience.Seconds())
	named(f.Evidence, d)
	return f
}

// named adds the names of a share.
func named(ev cause.Evidence, d Drive) {
	if d.Kind != "" && d.Share != "" {
		ev["kind"], ev["share"] = d.Kind, d.Share
	}
}

func (t *target) safe(ctx context.Context) Finding {
	real, err := filepath.EvalSymlinks(t.dir)
	if err != nil {
		return t.failed(ctx, err)
	}
	if reason := exposed(real); reason != "" {
		return told(Fail, cause.DestinationUnsafe, cause.Evidence{"path": t.dir, "reason": reason})
	}
	return passed(nil)
}

// writable writes, renames and removes a real file: rights, quotas and read-only
// drives show only then.
func (t *target) writable(ctx context.Context) Finding {
	if err := probe(t.dir); err != nil {
		return t.failed(ctx, err)
	}
	return passed(nil)
}

func probe(dir string) (err error) {
	name := filepath.Join(dir, probePrefix+rand.Text())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create probe: %w", err)
	}
	left := name
	defer func() { err = errors.Join(err, os.Remove(left)) }()
	// Random bytes: a file system that compresses cannot shrink them.
	data := make([]byte, probeSize)
	_, _ = rand.Read(data)
	if _, err := f.Write(data); err != nil {
		return errors.Join(fmt.Errorf("write probe: %w", err), f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(fmt.Errorf("sync probe: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close probe: %w", err)
	}
	if err := os.Rename(name, name+"-renamed"); err != nil {
		return fmt.Errorf("rename probe: %w", err)
	}
	left = name + "-renamed"
	return nil
}

// format finds out what the drive can hold: files over 4 GB, and files that
// several versions share.
func (t *target) format(ctx context.Context) Finding {
	v, err := t.disk.Volume(t.dir)
	if err != nil {
		return t.failed(ctx, err)
	}
	ev := cause.Evidence{}
	if v.FileSystem != "" {
		ev["fileSystem"] = v.FileSystem
	}
	if slices.Contains(smallFiles, strings.ToLower(v.FileSystem)) {
		return told(Fail, cause.DestinationFileLimit, ev)
	}
	shares, err := SharesFiles(t.dir)
	if err != nil {
		return t.failed(ctx, err)
	}
	if !shares {
		if t.size > 0 {
			ev["fits"] = v.Free / t.size
		}
		return t.withoutLinks(ev)
	}
	return passed(ev)
}

// withoutLinks tells what it costs that versions cannot share files.
func (t *target) withoutLinks(ev cause.Evidence) Finding {
	if t.mirror {
		ev["mirror"] = "one version"
		return told(Info, cause.DestinationNoLinks, ev)
	}
	if t.kept > 1 && t.size > 0 {
		ev["count"], ev["bytes"], ev["need"] = t.kept, cause.Bytes(t.size), cause.Bytes(sum(slices.Repeat([]int64{t.size}, t.kept)...))
	}
	return told(Warn, cause.DestinationNoLinks, ev)
}

// SharesFiles says whether the versions in a folder can share files on its drive. It
// tries it.
func SharesFiles(dir string) (bool, error) { return sharesFiles(dir, os.Link, cloneFile) }

// sharesFiles says whether two names can share their contents in one of these
// ways: by a hard link, or by a clone.
func sharesFiles(dir string, ways ...func(src, dst string) error) (bool, error) {
	name := filepath.Join(dir, probePrefix+rand.Text())
	if err := os.WriteFile(name, make([]byte, 4096), 0o600); err != nil {
		return false, fmt.Errorf("create probe: %w", err)
	}
	for _, way := range ways {
		twin := name + "-twin"
		failed := way(name, twin)
		// A way that failed may have left an empty file.
		if err := os.Remove(twin); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, errors.Join(fmt.Errorf("remove probe: %w", err), os.Remove(name))
		}
		if failed == nil {
			return true, os.Remove(name)
		}
	}
	return false, os.Remove(name)
}

// belowDestination is how long the longest path below a destination is, in bytes,
// with some to spare: .homeport, a UDID of 40, versions, a version, the UDID
// again, and a file's two digits and 40.
const belowDestination = 256

// tooDeep says that files below dir would have paths that other programs cannot
// open.
func tooDeep(dir string) bool { return len(dir)+belowDestination > maxPath }

func (t *target) told(id cause.ID, err error) Finding {
	return Finding{Status: Fail, Cause: id, Evidence: cause.Evidence{"path": t.dir}, Err: err}
}

// diskCause says what an error of the system means for a destination, before
// anything is written to it: as tree.Cause, but for what only we can tell here.
func diskCause(err error, dir string) (cause.ID, bool) {
	if id, known := systemCause(err, dir); known {
		return id, true
	}
	switch id, known := tree.Cause(err); id {
	case cause.HostDiskFullDuring:
		return cause.HostDiskFull, true
	case cause.FileLocked: // a folder is not one file
		return "", false
	default:
		return id, known
	}
}

// failed finds the cause of an error of the file system, and what the computer
// knows about it besides.
func (t *target) failed(ctx context.Context, err error) Finding {
	id, known := diskCause(err, t.dir)
	switch {
	case known:
	case errors.Is(err, fs.ErrNotExist):
		id = cause.DestinationMissing
	default:
		id = cause.DestinationNotWritable
	}
	f := t.told(id, err)
	drive := t.drive(ctx)
	named(f.Evidence, drive)
	switch id {
	case cause.HostDiskFull:
		t.fullness(&f)
	case cause.DestinationNotWritable:
		t.refusal(ctx, &f, drive)
	}
	return f
}

// refusal says why a drive or a folder does not take a file.
func (t *target) refusal(ctx context.Context, f *Finding, d Drive) {
	switch {
	case d.Broken:
		f.Cause = cause.HostIOError
		f.Evidence["stopped"] = d.Point
	case d.ReadOnly && slices.Contains([]string{"ntfs", "ufsd_NTFS"}, d.FileSystem):
		f.Evidence["reason"] = "its drive is in a format of Windows (NTFS) that this computer only reads"
	case d.ReadOnly:
		f.Evidence["reason"] = "its drive can only be read, as it is mounted now"
	case errors.Is(f.Err, fs.ErrPermission):
		t.guarded(ctx, f)
	}
}

// guarded looks for a protection of the system behind a refusal.
func (t *target) guarded(ctx context.Context, f *Finding) {
	if t.computer.Guard == nil {
		return
	}
	g, err := t.computer.Guard(ctx, t.dir)
	switch {
	case err != nil || g.Name == "":
	case !g.Privacy:
		f.Cause = cause.WriteBlockedBySecuritySoftware
		f.Evidence["program"] = g.Name
	case errors.Is(f.Err, syscall.EPERM):
		f.Cause = cause.FullDiskAccessMissing
	}
}

// fullness says of what a drive has no more: bytes, files, or what this account
// may use.
func (t *target) fullness(f *Finding) {
	v, err := t.disk.Volume(t.dir)
	if err != nil {
		return
	}
	v.describe(f.Evidence)
	if isQuota(f.Err) && f.Evidence["account"] == nil {
		f.Evidence["account"] = accountName()
	}
}
