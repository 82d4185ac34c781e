package afc

import (
	"fmt"
	"io/fs"
)

// The status codes that a caller may want to tell apart.
const (
	StatusObjectNotFound   uint64 = 8
	StatusPermissionDenied uint64 = 10
	StatusNotSupported     uint64 = 15
	StatusWouldBlock       uint64 = 19
)

// StatusError says that the phone refused an operation.
type StatusError struct {
	Op   string // "open", "lock", ...
	Path string
	Code uint64 // as the phone sent it
}

// Error names the operation, the path and the code.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s %s: phone answered %s", e.Op, e.Path, statusText(e.Code))
}

// Is makes a missing object fs.ErrNotExist and a forbidden one fs.ErrPermission.
func (e *StatusError) Is(target error) bool {
	return target == fs.ErrNotExist && e.Code == StatusObjectNotFound ||
		target == fs.ErrPermission && e.Code == StatusPermissionDenied
}

func statusText(code uint64) string {
	switch code {
	case StatusObjectNotFound:
		return "status 8, not found"
	case StatusPermissionDenied:
		return "status 10, permission denied"
	case StatusNotSupported:
		return "status 15, not supported"
	case StatusWouldBlock:
		return "status 19, would block"
	}
	return fmt.Sprintf("status %d", code)
}
