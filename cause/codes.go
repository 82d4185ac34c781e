package cause

import (
	"slices"
	"strings"
	"sync"
)

// ForCode returns the causes that a code may mean, the likeliest first: a number
// with its domain ("MBErrorDomain/105", "lockdown/-17", "mobilebackup2/-4",
// "usbmuxd/3", "errno/ENOSPC") or one of Apple's host library ("0xE8000065").
// Most codes mean one cause; for those that mean several, the caller decides by
// what it can measure.
func ForCode(code string) []ID { return slices.Clone(byCode()[strings.ToLower(code)]) }

// byCode is the catalogue's codes, in lower case, with what each may mean.
var byCode = sync.OnceValue(func() map[string][]ID {
	m := map[string][]ID{}
	for code, ids := range ambiguous {
		m[code] = slices.Clone(ids)
	}
	for _, r := range catalogue {
		for _, c := range r.Codes {
			if c = strings.ToLower(c); !slices.Contains(m[c], r.ID) {
				m[c] = append(m[c], r.ID)
			}
		}
	}
	return m
})

// ambiguous lists the codes that several causes claim, with the likeliest first.
var ambiguous = map[string][]ID{
	"itunes/-54":        {FileLocked, DestinationNotWritable},
	"lockdown/-34":      {BackupServiceRefused, BackupBlockedByRestriction},
	"mberrordomain/22":  {EncryptionRequiredByPolicy, BackupBlockedByRestriction},
	"mberrordomain/100": {DeviceInternalError, LockedDuringBackup, DeviceSnapshotStuck},
	"mberrordomain/102": {DeviceStorageFull, HostDiskFullDuring},
	"mberrordomain/103": {DeviceInternalError, HostIOError},
	"mberrordomain/104": {DeviceInternalError, LockedDuringBackup, HostIOError},
	"mberrordomain/105": {HostDiskFullDuring, HostSpaceMisreported, DeviceStorageFull},
	"mberrordomain/106": {DeviceStorageFull, RestoreNoRoom},
	"mberrordomain/203": {HostSoftwareTooOld, BackupNewerThanPhone},
	"mobilebackup2/-4":  {DeviceDisconnected, DeviceBackupAgentCrashed},
}
