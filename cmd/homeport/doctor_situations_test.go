package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
)

// sight is what somebody plugs in and has on the computer, and all that doctor has
// to tell about it: every failure and warning, and of the notes those that are named.
type sight struct {
	name   string
	spec   func(*simulator.PhoneSpec)
	before func(*stage) // what happened before doctor is asked
	want   string
}

// A phone with a value that a phone should not tell is well all the same.
var wellSights = []sight{
	{name: "all well"},
	{name: "a battery in words, and no plug", spec: values("com.apple.mobile.battery", map[string]any{"BatteryCurrentCapacity": "eighty", "ExternalConnected": nil})},
	{name: "a battery below nothing", spec: values("com.apple.mobile.battery", map[string]any{"BatteryCurrentCapacity": -5, "ExternalConnected": false, "BatteryIsCharging": false})},
	{name: "storage that is not a number", spec: values("com.apple.disk_usage", map[string]any{"AmountDataAvailable": math.NaN(), "TotalDataCapacity": uint64(math.MaxUint64), "TotalDataAvailable": "much"})},
	{name: "flags as numbers and words", spec: values("com.apple.mobile.backup", map[string]any{
		"WillEncrypt": 1, "RequiresEncryption": "no", "CloudBackupEnabled": "maybe", "LastCloudBackupDate": "yesterday"})},
	{name: "an activation word of the factory", spec: func(s *simulator.PhoneSpec) { s.Activation = "FactoryActivated" }},
	{name: "a version of a beta", spec: values("", map[string]any{"ProductVersion": "26.2 beta 3", "DeviceClass": "iPod"})},
	{name: "a model that nobody knows", spec: func(s *simulator.PhoneSpec) { s.ProductType = "iPad99,1" }},
	{name: "it keeps what it holds back", before: func(s *stage) {
		for _, domain := range []string{"com.apple.mobile.backup", "com.apple.disk_usage", "com.apple.mobile.battery", "com.apple.mobile.chaperone", "com.apple.purplebuddy"} {
			s.phone.Play(simulator.LockdownError{Request: "GetValue", Name: domain, Code: "GetProhibited"})
		}
	}},
	{name: "a clock that is years behind", before: func(s *stage) { s.phone.SetClockSkew(-5 * 365 * 24 * time.Hour) }},
	{name: "by cable and over the air", spec: func(s *simulator.PhoneSpec) { s.Connection = "both" }},
	{name: "over the air, trusted", spec: func(s *simulator.PhoneSpec) { s.Connection = "network" }, want: "warn:wifi-only"},
	{name: "an entry that is none beside it", before: func(s *stage) { s.sim.Play(simulator.BadListEntry{}) }},
	{name: "bytes one by one", before: func(s *stage) { s.phone.Play(simulator.SplitBytes{Channel: simulator.ChannelLockdown}) }},
	{name: "iCloud has it too", spec: values("com.apple.mobile.backup", map[string]any{"CloudBackupEnabled": true, "LastCloudBackupDate": time.Now().Add(-73 * time.Hour)}),
		want: "info:icloud-backup-too"},
	{name: "an organisation's, Find My on", spec: func(s *simulator.PhoneSpec) { s.Supervised, s.FindMy = true, true }, want: "info:device-supervised"},
	{name: "through a hub", spec: func(s *simulator.PhoneSpec) { s.LocationID = 0x14123000 }, want: "info:usb-via-hub"},
	{name: "a fast phone on a slow cable", spec: func(s *simulator.PhoneSpec) { s.ProductType = "iPhone16,1" }, want: "info:usb-slower-than-phone"},
	{name: "not encrypted", spec: func(s *simulator.PhoneSpec) { s.WillEncrypt = false }, want: "info:encryption-off"},
}

var troubledSights = []sight{
	{name: "locked", before: lockPhone, want: "fail:device-locked"},
	{name: "restarted", spec: func(s *simulator.PhoneSpec) { s.Locked, s.BeforeBoot = true, true }, want: "fail:device-not-unlocked-since-boot"},
	{name: "never trusted", spec: untrusted, want: "fail:not-trusted"},
	{name: "never trusted, over the air", spec: changes(untrusted, func(s *simulator.PhoneSpec) { s.Connection = "network" }), want: "fail:pairing-needs-usb"},
	{name: "trust was refused", before: session("UserDeniedPairing"), want: "fail:trust-denied"},
	{name: "the phone forgot the computer", before: forgets, want: "fail:pair-record-stale"},
	{name: "the key is damaged", before: func(s *stage) { s.sim.SetPairRecord(stageUDID, []byte("<plist>")) }, want: "fail:pair-record-unreadable"},
	{name: "a profile forbids it", before: session("MCProtected"), want: "fail:pairing-prohibited-by-policy"},
	{name: "another computer's phone", before: session("MCChallengeRequired"), want: "fail:supervised-host-mismatch"},
	{name: "lost", before: session("FMiPProtected"), want: "fail:lost-mode"},
	{name: "not activated", spec: func(s *simulator.PhoneSpec) { s.Activation = "Unactivated" }, want: "fail:not-activated"},
	{name: "in its set-up", spec: func(s *simulator.PhoneSpec) { s.InSetup = true }, want: "warn:setup-not-finished"},
	{name: "iOS too old", spec: func(s *simulator.PhoneSpec) { s.ProductVersion = "9.3.5" }, want: "fail:ios-too-old"},
	{name: "iOS of tomorrow", spec: func(s *simulator.PhoneSpec) { s.ProductVersion = "99.0" }, want: "warn:ios-too-new-untested"},
	{name: "battery low", spec: batteryLow, want: "warn:device-battery-low"},
	{name: "phone full", spec: phoneFull, want: "warn:device-storage-full"},
	{name: "a profile demands encryption", spec: demands, want: "fail:encryption-required-by-policy"},
	{name: "another program syncs", before: syncs, want: "fail:sync-lock-held"},
	{name: "too many services", before: func(s *stage) {
		s.phone.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.afc", Code: "ServiceLimit"})
	}, want: "fail:service-limit"},
	{name: "an impostor", before: func(s *stage) { s.phone.SetImpostor(true) }, want: "fail:device-identity-mismatch"},
	{name: "two serial numbers", spec: values("", map[string]any{"UniqueDeviceID": "00008120-000B55667788001E"}), want: "fail:device-identity-mismatch"},
	{name: "in restore mode", spec: func(s *simulator.PhoneSpec) { s.RestoreMode = true }, want: "fail:device-in-recovery"},
	{name: "a link of the last century", spec: slow, want: "warn:usb-slow-link"},
	{name: "it hangs up, and stays plugged in", before: func(s *stage) {
		s.phone.Play(slices.Repeat([]simulator.Fault{simulator.CutAfter{Channel: simulator.ChannelLockdown, Bytes: 1, Kind: simulator.FIN}}, 2)...)
	}, want: "fail:mux-connect-failed"},
	{name: "it is unplugged at the first word", before: func(s *stage) {
		s.phone.Play(simulator.CutAfter{Channel: simulator.ChannelLockdown, Bytes: 1, Kind: simulator.Detached})
	}, want: "fail:device-disconnected"},
	{name: "its file service is forbidden", before: func(s *stage) {
		s.phone.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.afc", Code: "ServiceProhibited"})
	}, want: "fail:backup-service-refused"},
	{name: "usbmuxd hangs", before: func(s *stage) { s.sim.Play(simulator.MuxHang{}) }, want: "fail:mux-not-answering"},
	{name: "usbmuxd has gone", before: func(s *stage) { s.sim.Play(simulator.MuxRestart{Down: time.Hour}) }, want: "fail:mux-service-not-running"},
	{name: "usbmuxd opens no channel", before: func(s *stage) {
		s.sim.Play(simulator.MuxReply{Request: "Connect", Reply: map[string]any{"MessageType": "Result", "Number": 3}, Times: 1000})
	}, want: "fail:mux-connect-failed"},
	{name: "usbmuxd talks nonsense", before: func(s *stage) {
		s.sim.Play(simulator.MuxReply{Request: "ListDevices", Reply: map[string]any{"DeviceList": "none"}, Times: 1000})
	}, want: "fail:mux-not-answering"},
	{name: "no phone", before: func(s *stage) { s.phone.Detach() }, want: "info:no-phone"},
	{name: "the drive is not there", before: func(s *stage) { s.dest = filepath.Join(s.place, "drive", "backups") }, want: "fail:destination-missing"},
	{name: "a cloud service takes the files", before: cloudFolder, want: "warn:destination-in-cloud-folder"},
	{name: "a file in place of the folder", before: func(s *stage) {
		s.dest = filepath.Join(s.place, "file")
		s.overwrite(s.dest, []byte("x"))
	}, want: "fail:destination-not-writable"},
	{name: "a newer Homeport's folder", before: func(s *stage) {
		s.backup()
		s.overwrite(filepath.Join(s.dest, ".homeport", "FORMAT"), []byte("homeport store 2\n"))
	}, want: "fail:store-too-new"},
	{name: "the newest version is damaged", before: func(s *stage) {
		s.backup()
		s.flip("versions/*/" + stageUDID + "/??/*")
		s.homeport("versions", "verify", "--level", "full", "--dest", s.dest)
	}, want: "warn:version-damaged"},
	{name: "the newest version is half a one", before: halfAVersion, want: "info:previous-backup-corrupt"},
	{name: "no room", spec: enormous, want: "fail:host-disk-full"},
}

var twiceTroubledSights = []sight{
	{name: "locked, no room", spec: enormous, before: lockPhone, want: "fail:device-locked fail:host-disk-full"},
	{name: "locked, another program syncs", before: both(lockPhone, syncs), want: "fail:device-locked fail:sync-lock-held"},
	{name: "locked and too old", spec: func(s *simulator.PhoneSpec) { s.ProductVersion = "9.0" }, before: lockPhone, want: "fail:device-locked fail:ios-too-old"},
	{name: "never trusted, the drive is not there", spec: untrusted, before: func(s *stage) { s.dest = filepath.Join(s.place, "drive", "backups") },
		want: "fail:destination-missing fail:not-trusted"},
	{name: "not activated, never trusted", spec: changes(untrusted, func(s *simulator.PhoneSpec) { s.Activation = "Unactivated" }),
		want: "fail:not-activated fail:not-trusted"},
	{name: "it forgot the computer, a cloud service takes the files", before: both(forgets, cloudFolder), want: "fail:pair-record-stale warn:destination-in-cloud-folder"},
	{name: "battery low, phone full", spec: changes(batteryLow, phoneFull), want: "warn:device-battery-low warn:device-storage-full"},
	{name: "encryption demanded, another program syncs", spec: demands, before: syncs, want: "fail:encryption-required-by-policy fail:sync-lock-held"},
	{name: "slow link, iOS of tomorrow", spec: changes(slow, func(s *simulator.PhoneSpec) { s.ProductVersion = "99.1" }), want: "warn:ios-too-new-untested warn:usb-slow-link"},
	{name: "lost, a file in place of the folder", before: both(session("FMiPProtected"), func(s *stage) {
		s.dest = filepath.Join(s.place, "file")
		s.overwrite(s.dest, []byte("x"))
	}), want: "fail:destination-not-writable fail:lost-mode"},
	{name: "usbmuxd has gone, the drive is not there", before: both(func(s *stage) { s.sim.Play(simulator.MuxRestart{Down: time.Hour}) },
		func(s *stage) { s.dest = filepath.Join(s.place, "drive", "backups") }), want: "fail:destination-missing fail:mux-service-not-running"},
	{name: "locked, no room, slow link, a cloud service", spec: changes(enormous, slow), before: both(lockPhone, cloudFolder),
		want: "fail:device-locked fail:host-disk-full warn:destination-in-cloud-folder warn:usb-slow-link"},
}

// ofThisComputer are causes that the computer may have on which the tests run.
var ofThisComputer = []cause.ID{cause.RunningAsRoot, cause.HostBatteryLow, cause.DestinationNoLinks, cause.HostDiskTight}

// TestDoctorSituations has doctor look at each situation once, as a person would
// run it. All causes are told in that one run, none is told that does not hold, and
// the phone is spoken to in one session of one connection.
func TestDoctorSituations(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("in short mode a race detector would look at finished programs only")
	}
	var look looks
	t.Run("each", func(t *testing.T) {
		for _, list := range [][]sight{wellSights, troubledSights, twiceTroubledSights, driveSights} {
			for _, one := range list {
				t.Run(one.name, func(t *testing.T) {
					t.Parallel()
					look.add(one, one.hold(t))
				})
			}
		}
	})
	more := 0
	for _, l := range look.all {
		if strings.Count(l.want, "fail:")+strings.Count(l.want, "warn:") > 1 {
			more++
		}
	}
	t.Logf("%d situations: %d of a well phone, %d with more than one cause", len(look.all), len(wellSights), more)
	slowest := slices.MaxFunc(look.all, func(a, b looked) int { return cmp.Compare(a.took, b.took) })
	answered := slices.DeleteFunc(slices.Clone(look.all), func(l looked) bool { return strings.Contains(l.want, "mux-not-answering") })
	next := slices.MaxFunc(answered, func(a, b looked) int { return cmp.Compare(a.took, b.took) })
	t.Logf("the slowest doctor run: %v (%s); the slowest without a usbmuxd that hangs: %v (%s)", slowest.took, slowest.name, next.took, next.name)
	most := slices.MaxFunc(look.all, func(a, b looked) int { return cmp.Compare(a.sessions, b.sessions) })
	t.Logf("at most %d lockdown session and %d connection to lockdownd", most.sessions, most.connections)
}

// looked is how a run of doctor went.
type looked struct {
	sight
	took                  time.Duration
	sessions, connections int
}

// looks collects them.
type looks struct {
	mu  sync.Mutex
	all []looked
}

func (l *looks) add(one sight, how looked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how.sight, how.took = one, how.took.Round(time.Millisecond)
	l.all = append(l.all, how)
}

// hold brings the situation about and compares what doctor tells.
func (one sight) hold(t *testing.T) looked {
	s := newStage(t, changes(ordinary, one.spec))
	s.made()
	if one.before != nil {
		one.before(s)
	}
	before := s.phone.Counts()
	began := time.Now()
	g := s.homeport("doctor", "--dest", s.dest)
	how := looked{took: time.Since(began)}
	after := s.phone.Counts()
	how.sessions, how.connections = after.Sessions-before.Sessions, after.Lockdown-before.Lockdown
	if how.sessions > 1 || how.connections > 1 {
		t.Errorf("%d sessions in %d connections", how.sessions, how.connections)
	}
	told, notes := g.outline()
	want := strings.Fields(one.want)
	infos := slices.DeleteFunc(slices.Clone(want), func(w string) bool { return !strings.HasPrefix(w, "info:") })
	want = slices.DeleteFunc(want, func(w string) bool { return strings.HasPrefix(w, "info:") })
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q\n%s", told, want, g.output)
	}
	for _, note := range infos {
		if !slices.Contains(notes, note) {
			t.Errorf("noted %q, want %s\n%s", notes, note, g.output)
		}
	}
	if failed := strings.Contains(one.want, "fail:"); failed != (g.exit != 0) {
		t.Errorf("exit code %d\n%s", g.exit, g.output)
	}
	t.Logf("told %q, noted %q, exit code %d, %v", told, notes, g.exit, how.took.Round(time.Millisecond))
	return how
}

// outline lists what was told as failures and warnings, and as notes, without what
// the computer has by itself.
func (g heard) outline() (told, notes []string) {
	for id, status := range maps.All(g.causes) {
		word := fmt.Sprintf("%s:%s", status, id)
		switch {
		case status == preflight.Info:
			notes = append(notes, word)
		case status != preflight.Warn || !slices.Contains(ofThisComputer, id):
			told = append(told, word)
		}
	}
	slices.Sort(told)
	slices.Sort(notes)
	return told, notes
}

// ordinary is a phone about which there is nothing to tell, on any computer.
func ordinary(s *simulator.PhoneSpec) {
	s.WillEncrypt = true
	s.Disk = simulator.Disk{Total: 64_000_000_000, Available: 63_900_000_000}
}

func changes(all ...func(*simulator.PhoneSpec)) func(*simulator.PhoneSpec) {
	return func(s *simulator.PhoneSpec) {
		for _, change := range all {
			if change != nil {
				change(s)
			}
		}
	}
}

func both(first, second func(*stage)) func(*stage) {
	return func(s *stage) { first(s); second(s) }
}

// values has the phone tell other values in a domain.
func values(domain string, told map[string]any) func(*simulator.PhoneSpec) {
	return func(s *simulator.PhoneSpec) { s.Values = map[string]map[string]any{domain: told} }
}

// session has the phone answer a session with an error.
func session(code string) func(*stage) {
	return func(s *stage) { s.phone.Play(simulator.LockdownError{Request: "StartSession", Code: code}) }
}

func lockPhone(s *stage)               { s.phone.Lock() }
func forgets(s *stage)                 { s.phone.Forget() }
func syncs(s *stage)                   { s.phone.HoldSyncLock(0) }
func untrusted(s *simulator.PhoneSpec) { s.Trust = simulator.Trust{Mode: simulator.TrustAsk} }
func slow(s *simulator.PhoneSpec)      { s.Speed = 12_000_000 }
func phoneFull(s *simulator.PhoneSpec) {
	s.Disk = simulator.Disk{Total: 1_000_000_000, Available: 300_000_000}
}

func batteryLow(s *simulator.PhoneSpec) {
	percent := 7
	s.Battery = simulator.Battery{Percent: &percent, NotCharging: true}
}

func demands(s *simulator.PhoneSpec) { s.WillEncrypt, s.RequiresEncryption = false, true }

// enormous is a phone with more on it than any disk has free.
func enormous(s *simulator.PhoneSpec) {
	s.Disk = simulator.Disk{Total: 90_000_000_000_000, Available: 60_000_000_000}
}

func cloudFolder(s *stage) {
	s.dest = filepath.Join(s.place, "Dropbox", "backups")
	s.made()
}

// halfAVersion leaves a version without the phone's list.
func halfAVersion(s *stage) {
	s.backup()
	s.write("versions/*/"+stageUDID+"/Manifest.plist", "")
}

// TestDoctorOfTwo has two phones plugged in, of which one is locked: each is told
// its own.
func TestDoctorOfTwo(t *testing.T) {
	t.Parallel()
	s := newStage(t, ordinary)
	other := simulator.PhoneSpec{UDID: "00008130-000B2C3D4E5F6071", Name: "Ben's iPhone", Files: 10, Bytes: 1000, Trust: simulator.Trust{Mode: simulator.TrustPaired}}
	changes(ordinary, batteryLow)(&other)
	first := s.phone.Spec()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{first, other}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	s.sim, s.phone = sim, sim.Phone(stageUDID)
	s.phone.Lock()
	g := s.doctor()
	if told, _ := g.outline(); !slices.Equal(told, []string{"fail:device-locked", "warn:device-battery-low"}) || g.exit != cause.ExitRefused {
		t.Errorf("told %q, exit code %d\n%s", told, g.exit, g.output)
	}
	if g := s.doctor("Ben's iPhone"); g.exit != 0 {
		t.Errorf("of Ben's iPhone alone: exit code %d\n%s", g.exit, g.output)
	}
	for _, p := range sim.Phones() {
		want := 1
		if p != s.phone {
			want = 2 // two runs
		}
		if c := p.Counts(); c.Sessions != want {
			t.Errorf("%s: %d sessions, want %d", p.Spec().Name, c.Sessions, want)
		}
	}
}
