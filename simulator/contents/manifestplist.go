package contents

import (
	"encoding/binary"
	"fmt"
	"time"

	"howett.net/plist"
)

// UUID is that of backup number run of this phone, in upper case.
func (c *Contents) UUID(run int) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], mix(c.plan.seed, forUUID, uint64(run)))
	binary.BigEndian.PutUint64(b[8:], mix(c.plan.seed, forUUID, uint64(run), 1))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Date is that of backup number run: a day later for each.
func (c *Contents) Date(run int) time.Time {
	return time.Unix(runTime, 0).UTC().AddDate(0, 0, run)
}

// lockdownKeys are what Manifest.plist takes over from lockdown.
var lockdownKeys = [...]string{
	"ProductVersion", "ProductType", "BuildVersion", "DeviceName", "SerialNumber", "UniqueDeviceID",
}

// lockdownDomains are empty in Manifest.plist of a phone that has nothing in them.
var lockdownDomains = [...]string{
	"com.apple.MobileDeviceCrashCopy", "com.apple.TerminalFlashr", "com.apple.mobile.data_sync",
	"com.apple.mobile.iTunes.accessories", "com.apple.mobile.wireless_lockdown", "com.apple.Accessibility",
}

// ManifestPlist is the Manifest.plist of backup number run, made with key bag k.
// values is lockdown's root domain; nothing else but the Config goes into the
// bytes.
func (c *Contents) ManifestPlist(k *Keybag, run int, values map[string]any) ([]byte, error) {
	keybag, err := k.Bytes()
	if err != nil {
		return nil, err
	}
	lockdown := map[string]any{}
	for _, key := range lockdownKeys {
		if v, ok := values[key]; ok {
			lockdown[key] = v
		}
	}
	for _, domain := range lockdownDomains {
		lockdown[domain] = map[string]any{}
	}
	applications := map[string]any{}
	for n, id := range apps {
		applications[id] = map[string]any{
			"CFBundleIdentifier":    id,
			"CFBundleVersion":       fmt.Sprintf("%d.0", n+1),
			"ContainerContentClass": "Data/Application",
			"Path":                  "/var/containers/Bundle/Application/" + c.UUID(-1-n) + "/App.app",
		}
	}
	manifest := map[string]any{
		"Version":              "10.0",
		"SystemDomainsVersion": "24.0",
		"Date":                 c.Date(run),
		"IsEncrypted":          k.Encrypts(),
		"WasPasscodeSet":       true,
		"BackupKeyBag":         keybag,
		"Applications":         applications,
		"Lockdown":             lockdown,
	}
	if k.Encrypts() {
		manifest["ManifestKey"] = k.ManifestKey()
	}
	b, err := plist.Marshal(manifest, plist.BinaryFormat)
	if err != nil {
		return nil, fmt.Errorf("encode Manifest.plist: %w", err)
	}
	return b, nil
}
