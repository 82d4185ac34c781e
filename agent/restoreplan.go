package agent

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/usbmux"
)

// RestorePlan is what a restore is about to do.
type RestorePlan struct {
	Phone     Phone                 `json:"phone"`   // that gets it
	Version   store.Version         `json:"version"` // that it gets
	From      string                `json:"from"`    // the name of the phone that was backed up
	BackupIOS string                `json:"backupIosVersion,omitempty"`
	SamePhone bool                  `json:"samePhone"` // the version is of this very phone
	Options   backup.RestoreOptions `json:"-"`
}

// planRestore reads from the version itself what a restore of it means. The
// version was not proven yet: what does not fit is version-damaged.
func planRestore(v store.Version, source string, f *mobilesync.Folder, o backup.RestoreOptions) (RestorePlan, error) {
	plan := RestorePlan{Version: v, From: v.Device, Options: o}
	status, err := f.Status()
	if err != nil {
		return plan, unfit(v, err)
	}
	if !status.Finished() {
		return plan, unfit(v, fmt.Errorf("its backup was never finished (%s, %s)", status.SnapshotState, status.BackupState))
	}
	m, err := f.Manifest()
	if err != nil {
		return plan, unfit(v, err)
	}
	if udid := m.Lockdown.UniqueDeviceID; udid != "" && !usbmux.SameUDID(udid, source) {
		return plan, unfit(v, fmt.Errorf("its manifest is that of another phone, %s", strconv.Quote(udid)))
	}
	if m.IsEncrypted != v.Encrypted {
		return plan, unfit(v, fmt.Errorf("its manifest says encrypted %t, and it was made with %t", m.IsEncrypted, v.Encrypted))
	}
	plan.BackupIOS = m.Lockdown.ProductVersion
	if info, err := f.Info(); err == nil && plan.BackupIOS == "" {
		plan.BackupIOS = info.ProductVersion
	}
	return plan, nil
}

// unfit is the error for a version that is not what it says it is.
func unfit(v store.Version, err error) error {
	if id, known := cause.Of(err); known && id != cause.Unknown {
		return err
	}
	return cause.New(cause.VersionDamaged, cause.Evidence{"version": string(v.ID), "reason": err.Error()},
		fmt.Errorf("restore %s: %w", v.ID, err))
}

// newerIOS reports whether an iOS version is newer than another, by their numbers;
// false when one of them is no version.
func newerIOS(a, b string) bool {
	x, okA := iosNumbers(a)
	y, okB := iosNumbers(b)
	if !okA || !okB {
		return false
	}
	return slices.Compare(x, y) > 0
}

// iosNumbers reads "18.5" as 18, 5, 0.
func iosNumbers(s string) ([]int, bool) {
	n := make([]int, 3)
	parts := strings.Split(s, ".")
	if len(parts) > len(n) {
		return nil, false
	}
	for i, part := range parts {
		var err error
		if n[i], err = strconv.Atoi(part); err != nil || n[i] < 0 {
			return nil, false
		}
	}
	return n, true
}
