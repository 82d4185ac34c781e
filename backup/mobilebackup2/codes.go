package mobilebackup2

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"homeport/backup/tree"
	"homeport/cause"
)

// DeviceLink's status codes, as the phone knows them.
const (
	codeOK        = 0
	codeFailed    = -1
	codeNotFound  = -6
	codeExists    = -7
	codeNotDir    = -8
	codeIsDir     = -9
	codeLoop      = -10
	codeIO        = -11
	codeMulti     = -13
	codeDiskFull  = -15
	textMulti     = "Multi status"
	textUnknown   = "Operation not supported"
	textNotFound  = "No such file or directory"
	textFull      = "No space left on device"
	textForbidden = "Operation not permitted"
)

// statusOf says an error in DeviceLink's words. The text is the system's own and
// holds no path of this computer.
func statusOf(err error) (code int, text string) {
	if _, ok := errors.AsType[*tree.PathError](err); ok {
		return codeFailed, textForbidden
	}
	for _, row := range []struct {
		is   func(error) bool
		code int
		text string
	}{
		{isDiskFull, codeDiskFull, textFull},
		{func(err error) bool { return errors.Is(err, fs.ErrNotExist) }, codeNotFound, textNotFound},
		{func(err error) bool { return errors.Is(err, fs.ErrExist) }, codeExists, "File exists"},
		{func(err error) bool { return errors.Is(err, syscall.ENOTEMPTY) }, codeExists, "Directory not empty"},
		{func(err error) bool { return errors.Is(err, syscall.ENOTDIR) }, codeNotDir, "Not a directory"},
		{func(err error) bool { return errors.Is(err, syscall.EISDIR) }, codeIsDir, "Is a directory"},
		{func(err error) bool { return errors.Is(err, syscall.ELOOP) }, codeLoop, "Too many levels of symbolic links"},
		{func(err error) bool { return errors.Is(err, syscall.EIO) }, codeIO, "Input/output error"},
		{func(err error) bool { return errors.Is(err, fs.ErrPermission) }, codeFailed, textForbidden},
	} {
		if row.is(err) {
			return row.code, row.text
		}
	}
	return codeFailed, "Operation failed"
}

// errBudget is our own "full": the space that the run may use has run out while
// the disk still has its reserve.
var errBudget = errors.New("the space for this backup is used up")

func isDiskFull(err error) bool {
	return errors.Is(err, errBudget) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota) || errors.Is(err, errDiskFull)
}

// isCalm tells errors that are answers about the folder, not signs of a broken
// disk: the phone hears them and goes on, and the run is not spoiled.
func isCalm(err error) bool {
	if _, ok := errors.AsType[*tree.PathError](err); ok {
		return true
	}
	for _, calm := range []error{
		fs.ErrNotExist, fs.ErrExist, fs.ErrInvalid, tree.ErrNotRegular,
		syscall.ENOTDIR, syscall.EISDIR, syscall.ELOOP, syscall.ENOTEMPTY, syscall.EINVAL, syscall.EMLINK,
	} {
		if errors.Is(err, calm) {
			return true
		}
	}
	return false
}

// hostCause gives an error of our own disk its cause.
func hostCause(err error, ev cause.Evidence) error {
	if _, ok := cause.Of(err); ok {
		return err
	}
	id, known := tree.Cause(err)
	switch {
	case isDiskFull(err):
		id = cause.HostDiskFullDuring
	case known:
	case errors.Is(err, fs.ErrPermission):
		id = cause.DestinationNotWritable
	case errors.Is(err, fs.ErrNotExist):
		id = cause.DestinationMissing
	default:
		id = cause.HostIOError
	}
	return cause.New(id, ev, err)
}

// linkCause gives an error of the connection its cause. A read that ended, or
// was reset, in whatever words a TLS layer chose, is a phone that went away.
func linkCause(ctx context.Context, err error, ev cause.Evidence) error {
	if ctx.Err() != nil {
		return stopCause(ctx)
	}
	if _, ok := cause.Of(err); ok {
		return err
	}
	if nerr, ok := errors.AsType[net.Error](err); ok && nerr.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return cause.New(cause.TransferStalled, ev, err)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return cause.New(cause.DeviceDisconnected, ev, err)
}

// stopCause is the error of a run whose context ended: what ended it, or
// user-cancelled when nobody said.
func stopCause(ctx context.Context) error {
	err := context.Cause(ctx)
	if _, ok := cause.Of(err); ok {
		return err
	}
	return cause.New(cause.UserCancelled, nil, err)
}

// mbErrors maps the ErrorCode of a final Response (MBErrorDomain) to a cause.
// 105 is decided by the free space, see phoneCause; what is not here is unknown.
var mbErrors = map[int64]cause.ID{
	1:   cause.DeviceInternalError,
	2:   cause.DeviceInternalError,
	3:   cause.DeviceSnapshotStuck,
	4:   cause.DeviceInternalError,
	5:   cause.DeviceInternalError,
	6:   cause.DeviceInternalError,
	7:   cause.DeviceInternalError,
	8:   cause.DeviceInternalError,
	9:   cause.DeviceInternalError,
	10:  cause.DeviceInternalError,
	11:  cause.DeviceInternalError,
	12:  cause.DeviceInternalError,
	14:  cause.DeviceBusy,
	22:  cause.EncryptionRequiredByPolicy,
	25:  cause.ICloudRestoreRunning,
	26:  cause.DeviceInternalError,
	100: cause.DeviceInternalError,
	101: cause.DeviceInternalError,
	102: cause.DeviceStorageFull,
	103: cause.DeviceInternalError,
	104: cause.DeviceInternalError,
	106: cause.DeviceStorageFull,
	202: cause.DeviceCancelled,
	203: cause.HostSoftwareTooOld,
	204: cause.PreviousBackupCorrupt,
	205: cause.PreviousBackupCorrupt,
	207: cause.BackupPasswordUnknown,
	208: cause.PasscodePromptUnanswered,
	209: cause.PreviousBackupIncompleteFiles,
	211: cause.FindMyOn,
	212: cause.SetupNotFinished,
	213: cause.DeviceCancelled,
	217: cause.DeviceCancelled,
	218: cause.DeviceCancelled,
	219: cause.DeviceCancelled,
	220: cause.DeviceCancelled,
	221: cause.DeviceCancelled,
	222: cause.DeviceCancelled,
	223: cause.DeviceBusy,
	224: cause.DeviceCancelled,
}
