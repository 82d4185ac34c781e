package simulator

import (
	"crypto/rsa"
	"maps"
	"time"
)

// The lockdown domains that a phone answers; "" is the root. Any other domain is MissingValue unless the spec or SetValue fills it.
const (
	domainRoot     = ""
	domainBackup   = "com.apple.mobile.backup"
	domainDisk     = "com.apple.disk_usage"
	domainBattery  = "com.apple.mobile.battery"
	domainITunes   = "com.apple.mobile.iTunes"
	domainFindMy   = "com.apple.fmip"
	domainSetup    = "com.apple.purplebuddy"
	domainLanguage = "com.apple.international"
	domainManaged  = "com.apple.mobile.chaperone"
	domainWireless = "com.apple.mobile.wireless_lockdown"
)

// publicKeys are the root values that a phone tells a computer that it does not trust.
var publicKeys = map[string]bool{
	"ActivationState": true, "BasebandStatus": true, "BluetoothAddress": true, "BuildVersion": true, "CPUArchitecture": true,
	"DeviceClass": true, "DeviceColor": true, "DeviceName": true, "DevicePublicKey": true, "HardwareModel": true, "HostAttached": true,
	"PasswordProtected": true, "ProductName": true, "ProductType": true, "ProductVersion": true, "TrustedHostAttached": true,
	"UniqueChipID": true, "UniqueDeviceID": true, "WiFiAddress": true,
}

// firstValues are a phone's values as it comes from the factory of its spec. Those that follow the phone's state are in dynamicValue.
func firstValues(spec PhoneSpec, key *rsa.PrivateKey) map[string]map[string]any {
	used := spec.Disk.Total - spec.Disk.Available
	system := min(10_000_000_000, used/2)
	values := map[string]map[string]any{
		domainRoot: rootValues(spec, key),
		domainBackup: {
			"WillEncrypt": spec.WillEncrypt || spec.BackupPassword != "", "CloudBackupEnabled": spec.CloudBackup, "RequiresEncryption": spec.RequiresEncryption, "Version": "4.0",
		},
		domainDisk: {
			"TotalDiskCapacity": spec.Disk.Total, "TotalSystemCapacity": system, "TotalSystemAvailable": int64(0),
			"TotalDataCapacity": spec.Disk.Total - system, "TotalDataAvailable": spec.Disk.Available,
			"AmountDataAvailable": spec.Disk.Available, "AmountDataReserved": int64(200_000_000),
		},
		domainBattery: {
			"BatteryCurrentCapacity": *spec.Battery.Percent, "BatteryIsCharging": !spec.Battery.NotCharging,
			"ExternalConnected": !spec.Battery.NotCharging, "ExternalChargeCapable": true, "HasBattery": true, "GasGaugeCapability": true,
			"FullyCharged": *spec.Battery.Percent == 100,
		},
		domainITunes:   {"MinITunesVersion": "12.12.0.0", "SyncDataClasses": []any{"Contacts", "Calendars", "Bookmarks"}},
		domainFindMy:   {"IsAssociated": spec.FindMy},
		domainSetup:    {"SetupDone": !spec.InSetup, "SetupState": "SetupUsingiTunes"},
		domainLanguage: {"Language": "en", "Locale": "en_GB", "Keyboard": "en_GB"},
		domainManaged:  {"DeviceIsChaperoned": spec.Supervised},
		domainWireless: {"EnableWifiConnections": false, "SupportsWifiSyncing": true},
	}
	for domain, extra := range spec.Values {
		for k, v := range extra {
			putValue(values, domain, k, v)
		}
	}
	return values
}

func rootValues(spec PhoneSpec, key *rsa.PrivateKey) map[string]any {
	mac := func(purpose string) string {
		b := seeded(5, spec.identity(), purpose)
		return "02" + hexPairs(b)
	}
	chip := seeded(7, spec.identity(), "chip")
	var chipID int64
	for _, b := range chip[:6] {
		chipID = chipID<<8 | int64(b)
	}
	class := "iPhone"
	if len(spec.ProductType) >= 4 && spec.ProductType[:4] == "iPad" {
		class = "iPad"
	}
	return map[string]any{
		"UniqueDeviceID": spec.UDID, "DeviceName": spec.Name, "DeviceClass": class, "ProductName": "iPhone OS",
		"ProductType": spec.ProductType, "ProductVersion": spec.ProductVersion, "BuildVersion": spec.BuildVersion,
		"SerialNumber": spec.SerialNumber, "HardwareModel": "D63AP", "CPUArchitecture": "arm64e", "DeviceColor": "1",
		"WiFiAddress": mac("wifi"), "BluetoothAddress": mac("bluetooth"), "DevicePublicKey": publicKeyPEM(key),
		"ActivationState": spec.Activation, "UniqueChipID": chipID, "BasebandStatus": "BBInfoAvailable", "TimeZone": "Europe/London",
		"InternationalMobileEquipmentIdentity": "35" + digits(seeded(13, spec.identity(), "imei")),
		"IntegratedCircuitCardIdentity":        "8944" + digits(seeded(15, spec.identity(), "iccid")),
		"MobileEquipmentIdentifier":            "35" + digits(seeded(12, spec.identity(), "imei")),
		"PhoneNumber":                          "+447700900" + digits(seeded(3, spec.identity(), "number")),
	}
}

// hexPairs writes ":xx" for each byte.
func hexPairs(b []byte) string {
	const hex = "0123456789abcdef"
	var out []byte
	for _, each := range b {
		out = append(out, ':', hex[each>>4], hex[each&15])
	}
	return string(out)
}

func digits(b []byte) string {
	out := make([]byte, len(b))
	for i, each := range b {
		out[i] = '0' + each%10
	}
	return string(out)
}

func putValue(values map[string]map[string]any, domain, key string, value any) {
	if values[domain] == nil {
		values[domain] = map[string]any{}
	}
	if value == nil {
		delete(values[domain], key)
		return
	}
	values[domain][key] = value
}

// SetValue changes a lockdown value at once; "" is the root domain and nil takes the key away. Values that follow the phone's state
// (PasswordProtected, the clock, the trust flags) cannot be set here.
func (p *Phone) SetValue(domain, key string, value any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	putValue(p.values, domain, key, value)
}

// SetClockSkew puts the phone's clock (TimeIntervalSince1970) off by d.
func (p *Phone) SetClockSkew(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skew = d
}

// domain returns a copy of a domain's values, or nil. A host that is not trusted gets the root's public part.
func (p *Phone) domain(name string, trusted bool) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.values[name] == nil {
		return nil
	}
	all := maps.Clone(p.values[name])
	if name != domainRoot {
		return all
	}
	all["PasswordProtected"] = p.locked
	all["TimeIntervalSince1970"] = float64(time.Now().Add(p.skew).UnixMilli()) / 1000
	all["HostAttached"] = true
	all["TrustedHostAttached"] = trusted
	if !trusted {
		maps.DeleteFunc(all, func(key string, _ any) bool { return !publicKeys[key] })
	}
	return all
}
