package backupagent

import "fmt"

// failure ends a request with an ErrorCode; the connection goes on.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return fmt.Sprintf("%s (MBErrorDomain/%d)", f.text, f.code) }

// The codes of MBErrorDomain that this agent ends with by itself.
const (
	codeInternal     = 1
	codeBusy         = 14
	codePolicy       = 22
	codeCloudRestore = 25
	codeRead         = 103
	codeWrite        = 104
	codeHostFull     = 105
	codePhoneFull    = 106
	codeVersion      = 203
	codeNoBackup     = 204
	codeCorrupt      = 205
	codePassword     = 207
	codeLocked       = 208
	codeNoKey        = 209
	codeFindMy       = 211
	codeSetup        = 212
)

var codeTexts = map[int]string{
	codeInternal:     "Internal error",
	codeBusy:         "Another backup is running",
	codePolicy:       "Disabled by policy",
	codeCloudRestore: "An iCloud restore is running",
	100:              "I/O error",
	101:              "Read error on the device",
	102:              "Write error on the device",
	codeRead:         "Read error on the host",
	codeWrite:        "Write error on the host",
	codeHostFull:     "Insufficient free disk space on the host",
	codePhoneFull:    "Insufficient free disk space on the device",
	202:              "Cancelled",
	codeVersion:      "Unsupported backup version",
	codeNoBackup:     "No backup exists",
	codeCorrupt:      "Backup is corrupt",
	codePassword:     "Invalid password",
	codeLocked:       "Device locked",
	codeNoKey:        "Missing encryption key",
	codeFindMy:       "Find My is on",
	codeSetup:        "Setup is not finished",
}

func fail(code int) *failure {
	text := codeTexts[code]
	if text == "" {
		text = "Error"
	}
	return &failure{code, text}
}

func failWith(code int, format string, args ...any) *failure {
	return &failure{code, fmt.Sprintf(format, args...)}
}

// Codes of DLMessageStatusResponse.
const (
	dlOK       = 0
	dlOther    = -1
	dlNotFound = -6
	dlExists   = -7
	dlMulti    = -13
	dlFull     = -15
)

// onRead is the failure for a host that answered code when it was asked for
// something that must be there.
func onRead(code int64, what string) *failure {
	if code == dlNotFound {
		return failWith(codeCorrupt, "%s is missing", what)
	}
	return failWith(codeRead, "Host could not read %s (%d)", what, code)
}

// onWrite is the failure for a host that answered code to a change.
func onWrite(code int64, what string) *failure {
	switch code {
	case dlFull:
		return fail(codeHostFull)
	case dlNotFound, dlExists:
		return failWith(codeCorrupt, "Host could not %s (%d)", what, code)
	}
	return failWith(codeWrite, "Host could not %s (%d)", what, code)
}
