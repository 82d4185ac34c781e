package preflight

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

const (
	udid      = "00008120-000A11223344001E"
	otherUDID = "00008120-000B55667788001E"
)

// fakePhone tells what the test says.
type fakePhone struct {
	basics   Basics
	refused  error // Basics
	trust    error
	domains  map[string]map[string]any
	errs     map[string]error
	sessions atomic.Int32
	reads    atomic.Int32
}

func (p *fakePhone) Basics(context.Context) (Basics, error) { return p.basics, p.refused }

func (p *fakePhone) Trust(context.Context) error {
	p.sessions.Add(1)
	return p.trust
}

func (p *fakePhone) Values(_ context.Context, domain string) (map[string]any, error) {
	p.reads.Add(1)
	return p.domains[domain], p.errs[domain]
}

// fakeDisk is a drive of any size.
type fakeDisk struct {
	volume Volume
	err    error
}

func (d fakeDisk) Volume(string) (Volume, error) { return d.volume, d.err }

// fakeMux lists the same links each time.
type fakeMux struct {
	links []usbmux.Link
	err   error
}

func (m fakeMux) Devices(context.Context) ([]usbmux.Link, []error, error) { return m.links, nil, m.err }

const gb = int64(1_000_000_000)

// situation is a computer and a phone on which all is well, for a test to spoil.
type situation struct {
	host  Host
	phone *fakePhone
	at    Attached
}

func allWell(t *testing.T) *situation {
	t.Helper()
	link := usbmux.Link{DeviceID: 3, UDID: udid, Connection: usbmux.USB, SpeedBitsPerSecond: 480_000_000, ProductID: 0x12A8}
	bus := usbmux.HostDevice{UDID: udid, Mode: usbmux.ModeNormal, BusPath: "1-2", SpeedBitsPerSecond: 480_000_000}
	unlocked := false
	p := &fakePhone{
		basics: Basics{UDID: udid, Name: "Anna's iPhone", ProductType: "iPhone15,3", ProductVersion: "18.5", ActivationState: "Activated", PasswordProtected: &unlocked},
		domains: map[string]map[string]any{
			rootDomain:    {"UniqueDeviceID": udid, "PasswordProtected": false},
			backupDomain:  {"WillEncrypt": true},
			diskDomain:    {"TotalDataCapacity": uint64(120 * gb), "TotalDataAvailable": uint64(60 * gb), "AmountDataAvailable": uint64(58 * gb)},
			batteryDomain: {"BatteryCurrentCapacity": uint64(80), "ExternalConnected": true},
			setUpDomain:   {}, supervisedDomain: {},
		},
		errs: map[string]error{},
	}
	dir := t.TempDir()
	disk := fakeDisk{volume: Volume{Name: "Backups", FileSystem: "ext4", Free: 500 * gb, Total: 1000 * gb}}
	s := &situation{phone: p}
	s.host = Host{Destination: dir, Mux: fakeMux{links: []usbmux.Link{link}}, Disk: disk, UDID: udid,
		USB: func(context.Context) ([]usbmux.HostDevice, error) { return []usbmux.HostDevice{bus}, nil }}
	s.at = Attached{Link: link, Phone: p, USB: &bus, Destination: dir, Reserve: 1 << 30, Disk: disk,
		SyncLock: func(context.Context) (func() error, error) { return func() error { return nil }, nil }}
	return s
}

// run gives everything that did not pass, as "check=status:cause" words; skipped
// ones are left out.
func (s *situation) run(t *testing.T) (Report, string) {
	t.Helper()
	r := Run(t.Context(), append(HostChecks(s.host), PhoneChecks(s.at)...))
	return r, outline(Report{r.With(Info, Warn, Fail)})
}

func (s *situation) free(n int64) {
	d := s.at.Disk.(fakeDisk)
	d.volume.Free = n
	s.host.Disk, s.at.Disk = d, d
}

func TestAllWell(t *testing.T) {
	t.Parallel()
	s := allWell(t)
	r, got := s.run(t)
	if got != "" || r.ExitCode() != 0 || r.Failed() {
		t.Errorf("a well phone gives %s, exit code %d", got, r.ExitCode())
	}
	if n := len(r.With(Pass)); n != len(r.Findings) {
		t.Errorf("%d of %d passed, want all", n, len(r.Findings))
	}
	if n := s.phone.sessions.Load(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
	if n := s.phone.reads.Load(); n != 6 {
		t.Errorf("%d domains read, want 6, each once", n)
	}
	if f, _ := r.ByCheck("passcode"); f.Evidence["passcodeNeeded"] != true {
		t.Errorf("iOS 18.5 asks for the passcode: %v", f.Evidence)
	}
}

func caused(id cause.ID) error { return cause.New(id, nil, errors.New("seen")) }

// set returns a spoiler that changes one value of the phone.
func set(domain, key string, value any) func(*situation) {
	return func(s *situation) {
		m := maps.Clone(s.phone.domains[domain])
		m[key] = value
		if value == nil {
			delete(m, key)
		}
		s.phone.domains[domain] = m
	}
}

func all(spoilers ...func(*situation)) func(*situation) {
	return func(s *situation) {
		for _, spoil := range spoilers {
			spoil(s)
		}
	}
}

// lock makes the phone locked now.
func lock(s *situation) { yes := true; s.phone.basics.PasswordProtected = &yes }

// TestSituations is the table of facts and what is told: no more, no less.
func TestSituations(t *testing.T) {
	t.Parallel()
	ios := func(v string) func(*situation) { return func(s *situation) { s.phone.basics.ProductVersion = v } }
	model := func(m string, speed int64) func(*situation) {
		return func(s *situation) { s.phone.basics.ProductType, s.at.USB.SpeedBitsPerSecond = m, speed }
	}
	trust := func(id cause.ID) func(*situation) { return func(s *situation) { s.phone.trust = caused(id) } }
	state := func(word string) func(*situation) {
		return func(s *situation) { s.phone.basics.ActivationState = word }
	}
	free := func(n int64) func(*situation) { return func(s *situation) { s.free(n) } }
	newest := func(v Version) func(*situation) { return func(s *situation) { s.at.Newest = &v } }
	found := func(id cause.ID) func(*situation) {
		return newest(Version{Bytes: 50 * gb, NewBytes: gb, Check: func(context.Context) error { return caused(id) }})
	}
	noBus := func(s *situation) { s.at.USB = nil }
	network := func(s *situation) { s.at.Link.Connection = usbmux.Network }
	refuses := func(domains ...string) func(*situation) {
		return func(s *situation) {
			for _, d := range domains {
				s.phone.errs[d] = cause.New(cause.DeviceLocked, nil, &lockdown.Error{Request: "GetValue", Key: d, Code: "GetProhibited"})
			}
		}
	}

	tests := []struct {
		name  string
		spoil func(*situation)
		want  string
		exit  int
	}{
		{"root", func(s *situation) { s.host.Root = true }, "account=warn:running-as-root", 0},

		{"loose contact", func(s *situation) { s.at.Attaches = 3 }, "contact=warn:usb-flapping", 0},
		{"plugged in twice", func(s *situation) { s.at.Attaches = 2 }, "", 0},
		{"very slow link", model("iPhone15,3", 12_000_000), "link-speed=warn:usb-slow-link", 0},
		{"slow link by usbmuxd alone", all(noBus, func(s *situation) { s.at.Link.SpeedBitsPerSecond = 1_500_000 }), "link-speed=warn:usb-slow-link", 0},
		{"a fast phone on USB 2", model("iPhone16,1", 480_000_000), "link-speed=info:usb-slower-than-phone", 0},
		{"a fast phone on USB 3", model("iPhone16,1", 5_000_000_000), "", 0},
		{"a USB-C phone that only does USB 2", model("iPhone15,4", 480_000_000), "", 0},
		{"a model that nobody knows", model("iPhone99,1", 480_000_000), "", 0},
		{"no speed told", all(noBus, func(s *situation) { s.at.Link.SpeedBitsPerSecond = 0 }), "", 0},
		{"a hub", func(s *situation) { s.at.USB.ViaHub = true }, "hub=info:usb-via-hub", 0},
		{"a hub that only usbmuxd tells of", all(noBus, func(s *situation) { s.at.Link.LocationID = 0x14230000 }), "hub=info:usb-via-hub", 0},
		{"a bus that knows better", func(s *situation) { s.at.Link.LocationID = 0x14230000 }, "", 0},
		{"came again and again before we were there", came(30*time.Second, usbmux.Loose, "1-2"), "contact=warn:usb-flapping", 0},
		{"another phone came again and again", came(30*time.Second, usbmux.Loose, "1-3"), "", 0},
		{"came an hour ago", came(time.Hour, usbmux.Loose, "1-2"), "", 0},
		{"another trouble of its port", came(30*time.Second, usbmux.Power, "1-2"), "", 0},
		{"a hub after a broken backup", func(s *situation) { s.at.USB.ViaHub, s.at.FailedBefore = true, true }, "hub=warn:usb-via-hub", 0},

		{"silent phone", func(s *situation) { s.phone.refused = caused(cause.TransferStalled) }, "answers=fail:transfer-stalled", 3},
		{"another phone than the link says", func(s *situation) { s.phone.basics.UDID = otherUDID }, "answers=fail:device-identity-mismatch", 3},
		{"another phone than it said before", set(rootDomain, "UniqueDeviceID", otherUDID), "trusted=fail:device-identity-mismatch", 3},
		{"UDID in another spelling", set(rootDomain, "UniqueDeviceID", strings.ToLower(strings.ReplaceAll(udid, "-", ""))), "", 0},

		{"locked", lock, "unlocked=fail:device-locked", 3},
		{"locked, told only in the session", all(func(s *situation) { s.phone.basics.PasswordProtected = nil }, set(rootDomain, "PasswordProtected", true)), "unlocked=fail:device-locked", 3},
		{"locked, told as a number", all(func(s *situation) { s.phone.basics.PasswordProtected = nil }, set(rootDomain, "PasswordProtected", uint64(1))), "unlocked=fail:device-locked", 3},
		{"a beta of tomorrow", func(s *situation) { s.phone.basics.ProductVersion = "27.1 beta" }, "ios-version=warn:ios-too-new-untested", 0},
		{"a version that is none", func(s *situation) { s.phone.basics.ProductVersion = "beta 27" }, "", 0},
		{"nobody tells whether it is locked", all(func(s *situation) { s.phone.basics.PasswordProtected = nil }, set(rootDomain, "PasswordProtected", nil)), "", 0},
		{"locked so that trust fails too", all(lock, trust(cause.DeviceLocked)), "unlocked=fail:device-locked", 3},
		{"restarted and never unlocked", all(lock, trust(cause.DeviceNotUnlockedSinceBoot)), "trusted=fail:device-not-unlocked-since-boot", 3},
		{"restarted, lock not told", all(func(s *situation) { s.phone.basics.PasswordProtected = nil }, trust(cause.DeviceNotUnlockedSinceBoot)), "unlocked=fail:device-not-unlocked-since-boot", 3},

		{"set-up not begun", state("Unactivated"), "activated=fail:not-activated", 3},
		{"another SIM card's", state("MismatchedICCID"), "activated=fail:not-activated", 3},
		{"another modem's", state("MismatchedIMEI"), "activated=fail:not-activated", 3},
		{"deactivated, oddly spelt", state("deactivated"), "activated=fail:not-activated", 3},
		{"a factory state", state("FactoryActivated"), "", 0},
		{"a developer's state", state("WildcardActivated"), "", 0},
		{"a state that nobody knows", state("Activating?"), "", 0},
		{"no state", state(""), "", 0},

		{"not trusted", trust(cause.NotTrusted), "trusted=fail:not-trusted", 3},
		{"not trusted, over the air", all(network, trust(cause.NotTrusted)), "trusted=fail:pairing-needs-usb", 3},
		{"trusted, over the air", network, "cable=warn:wifi-only", 0},
		{"forgotten, over the air", all(network, trust(cause.PairRecordStale)), "cable=warn:wifi-only trusted=fail:pair-record-stale", 3},
		{"trust denied", trust(cause.TrustDenied), "trusted=fail:trust-denied", 3},
		{"key stale", trust(cause.PairRecordStale), "trusted=fail:pair-record-stale", 3},
		{"key missing", trust(cause.PairRecordMissing), "trusted=fail:pair-record-missing", 3},
		{"key unreadable", trust(cause.PairRecordUnreadable), "trusted=fail:pair-record-unreadable", 3},
		{"forbidden by a profile", trust(cause.PairingProhibitedByPolicy), "trusted=fail:pairing-prohibited-by-policy", 3},
		{"supervised", trust(cause.SupervisedHostMismatch), "trusted=fail:supervised-host-mismatch", 3},
		{"lost", trust(cause.LostMode), "trusted=fail:lost-mode", 3},
		{"an impostor", trust(cause.DeviceIdentityMismatch), "trusted=fail:device-identity-mismatch", 3},
		{"an error that nobody knows", func(s *situation) { s.phone.trust = errors.New("boom") }, "trusted=fail:unknown", 3},

		{"iOS too old", ios("9.3.5"), "ios-version=fail:ios-too-old", 3},
		{"the oldest iOS", ios("10.0"), "", 0},
		{"iOS of tomorrow", ios("27.0"), "ios-version=warn:ios-too-new-untested", 0},
		{"a later release of a tested iOS", ios("26.9.9"), "", 0},
		{"no version", ios(""), "", 0},
		{"a version that is none", ios("eighteen"), "", 0},

		{"low battery", all(set(batteryDomain, "BatteryCurrentCapacity", uint64(19)), set(batteryDomain, "ExternalConnected", false)), "battery=warn:device-battery-low", 0},
		{"low battery, charging", set(batteryDomain, "BatteryCurrentCapacity", uint64(3)), "", 0},
		{"an impossible battery", all(set(batteryDomain, "BatteryCurrentCapacity", int64(-5)), set(batteryDomain, "ExternalConnected", false)), "", 0},
		{"battery not told", set(batteryDomain, "BatteryCurrentCapacity", nil), "", 0},
		{"battery domain refused", func(s *situation) { s.phone.errs[batteryDomain] = errors.New("MissingValue") }, "", 0},
		{"battery as a word", set(batteryDomain, "BatteryCurrentCapacity", "eighty"), "", 0},

		{"battery not a number", all(set(batteryDomain, "BatteryCurrentCapacity", math.NaN()), set(batteryDomain, "ExternalConnected", false)), "", 0},
		{"low battery, plug not told", all(set(batteryDomain, "BatteryCurrentCapacity", uint64(3)), set(batteryDomain, "ExternalConnected", nil)), "", 0},
		{"low battery of a phone that has none", all(set(batteryDomain, "BatteryCurrentCapacity", uint64(0)), set(batteryDomain, "ExternalConnected", false), set(batteryDomain, "HasBattery", false)), "", 0},
		{"no domain is told", refuses(rootDomain, backupDomain, diskDomain, batteryDomain, setUpDomain, supervisedDomain), "", 0},

		{"in its set-up", set(setUpDomain, "SetupDone", false), "set-up=warn:setup-not-finished", 0},
		{"set up", set(setUpDomain, "SetupDone", true), "", 0},
		{"set-up as a word", set(setUpDomain, "SetupDone", "no"), "", 0},
		{"an organisation's", set(supervisedDomain, "DeviceIsChaperoned", true), "supervised=info:device-supervised", 0},
		{"nobody's", set(supervisedDomain, "DeviceIsChaperoned", false), "", 0},
		{"iCloud Backup off", set(backupDomain, "CloudBackupEnabled", false), "", 0},
		{"iCloud Backup on", set(backupDomain, "CloudBackupEnabled", true), "icloud=info:icloud-backup-too", 0},
		{"iCloud Backup as a word", set(backupDomain, "CloudBackupEnabled", "on"), "", 0},

		{"full phone", set(diskDomain, "AmountDataAvailable", uint64(999_999_999)), "phone-storage=warn:device-storage-full", 0},
		{"phone with just enough", set(diskDomain, "AmountDataAvailable", uint64(gb)), "", 0},
		{"phone that tells less than nothing", set(diskDomain, "AmountDataAvailable", int64(-1)), "", 0},

		{"encryption off", set(backupDomain, "WillEncrypt", false), "encryption=info:encryption-off", 0},
		{"encryption never set", set(backupDomain, "WillEncrypt", nil), "encryption=info:encryption-off", 0},
		{"encryption demanded", all(set(backupDomain, "WillEncrypt", false), set(backupDomain, "RequiresEncryption", true)), "encryption=fail:encryption-required-by-policy", 3},
		{"encryption demanded and on", set(backupDomain, "RequiresEncryption", true), "", 0},
		{"encryption as a word", set(backupDomain, "WillEncrypt", "maybe"), "", 0},
		{"encryption as a number", set(backupDomain, "WillEncrypt", uint64(1)), "", 0},

		{"no room for a first backup", free(16 * gb), "room=fail:host-disk-full", 3},
		{"room for a quarter", free(17 * gb), "room=warn:host-disk-tight", 0},
		{"room for all but a little", free(60 * gb), "room=warn:host-disk-tight", 0},
		{"room for all", free(62 * gb), "", 0},
		{"the phone does not tell its size, disk empty", all(set(diskDomain, "TotalDataCapacity", nil), free(2*gb)), "", 0},
		{"the phone does not tell its size, disk full", all(set(diskDomain, "TotalDataCapacity", nil), free(gb)), "room=fail:host-disk-full", 3},
		{"the phone tells nonsense", all(set(diskDomain, "TotalDataCapacity", uint64(1)<<63), free(2*gb)), "", 0},
		{"a later backup fits", all(newest(Version{Bytes: 50 * gb, NewBytes: gb}), free(4*gb)), "", 0},
		{"a later backup is tight", all(newest(Version{Bytes: 50 * gb, NewBytes: gb}), free(3*gb)), "room=warn:host-disk-tight", 0},
		{"a later backup is hopeless", all(newest(Version{Bytes: 50 * gb, NewBytes: gb}), free(gb)), "room=fail:host-disk-full", 3},
		{"a later backup has to be copied first", all(newest(Version{Bytes: 50 * gb, NewBytes: gb, Copied: true}), free(50*gb)), "room=fail:host-disk-full", 3},
		{"the disk cannot be measured", func(s *situation) { s.at.Disk = fakeDisk{err: errors.New("gone")} }, "room=fail:destination-not-writable", 3},

		{"earlier backup sound", newest(Version{Check: func(context.Context) error { return nil }}), "", 0},
		{"earlier backup known to be damaged", found(cause.VersionDamaged), "earlier-backup=warn:version-damaged", 0},
		{"earlier backup corrupt", found(cause.PreviousBackupCorrupt), "earlier-backup=info:previous-backup-corrupt", 0},
		{"earlier backup lacks files", found(cause.PreviousBackupIncompleteFiles), "earlier-backup=info:previous-backup-incomplete-files", 0},
		{"earlier backup of another phone", found(cause.PreviousBackupOtherDevice), "earlier-backup=fail:previous-backup-other-device", 3},

		{"another program syncs", func(s *situation) {
			s.at.SyncLock = func(context.Context) (func() error, error) { return nil, caused(cause.SyncLockHeld) }
		}, "sync-lock=fail:sync-lock-held", 6},
		{"the lock cannot be given back", func(s *situation) {
			s.at.SyncLock = func(context.Context) (func() error, error) { return func() error { return errors.New("x") }, nil }
		}, "", 0},
		{"no lock to try", func(s *situation) { s.at.SyncLock = nil }, "", 0},

		// Two and more at once.
		{"locked and full disk", all(lock, free(8*gb)), "unlocked=fail:device-locked room=fail:host-disk-full", 3},
		{"not trusted and full disk", all(trust(cause.NotTrusted), free(gb)), "trusted=fail:not-trusted room=fail:host-disk-full", 3},
		{"locked and not trusted", all(lock, trust(cause.NotTrusted)), "unlocked=fail:device-locked trusted=fail:not-trusted", 3},
		{"not activated and not trusted", all(state("Unactivated"), trust(cause.PairRecordMissing)), "activated=fail:not-activated trusted=fail:pair-record-missing", 3},
		{"old and locked", all(ios("9.0"), lock), "unlocked=fail:device-locked ios-version=fail:ios-too-old", 3},
		{"low battery, full phone, hub, no encryption", all(
			set(batteryDomain, "BatteryCurrentCapacity", uint64(5)), set(batteryDomain, "ExternalConnected", false),
			set(diskDomain, "AmountDataAvailable", uint64(1)), set(backupDomain, "WillEncrypt", false),
			func(s *situation) { s.at.USB.ViaHub = true }),
			"hub=info:usb-via-hub battery=warn:device-battery-low phone-storage=warn:device-storage-full encryption=info:encryption-off", 0},
		{"synced elsewhere and encryption demanded", all(set(backupDomain, "WillEncrypt", false), set(backupDomain, "RequiresEncryption", true), func(s *situation) {
			s.at.SyncLock = func(context.Context) (func() error, error) { return nil, caused(cause.SyncLockHeld) }
		}), "encryption=fail:encryption-required-by-policy sync-lock=fail:sync-lock-held", 3},
		{"destination missing and locked", all(lock, func(s *situation) { s.host.Destination += "/none"; s.at.Destination += "/none" }),
			"destination=fail:destination-missing unlocked=fail:device-locked", 3},
		{"unplugged in the middle", func(s *situation) { s.phone.errs[backupDomain] = caused(cause.DeviceDisconnected) }, "battery=fail:device-disconnected", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := allWell(t)
			tt.spoil(s)
			r, got := s.run(t)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if code := r.ExitCode(); code != tt.exit {
				t.Errorf("exit code %d, want %d", code, tt.exit)
			}
			if s.phone.sessions.Load() > 1 {
				t.Errorf("%d sessions", s.phone.sessions.Load())
			}
			for _, f := range r.With(Info, Warn, Fail) {
				if f.Sentence() == "" || len(f.Remedy("linux")) == 0 {
					t.Errorf("%s tells nothing", f.Check)
				}
			}
		})
	}
}

// TestSentences holds that the evidence of a check fills the sentence of its
// cause.
func TestSentences(t *testing.T) {
	t.Parallel()
	s := allWell(t)
	s.free(8_400_000_000)
	s.phone.basics.ProductType = "iPhone16,1"
	s.phone.basics.ProductVersion = "27.1"
	set(batteryDomain, "BatteryCurrentCapacity", uint64(5))(s)
	set(batteryDomain, "ExternalConnected", false)(s)
	set(diskDomain, "AmountDataAvailable", uint64(300_000_000))(s)
	r, _ := s.run(t)
	want := map[string]string{
		"link-speed":    "the next backup takes about 13 min instead of 3 min, because the cable or port runs at only 480 Mbit/s",
		"ios-version":   "iOS 27.1 is newer than the newest that this Homeport was tested with (26)",
		"battery":       "the iPhone's battery is at 5 % and not charging; it may run out during the backup",
		"phone-storage": "the iPhone has only 300 MB free; it needs about 1 GB to prepare a backup",
		"room":          "the backup disk is too full: need 16.1 GB, and up to 60 GB; have 8.4 GB",
	}
	for check, sentence := range want {
		if f, _ := r.ByCheck(check); f.Sentence() != sentence {
			t.Errorf("%s: %q", check, f.Sentence())
		}
	}
	if f, _ := r.ByCheck("room"); f.Error().Hint("linux") != `free 7.7 GB on "Backups", or set another destination` {
		t.Errorf("hint: %q", f.Error().Hint("linux"))
	}
}

// TestICloudTells holds what is said of iCloud's backup, and from which forms of a
// date.
func TestICloudTells(t *testing.T) {
	t.Parallel()
	const plain = "iCloud Backup is on too; a backup to this computer does not need it"
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		date any
		want string
	}{
		"a date":            {ago(3*day + time.Hour), "iCloud has a backup of this iPhone too, from 3 d ago"},
		"seconds from 1970": {uint64(ago(3*day + time.Hour).Unix()), "iCloud has a backup of this iPhone too, from 3 d ago"},
		"seconds from 2001": {float64(ago(90*time.Minute).Unix() - from2001), "iCloud has a backup of this iPhone too, from 1 h 30 min ago"},
		"a text":            {ago(5*time.Hour + time.Minute).Format(time.RFC3339), "iCloud has a backup of this iPhone too, from 5 h ago"},
		"old":               {ago(40 * day), "the newest iCloud backup is 40 d old; a backup to this computer needs no iCloud space"},
		"a clock ahead":     {ago(-time.Hour), "iCloud has a backup of this iPhone too, from 1 min ago"},
		"the far future":    {ago(-48 * time.Hour), plain},
		"none":              {nil, plain},
		"zero":              {uint64(0), plain},
		"a word":            {"yesterday", plain},
		"not a number":      {math.NaN(), plain},
		"huge":              {uint64(math.MaxUint64), plain},
		"before the phone":  {time.Time{}, plain},
	} {
		s := allWell(t)
		set(backupDomain, "CloudBackupEnabled", true)(s)
		set(backupDomain, "LastCloudBackupDate", tt.date)(s)
		r, _ := s.run(t)
		if f, _ := r.ByCheck("icloud"); f.Sentence() != tt.want || f.Status != Info {
			t.Errorf("%s: %s %q", name, f.Status, f.Sentence())
		}
	}
}

func TestPasscodeIsPredicted(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"15.7": false, "15.7.1": true, "15.8": true, "16.0": false, "16.0.3": false, "16.1": true, "26.0": true, "14.8": false, "": false, "x": false} {
		s := allWell(t)
		s.phone.basics.ProductVersion = version
		r, _ := s.run(t)
		if f, _ := r.ByCheck("passcode"); f.Evidence["passcodeNeeded"] != want || f.Status != Pass {
			t.Errorf("%s: %v %v", version, f.Status, f.Evidence)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, v := range []any{uint64(7), int64(7), 7, 7.0} {
		if n, ok := number(map[string]any{"k": v}, "k"); n != 7 || !ok {
			t.Errorf("%T: %d, %v", v, n, ok)
		}
	}
	for _, v := range []any{nil, "7", true, 1e300, math.NaN(), math.Inf(-1), []any{7}} {
		if n, ok := number(map[string]any{"k": v}, "k"); ok {
			t.Errorf("%T: %d", v, n)
		}
	}
	if n := sum(1<<62, 1<<62, 5, -9); n != 1<<63-1 {
		t.Errorf("sum is %d", n)
	}
}
