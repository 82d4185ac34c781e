package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// Source is a backup folder of another program.
type Source struct {
	Path      string    `json:"path"` // absolute, links resolved
	UDID      string    `json:"udid,omitempty"`
	Device    string    `json:"device,omitempty"` // the phone's name then
	IOS       string    `json:"iosVersion,omitempty"`
	Date      time.Time `json:"date,omitzero"`     // of the backup; zero when none can be believed
	Program   string    `json:"program,omitempty"` // that made it, as far as it says so
	Encrypted bool      `json:"encrypted"`
	Files     int       `json:"files"` // that an import copies, bodies and the four beside them
	Bytes     int64     `json:"bytes"` // of those
	// Left counts what lies in the folder and is no part of a backup.
	Left int `json:"left,omitempty"`
	// Proven says that each row of the list has its body; false for an encrypted backup
	// that was not opened.
	Proven bool `json:"proven"`

	dir   tree.Dir
	print fingerprint
}

// appleUDID are the forms of the UDIDs that Apple gave: 40 digits, or 8 and 16. A
// folder may make up its name, and so would choose the name of a folder of ours.
var appleUDID = regexp.MustCompile(`^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{16})$`)

// archivedForm is how Finder names a backup that it archived: <UDID>-20240301-101530.
var archivedForm = regexp.MustCompile(`^(.+)-\d{8}-\d{6}$`)

// namedFor is the UDID in the name of a backup folder; "" when it has none.
func namedFor(name string) string {
	if m := archivedForm.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	if !appleUDID.MatchString(name) {
		return ""
	}
	return name
}

// Examine looks at a backup folder of another program, and says whether it could be
// imported, without reading bodies. keys opens an encrypted one, and may be nil. What
// is known of a folder that is refused is in the answer too.
//
// The causes of errors are import-refused, previous-backup-other-device (its files and
// its name are of two phones), ios-too-old, file-locked, sync-lock-held (it changes at
// this moment), full-disk-access-missing and host-io-error.
func Examine(ctx context.Context, dir string, keys *mobilesync.Keys) (Source, error) {
	src, err := examine(ctx, tree.OS{}, dir, keys)
	src.close()
	return src, err
}

// examine is Examine that leaves the folder open. The caller closes it, also after an
// error.
func examine(ctx context.Context, fsys tree.FS, dir string, keys *mobilesync.Keys) (Source, error) {
	src := Source{Path: dir}
	path, err := filepath.Abs(dir)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return src, src.reading(err)
	}
	src.Path = path
	if strings.Contains(path+string(filepath.Separator), string(filepath.Separator)+homeName+string(filepath.Separator)) {
		return src, cause.New(cause.ImportRefused, cause.Evidence{"path": path, "reason": "it is one of Homeport's own versions", "none": true},
			fmt.Errorf("import %s: it lies in a store", path))
	}
	if src.dir, err = fsys.OpenDir(path); err != nil {
		return src, src.reading(err)
	}
	folder, err := mobilesync.Open(filepath.Split(path))
	if err != nil {
		return src, src.reading(err)
	}
	defer folder.Close()
	if err := src.introduce(folder); err != nil {
		return src, err
	}
	if err := src.survey(ctx); err != nil {
		return src, err
	}
	return src, src.judge(ctx, folder, keys)
}

func (src *Source) close() {
	if src.dir != nil {
		_ = src.dir.Close()
		src.dir = nil
	}
}

// introduce reads whose backup it is, and when it was made.
func (src *Source) introduce(folder *mobilesync.Folder) error {
	info, ierr := folder.Info()
	manifest, merr := folder.Manifest()
	status, serr := folder.Status()
	if ierr != nil && merr != nil && serr != nil {
		return src.none(ierr)
	}
	src.Device, src.IOS = info.DeviceName, info.ProductVersion
	if src.IOS == "" {
		src.IOS = manifest.Lockdown.ProductVersion
	}
	if src.Device == "" {
		src.Device = manifest.Lockdown.DeviceName
	}
	src.Encrypted = manifest.IsEncrypted
	src.Program = programOf(info)
	src.Date = believable(time.Now(), info.LastBackupDate, status.Date, manifest.Date)
	named := namedFor(filepath.Base(src.Path))
	for _, u := range []string{manifest.Lockdown.UniqueDeviceID, info.TargetIdentifier, named, info.UniqueIdentifier} {
		if src.UDID == "" && appleUDID.MatchString(u) {
			src.UDID = u
		}
	}
	if named != "" && src.UDID != "" && !sameUDID(named, src.UDID) {
		return src.otherPhone(fmt.Errorf("import %s: it is a backup of %s", src.Path, src.UDID))
	}
	return nil
}

// programOf words what Info.plist says of the program; other tools write a version of
// iTunes as well, the one that the phone asks for.
func programOf(info mobilesync.Info) string {
	switch {
	case info.MacOSVersion != "":
		return "Finder, macOS " + clipped(info.MacOSVersion)
	case info.ITunesVersion != "":
		return "iTunes " + clipped(info.ITunesVersion) + ", or a program that passes for it"
	}
	return ""
}

// clipped bounds a word from a file.
func clipped(s string) string { return strings.ToValidUTF8(s[:min(len(s), 32)], "") }

// believable picks the latest date that a backup can have: not before there were
// iPhones, and not in the future.
func believable(now time.Time, dates ...time.Time) time.Time {
	var best time.Time
	for _, d := range dates {
		if d.Year() >= 2007 && !d.After(now) && d.After(best) {
			best = d
		}
	}
	return best.UTC()
}

// judge checks the folder by the rules that hold for what is published.
func (src *Source) judge(ctx context.Context, folder *mobilesync.Folder, keys *mobilesync.Keys) error {
	if src.UDID == "" {
		return src.refused("it does not say which iPhone it is of", nil)
	}
	if keys != nil {
		if err := folder.UnlockWith(keys); err != nil {
			return src.reading(err)
		}
	}
	r, err := folder.Check(ctx, src.UDID, mobilesync.Options{})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return src.reading(err)
	}
	src.Encrypted, src.Proven = r.Encrypted, fullyProven(r)
	return src.importable(r)
}

// fullyProven says that the list was read and each row has its body. A body that no
// row names, and what else lies in the folder, takes nothing away from that.
func fullyProven(r mobilesync.Report) bool {
	if r.Rows == 0 {
		return false
	}
	for k, n := range r.Counts {
		if n > 0 && !quiet(k) && k != mobilesync.Stray && k != mobilesync.SnapshotLeft {
			return false
		}
	}
	return true
}

// importable says why a folder is not a whole backup, in words.
func (src *Source) importable(r mobilesync.Report) error {
	err := proven(r, src.UDID, "")
	if err == nil {
		return nil
	}
	count := func(k mobilesync.Kind) int { return r.Counts[k] }
	switch {
	case count(mobilesync.TooOld) > 0:
		return cause.New(cause.IOSTooOld, cause.Evidence{"iosVersion": src.IOS, "oldest": "10", "path": src.Path}, err)
	case count(mobilesync.WrongUDID) > 0:
		return src.otherPhone(err)
	case count(mobilesync.NotRegular) > 0:
		return src.refused("it has a link, or something else that is no file, in the place of a file", err)
	case count(mobilesync.NotFinished) > 0:
		return src.refused("this backup was not finished", err)
	}
	for _, d := range r.Damage {
		name := d.Path[strings.IndexByte(d.Path, '/')+1:]
		if !strings.Contains(name, "/") && !quiet(d.Kind) && d.Kind != mobilesync.Stray {
			return src.refused(fmt.Sprintf("its file %s is %s", name, d.Kind), err)
		}
	}
	lacking := count(mobilesync.Missing) + count(mobilesync.Empty) + count(mobilesync.WrongSize)
	switch lacking {
	case 0:
	case 1:
		return src.refused("one of its files is missing or not whole", err)
	default:
		return src.refused(fmt.Sprintf("%d of its files are missing or not whole", lacking), err)
	}
	return src.refused("it is damaged", err)
}

func (src *Source) refused(reason string, err error) error {
	if err == nil {
		err = errors.New(reason)
	}
	return cause.New(cause.ImportRefused, cause.Evidence{"path": src.Path, "reason": reason}, fmt.Errorf("import %s: %w", src.Path, err))
}

// none is the error for a folder that is not a backup at all.
func (src *Source) none(err error) error {
	return cause.New(cause.ImportRefused, cause.Evidence{"path": src.Path, "reason": "there is no iPhone backup in it", "none": true},
		fmt.Errorf("import %s: %w", src.Path, err))
}

func (src *Source) otherPhone(err error) error {
	return cause.New(cause.PreviousBackupOtherDevice, cause.Evidence{"path": src.Path, "udid": src.UDID}, err)
}

// changing is the error for a folder that another program writes into.
func (src *Source) changing(what string) error {
	return cause.New(cause.SyncLockHeld, cause.Evidence{"path": src.Path, "file": what, cause.ByHand: true},
		fmt.Errorf("import %s: %s changed while it was being read", src.Path, what))
}

// reading gives an error of reading the folder its cause: those that a destination
// would have do not fit.
func (src *Source) reading(err error) error {
	if _, ok := cause.Of(err); err == nil || ok {
		return err
	}
	id, known := tree.Cause(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return src.none(err)
	case errors.Is(err, fs.ErrPermission) && strings.Contains(filepath.ToSlash(src.Path), "/Library/Application Support/MobileSync"):
		return cause.New(cause.FullDiskAccessMissing, cause.Evidence{"path": src.Path}, err)
	case errors.Is(err, fs.ErrPermission):
		return src.refused("this account may not read it", err)
	case known:
		return cause.New(id, cause.Evidence{"path": src.Path}, err)
	}
	if fe, ok := errors.AsType[*mobilesync.FileError](err); ok {
		return src.refused(fmt.Sprintf("%s is %s", fe.Name, fe.Kind), err)
	}
	return src.refused("it cannot be read", err)
}
