package preflight

import (
	"context"
	"errors"
	"fmt"
	"math"

	"homeport/backup/mobilesync"
	"homeport/cause"
	"homeport/usbmux"
)

const (
	// phoneMargin is what a phone wants besides its upload, in bytes.
	phoneMargin = 128 << 20
	// growth is how much more than last time the next backup may bring, in bytes.
	growth = 1 << 30
)

// room compares what the backup may need with what is free. Only the phone knows
// the true size, and refuses early when it does not fit; so this refuses only
// what is hopeless, and warns of what is tight.
func (p *visit) room(ctx context.Context) Finding {
	v, err := p.attached.Disk.Volume(p.attached.Destination)
	if err != nil {
		t := target{dir: p.attached.Destination, disk: p.attached.Disk}
		return t.failed(ctx, err)
	}
	ev := cause.Evidence{}
	if p.copies() {
		newest := *p.attached.Newest
		newest.Copied, p.attached.Newest = true, &newest
		ev["copy"] = cause.Bytes(newest.Bytes)
	}
	least, most := p.need(ctx)
	v.describe(ev)
	if _, full := ev["maxFiles"]; full && v.FreeFiles > 0 { // the probe told already when there are none, or they mean nothing
		return told(Fail, cause.HostDiskFull, ev)
	}
	if v.Free >= most {
		delete(ev, "copy") // nobody has to think about it
		return passed(ev)
	}
	// What stays free on the drive is not part of a backup, and of no outlook.
	bytes := most - max(p.attached.Reserve, 0)
	if bytes <= v.Free {
		bytes = most
	}
	if v.Free < least {
		ev["need"], ev["short"] = cause.Bytes(least), cause.Bytes(least-v.Free)
		if bytes > least {
			ev["upTo"] = cause.Bytes(bytes) // only the phone knows how much it will be
		}
		return told(Fail, cause.HostDiskFull, ev)
	}
	ev["need"], ev["short"] = cause.Bytes(bytes), cause.Bytes(most-v.Free)
	return told(Warn, cause.HostDiskTight, ev)
}

// copies says whether the newest version has to be copied before the phone is asked for
// what is new.
func (p *visit) copies() bool {
	newest := p.attached.Newest
	if newest == nil || newest.Resumed || newest.Bytes == 0 || p.attached.Mirror {
		return false
	}
	shares, err := SharesFiles(p.attached.Destination)
	return err == nil && !shares // what is wrong otherwise is told by the checks of the destination
}

// need estimates what must be free: with less than least there is no point in
// beginning, with most it fits for sure.
//
// A first backup holds at most what is in use on the phone, and rarely less than
// a quarter of it. A later one brings what the outlook says, or about as much as the
// one before, on top of a copy of that where the drive cannot share files.
func (p *visit) need(ctx context.Context) (least, most int64) {
	reserve := p.attached.Reserve
	if newest := p.attached.Newest; newest != nil {
		floor := sum(reserve, phoneMargin)
		if newest.Copied {
			floor = sum(floor, newest.Bytes)
		}
		if newest.Most > 0 {
			return floor, sum(floor, newest.Most)
		}
		return floor, sum(floor, newest.NewBytes, growth)
	}
	used, known := p.used(ctx)
	if !known {
		return sum(reserve, phoneMargin), sum(reserve, phoneMargin)
	}
	return sum(used/4, reserve), sum(used, reserve)
}

// sum adds sizes and stays at the largest that there is.
func sum(sizes ...int64) int64 {
	total := int64(0)
	for _, n := range sizes {
		n = max(n, 0)
		if total > math.MaxInt64-n {
			return math.MaxInt64
		}
		total += n
	}
	return total
}

// earlier looks at the version that the next backup would build on. A bad one is
// no failure: the next one then builds on an older version, or on none.
func (p *visit) earlier(ctx context.Context) Finding {
	newest := p.attached.Newest
	if newest == nil || newest.Check == nil {
		return passed(nil)
	}
	err := newest.Check(ctx)
	if err == nil {
		return passed(nil)
	}
	f := failed(err)
	switch f.Cause {
	case cause.PreviousBackupCorrupt, cause.PreviousBackupIncompleteFiles:
		f.Status = Info
	case cause.VersionDamaged:
		f.Status = Warn // a person trusts in it
	}
	return f
}

// CheckFolder looks at a backup folder dir/udid without reading its files: whose
// it is, and whether the phone said that it was finished. Its errors carry
// previous-backup-corrupt, with the reason, or previous-backup-other-device.
func CheckFolder(dir, udid string) (err error) {
	folder, err := mobilesync.Open(dir, udid)
	if err != nil {
		return corrupt(err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	info, err := folder.Info()
	if err != nil {
		return corrupt(err)
	}
	if info.TargetIdentifier != "" && !usbmux.SameUDID(info.TargetIdentifier, udid) {
		return cause.New(cause.PreviousBackupOtherDevice, cause.Evidence{"udid": info.TargetIdentifier},
			fmt.Errorf("check %s: it belongs to %s", folder.Path(), info.TargetIdentifier))
	}
	status, err := folder.Status()
	if err != nil {
		return corrupt(err)
	}
	if !status.Finished() {
		return cause.New(cause.PreviousBackupCorrupt, cause.Evidence{"reason": "the iPhone had not finished it"},
			fmt.Errorf("check %s: snapshot state %q, backup state %q", folder.Path(), status.SnapshotState, status.BackupState))
	}
	if _, err := folder.Manifest(); err != nil {
		return corrupt(err)
	}
	if _, err := folder.EncryptedDatabase(); err != nil {
		return corrupt(err)
	}
	return nil
}

// corrupt names the file that is wrong.
func corrupt(err error) error {
	reason := "it cannot be read"
	if fe, ok := errors.AsType[*mobilesync.FileError](err); ok {
		reason = fmt.Sprintf("%s is %s", fe.Name, describe(fe.Kind))
	}
	return cause.New(cause.PreviousBackupCorrupt, cause.Evidence{"reason": reason}, err)
}

func describe(k mobilesync.Kind) string {
	switch k {
	case mobilesync.Missing, mobilesync.MissingEmpty:
		return "missing"
	case mobilesync.Empty:
		return "empty"
	}
	return "damaged"
}
