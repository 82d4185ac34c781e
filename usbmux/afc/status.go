package afc

import (
	"fmt"
	"io/fs"
)

// The status codes that a caller may want to tell apart.
const (
	StatusObjectNotFound   uint64 = 8
	StatusPermissionDenied uint64 = 10
	StatusEndOfData        uint64 = 14
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

// statusWords are the codes that libimobiledevice's header names, in our words.
var statusWords = map[uint64]string{
	1: "unknown error", 2: "bad header", 3: "no resources", 4: "read error", 5: "write error", 6: "unknown packet",
	7: "bad argument", StatusObjectNotFound: "not found", 9: "is a folder", StatusPermissionDenied: "permission denied",
	11: "service not connected", 12: "timeout", 13: "too much data", StatusEndOfData: "end of data",
	StatusNotSupported: "not supported", 16: "exists", 17: "busy", 18: "no space", StatusWouldBlock: "would block",
	20: "input or output error", 21: "interrupted", 22: "in progress", 23: "internal error", 30: "mux error",
	31: "no memory", 32: "not enough data", 33: "folder is not empty",
}

func statusText(code uint64) string {
	if words, ok := statusWords[code]; ok {
		return fmt.Sprintf("status %d, %s", code, words)
	}
	return fmt.Sprintf("status %d", code)
}
