package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"homeport/simulator/contents"
)

// Config says which phones exist and where their usbmuxd listens.
type Config struct {
	// Phones are plugged in at the start unless their spec says otherwise.
	Phones []PhoneSpec `yaml:"phones"`
	// Listen holds "tcp://127.0.0.1:0" and "unix:///path" addresses; none means one free TCP port on loopback.
	Listen []string `yaml:"listen"`
	// BUID is the computer's SystemBUID as this usbmuxd tells it; none means one that is the same at every start.
	BUID string `yaml:"buid"`
	// Logf, when set, is told each step that a phone takes. It must be safe for concurrent use.
	Logf func(format string, args ...any) `yaml:"-"`
}

// PhoneSpec describes one simulated phone. The zero value of every field but UDID is an ordinary phone: unlocked, activated, on USB,
// showing the trust dialog to whoever pairs, its passcode typed at once when a backup asks.
type PhoneSpec struct {
	UDID           string `yaml:"udid"`
	Name           string `yaml:"name"`            // "Simulated iPhone"
	ProductType    string `yaml:"product_type"`    // "iPhone14,2"
	ProductVersion string `yaml:"product_version"` // "18.5"
	BuildVersion   string `yaml:"build_version"`   // "22F76"
	SerialNumber   string `yaml:"serial_number"`   // from the seed

	Seed    uint64 `yaml:"seed"`    // everything random about the phone, contents too; 0 is a seed like any other
	Files   int    `yaml:"files"`   // about how many files its backup has; 0 means the profile\'s number, or 500 without one
	Bytes   int64  `yaml:"bytes"`   // how many bytes they hold; 0 means the profile\'s, or 16 MiB without one
	Profile string `yaml:"profile"` // how sizes are spread: "phone", "large" or "small" (contents.Profile)

	Photos Photos `yaml:"photos"` // what AFC shows of its pictures

	Connection    string   `yaml:"connection"`              // "usb", "network" or "both"
	Speed         int64    `yaml:"speed_bits_per_second"`   // 480000000
	ProductID     int      `yaml:"product_id"`              // the USB id; 0x12A8
	LocationID    int      `yaml:"location_id"`             // the place on the bus; from the order of phones
	Unplugged     bool     `yaml:"unplugged"`               // not attached at the start
	Locked        bool     `yaml:"locked"`                  // the screen is locked with a passcode
	BeforeBoot    bool     `yaml:"not_unlocked_since_boot"` // and it was never unlocked since it started
	Activation    string   `yaml:"activation_state"`        // "Activated"
	Supervised    bool     `yaml:"supervised"`              // an organisation's phone
	Trust         Trust    `yaml:"trust"`
	PairingPolicy string   `yaml:"pairing_policy"` // the error that an organisation's policy answers to Pair; see SetPairingPolicy
	Passcode      Passcode `yaml:"passcode"`
	Battery       Battery  `yaml:"battery"`
	Disk          Disk     `yaml:"disk"`

	BackupPassword string `yaml:"backup_password"` // the backup password; "" means that none is set and backups are plain
	KeybagRounds   int    `yaml:"keybag_rounds"`   // of its key derivation: 1000, which is quick; a phone has 10,000,000

	WillEncrypt        bool `yaml:"will_encrypt"`         // the value alone is true even without a backup password
	RequiresEncryption bool `yaml:"requires_encryption"`  // an organisation's policy: no backup without a password
	RestoreForbidden   bool `yaml:"restore_forbidden"`    // an organisation's policy
	CloudBackup        bool `yaml:"cloud_backup_enabled"` // iCloud backup is on
	CloudRestore       bool `yaml:"cloud_restore"`        // the phone is being restored from iCloud
	RebootAfterRestore bool `yaml:"reboot_after_restore"` // as a phone does, unless the host asks it not to; it is then locked
	FindMy             bool `yaml:"find_my"`              // Find My is on
	InSetup            bool `yaml:"in_setup"`             // Setup Assistant is not finished
	RestoreMode        bool `yaml:"restore_mode"`         // another program than lockdownd answers, which restores its software

	// Values replaces or adds lockdown values: domain ("" is the root) to key to value; a nil value takes the key away.
	Values map[string]map[string]any `yaml:"values"`
}

// TrustMode is what the phone does when a computer that it does not know wants to pair.
type TrustMode string

// The four ways.
const (
	TrustAsk    TrustMode = "ask"    // the dialog stays up until Phone.Trust or Phone.Refuse
	TrustAuto   TrustMode = "auto"   // somebody taps Trust by itself, after Polls requests and Delay
	TrustRefuse TrustMode = "refuse" // somebody taps Don't Trust, likewise
	TrustPaired TrustMode = "paired" // the phone was paired with this computer before; usbmuxd has the record
)

// Trust is the person in front of the trust dialog.
type Trust struct {
	Mode  TrustMode     `yaml:"mode"`  // "" is TrustAsk
	Polls int           `yaml:"polls"` // so many Pair requests are first answered with PairingDialogResponsePending
	Delay time.Duration `yaml:"delay"` // and so long after the dialog came up
}

// PasscodeMode is what happens when the phone asks for its passcode before a backup.
type PasscodeMode string

// The five ways.
const (
	PasscodeEnter   PasscodeMode = "enter"   // typed after Delay
	PasscodeNone    PasscodeMode = "none"    // the phone does not ask (iOS before 15.7.1)
	PasscodeManual  PasscodeMode = "manual"  // the sheet stays up until Phone.EnterPasscode or Phone.RefusePasscode
	PasscodeRefuse  PasscodeMode = "refuse"  // cancelled after Delay: the backup ends with 208
	PasscodeTimeout PasscodeMode = "timeout" // nobody comes; the phone gives up after Delay: 208
)

// Passcode is the person in front of the passcode sheet.
type Passcode struct {
	Mode  PasscodeMode  `yaml:"mode"` // "" is PasscodeEnter
	Delay time.Duration `yaml:"delay"`
}

// Battery is what com.apple.mobile.battery tells.
type Battery struct {
	Percent     *int `yaml:"percent"` // nil means 80
	NotCharging bool `yaml:"not_charging"`
}

// Disk is what com.apple.disk_usage tells, in bytes.
type Disk struct {
	Total     int64 `yaml:"total"`     // 128 GB
	Available int64 `yaml:"available"` // 64 GB
}

var (
	udidForm    = regexp.MustCompile(`^([0-9a-fA-F]{40}|[0-9a-fA-F]{8}-[0-9a-fA-F]{16}|[0-9a-fA-F]{24})$`)
	versionForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+){1,2}$`)
)

// withDefaults fills in what the spec leaves open.
func (s PhoneSpec) withDefaults() PhoneSpec {
	orText := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	orText(&s.Name, "Simulated iPhone")
	orText(&s.ProductType, "iPhone14,2")
	orText(&s.ProductVersion, "18.5")
	orText(&s.BuildVersion, "22F76")
	orText(&s.SerialNumber, "H"+seededUUID(s.identity(), "serial")[:8]+"PT")
	orText(&s.Connection, "usb")
	orText(&s.Activation, "Activated")
	orText((*string)(&s.Trust.Mode), string(TrustAsk))
	orText((*string)(&s.Passcode.Mode), string(PasscodeEnter))
	orNumber := func(field *int64, value int64) {
		if *field == 0 {
			*field = value
		}
	}
	orNumber(&s.Speed, 480_000_000)
	orNumber(&s.Disk.Total, 128_000_000_000)
	orNumber(&s.Disk.Available, min(64_000_000_000, s.Disk.Total/2))
	if s.Profile == "" { // a phone that a test can afford; a profile brings its own numbers
		orNumber(&s.Bytes, 16<<20)
		if s.Files == 0 {
			s.Files = 500
		}
	}
	if s.ProductID == 0 {
		s.ProductID = 0x12A8
	}
	if s.Battery.Percent == nil {
		percent := 80
		s.Battery.Percent = &percent
	}
	s.Photos = s.Photos.withDefaults()
	s.Locked = s.Locked || s.BeforeBoot
	return s
}

// identity is what everything random about the phone is made from.
func (s PhoneSpec) identity() string {
	return fmt.Sprintf("%s/%d", canonical(s.UDID), s.Seed)
}

// canonical is a UDID without case and dash, the form in which UDIDs are compared.
func canonical(udid string) string {
	return strings.ToUpper(strings.ReplaceAll(udid, "-", ""))
}

// validate tells everything that is wrong with a spec whose defaults are filled in.
func (s PhoneSpec) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(udidForm.MatchString(s.UDID), "udid %q: want 40 hex digits, or 8 and 16 with a dash", s.UDID)
	check(versionForm.MatchString(s.ProductVersion), "product_version %q: want a version like 18.5", s.ProductVersion)
	check(s.Files >= 0 && s.Files <= 2_000_000, "files %d: want at most 2000000", s.Files)
	check(oneOf(s.Profile, "", string(contents.Phone), string(contents.Large), string(contents.Small)), "profile %q: want phone, large or small", s.Profile)
	check(s.Photos.valid(), "photos %+v: want numbers of 0 or more, and no more Live Photos or edits than photos", s.Photos)
	check(s.Bytes >= 0, "bytes %d: want 0 or more", s.Bytes)
	check(s.KeybagRounds >= 0 && s.KeybagRounds <= 100_000_000, "keybag_rounds %d: want at most 100000000", s.KeybagRounds)
	check(oneOf(s.Connection, "usb", "network", "both"), "connection %q: want usb, network or both", s.Connection)
	check(oneOf(s.Trust.Mode, TrustAsk, TrustAuto, TrustRefuse, TrustPaired), "trust mode %q: want ask, auto, refuse or paired", s.Trust.Mode)
	check(oneOf(s.Passcode.Mode, PasscodeEnter, PasscodeNone, PasscodeManual, PasscodeRefuse, PasscodeTimeout),
		"passcode mode %q: want enter, none, manual, refuse or timeout", s.Passcode.Mode)
	check(oneOf(s.PairingPolicy, "", "MCProtected", "MCChallengeRequired"), "pairing_policy %q: want MCProtected or MCChallengeRequired", s.PairingPolicy)
	check(s.Trust.Polls >= 0 && s.Trust.Delay >= 0 && s.Passcode.Delay >= 0, "delays and polls: want 0 or more")
	check(*s.Battery.Percent >= 0 && *s.Battery.Percent <= 100, "battery percent %d: want 0 to 100", *s.Battery.Percent)
	check(s.Disk.Available <= s.Disk.Total && s.Disk.Available >= 0, "disk: %d available of %d", s.Disk.Available, s.Disk.Total)
	return errors.Join(errs...)
}

func oneOf[T comparable](value T, allowed ...T) bool {
	for _, a := range allowed {
		if value == a {
			return true
		}
	}
	return false
}

// prepared returns the config with defaults filled in, or everything that is wrong with it.
func (c Config) prepared() (Config, error) {
	if len(c.Listen) == 0 {
		c.Listen = []string{"tcp://127.0.0.1:0"}
	}
	if c.BUID == "" {
		c.BUID = seededUUID("computer", "buid")
	}
	var errs []error
	seen := map[string]bool{}
	phones := make([]PhoneSpec, len(c.Phones))
	for i, spec := range c.Phones {
		phones[i] = spec.withDefaults()
		if err := phones[i].validate(); err != nil {
			errs = append(errs, fmt.Errorf("phone %d: %w", i+1, err))
		}
		if seen[canonical(spec.UDID)] {
			errs = append(errs, fmt.Errorf("phone %d: udid %q: a second phone with this udid", i+1, spec.UDID))
		}
		seen[canonical(spec.UDID)] = true
	}
	c.Phones = phones
	return c, errors.Join(errs...)
}
