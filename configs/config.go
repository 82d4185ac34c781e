// Package configs owns the settings: the Config value, its defaults, where it is
// read from, what is allowed, and where files live on each system.
//
// Settings come from four places, the later ones winning: the embedded
// default.yaml (which is also the sample that Init writes), the settings file,
// the environment (HOMEPORT_KEEP_LAST for keep.last) and flags. A key that is
// not known is an error that names the nearest one; so is a value that is not
// allowed. Every such error carries the cause config-invalid with the key, the
// place, the value and what is allowed, and all of them are reported at once.
//
// A loaded Config is never changed: who reloads takes a new one, and a running
// backup keeps its own.
package configs

import (
	"slices"
	"strings"
)

// Config is every setting, complete: nothing in it is unset.
type Config struct {
	Destination string    `yaml:"destination" json:"destination"`  // absolute path of the folder that takes the backups
	Engine      Engine    `yaml:"engine" json:"engine"`            // who talks to the phone
	EnginePath  string    `yaml:"engine_path" json:"enginePath"`   // absolute path of idevicebackup2; "" looks for it
	MinInterval Duration  `yaml:"min_interval" json:"minInterval"` // at most one good backup in this time; 0: at every plug-in
	Overdue     Duration  `yaml:"overdue" json:"overdue"`          // a phone whose newest backup is older is told about; 0: none is
	MaxParallel int       `yaml:"max_parallel" json:"maxParallel"` // phones at the same time, 1 to 16
	Reserve     Size      `yaml:"reserve" json:"reserve"`          // bytes of the drive that a run never uses
	Mirror      bool      `yaml:"mirror" json:"mirror"`            // one version only where files cannot be shared
	NewPhones   NewPhones `yaml:"new_phones" json:"newPhones"`     // what happens to a phone that is not listed
	Keep        Keep      `yaml:"keep" json:"keep"`                // which versions stay
	Scrub       Scrub     `yaml:"scrub" json:"scrub"`              // how versions are read again
	Log         Log       `yaml:"log" json:"log"`                  // the log files
	// PasswordCommand is a shell line that prints a backup password; empty: none.
	PasswordCommand string `yaml:"password_command" json:"passwordCommand"`
	Notify          Notify `yaml:"notify" json:"notify"`           // notices on the desktop
	Webhook         URL    `yaml:"webhook" json:"webhook"`         // each event is sent there; "": nowhere
	Healthcheck     URL    `yaml:"healthcheck" json:"healthcheck"` // is told of each run; "": none is
	// Before and After are shell lines that are run around each backup; empty: none.
	// Their limits are how long they may take.
	Before      string   `yaml:"before" json:"before"`
	BeforeLimit Duration `yaml:"before_limit" json:"beforeLimit"`
	After       string   `yaml:"after" json:"after"`
	AfterLimit  Duration `yaml:"after_limit" json:"afterLimit"`
	// StatusPage has the status page there all the time, not only once somebody opens it.
	StatusPage bool    `yaml:"status_page" json:"statusPage"`
	Metrics    Metrics `yaml:"metrics" json:"metrics"` // what Prometheus reads

	Phones  []Phone `yaml:"phones" json:"phones"` // settings of single phones, as written
	sources map[string]string
}

// Engine names the program that makes a backup.
type Engine string

// The engines that can be asked for.
const (
	EngineAuto             Engine = "auto"             // the installed idevicebackup2 when there is one, else the built-in one
	EngineNative           Engine = "native"           // the built-in one
	EngineLibimobiledevice Engine = "libimobiledevice" // the installed idevicebackup2
)

// engineNames are what a setting may say.
var engineNames = []string{string(EngineAuto), string(EngineNative), string(EngineLibimobiledevice)}

// NewPhones says what happens to a phone that is not listed.
type NewPhones string

// What can happen to a phone that is not listed.
const (
	BackupNew NewPhones = "backup" // it is backed up like any other
	AskNew    NewPhones = "ask"    // it is announced, and waits for a person
	IgnoreNew NewPhones = "ignore" // it is left alone
)

// Keep says which versions stay when old ones are pruned. Each rule adds to what
// stays; Size alone takes away. The newest sound version stays in any case.
type Keep struct {
	Last    int      `yaml:"last" json:"last"`       // the newest ones, at least 1
	Daily   int      `yaml:"daily" json:"daily"`     // the newest one of each of so many days that have one
	Weekly  int      `yaml:"weekly" json:"weekly"`   // of each of so many weeks
	Monthly int      `yaml:"monthly" json:"monthly"` // of each of so many months
	Within  Duration `yaml:"within" json:"within"`   // what is younger than this; 0: does not count
	Size    Size     `yaml:"size" json:"size"`       // bytes that one phone's versions may take; 0: any
}

// PhoneKeep is Keep as it was written for one phone; nil follows the general
// settings.
type PhoneKeep struct {
	Last    *int      `yaml:"last,omitempty" json:"last,omitempty"`
	Daily   *int      `yaml:"daily,omitempty" json:"daily,omitempty"`
	Weekly  *int      `yaml:"weekly,omitempty" json:"weekly,omitempty"`
	Monthly *int      `yaml:"monthly,omitempty" json:"monthly,omitempty"`
	Within  *Duration `yaml:"within,omitempty" json:"within,omitempty"`
	Size    *Size     `yaml:"size,omitempty" json:"size,omitempty"`
}

// over gives the general rules with those of one phone in their place.
func (p *PhoneKeep) over(k Keep) Keep {
	if p == nil {
		return k
	}
	override(&k.Last, p.Last)
	override(&k.Daily, p.Daily)
	override(&k.Weekly, p.Weekly)
	override(&k.Monthly, p.Monthly)
	override(&k.Within, p.Within)
	override(&k.Size, p.Size)
	return k
}

func override[T any](general, own *T) {
	if own != nil {
		*general = *own
	}
}

// Scrub says how the daemon reads versions again, to find what the drive has
// spoiled.
type Scrub struct {
	Every Duration `yaml:"every" json:"every"` // how long after it was last read; 0: never
	Rate  Size     `yaml:"rate" json:"rate"`   // bytes in a second at most; 0: as fast as the drive can
}

// Log says where the log goes and how long it stays.
type Log struct {
	Level string `yaml:"level" json:"level"` // debug, info, warn or error
	Dir   string `yaml:"dir" json:"dir"`     // absolute path of the folder
	Days  int    `yaml:"days" json:"days"`   // how long a file is kept
}

// Phone holds the settings of one phone as they were written; what is nil or
// empty follows the general settings.
type Phone struct {
	UDID        string     `yaml:"udid" json:"udid"`
	Name        string     `yaml:"name,omitempty" json:"name,omitempty"`
	Enabled     *bool      `yaml:"enabled,omitempty" json:"enabled,omitempty"`
	Destination string     `yaml:"destination,omitempty" json:"destination,omitempty"`
	Engine      Engine     `yaml:"engine,omitempty" json:"engine,omitempty"`
	MinInterval *Duration  `yaml:"min_interval,omitempty" json:"minInterval,omitempty"`
	Mirror      *bool      `yaml:"mirror,omitempty" json:"mirror,omitempty"`
	Keep        *PhoneKeep `yaml:"keep,omitempty" json:"keep,omitempty"`
}

// PhoneConfig is what holds for one phone.
type PhoneConfig struct {
	UDID        string // as it was asked for
	Name        string // the name that the settings give it, or ""
	Listed      bool   // the settings name this phone
	Enabled     bool   // back it up; for a phone that is not listed, new_phones is "backup"
	Destination string
	Engine      Engine
	MinInterval Duration
	Mirror      bool
	Keep        Keep
}

// For returns what holds for the phone with this UDID, compared without case and
// dash.
func (c Config) For(udid string) PhoneConfig {
	p := PhoneConfig{UDID: udid, Enabled: c.NewPhones == BackupNew, Destination: c.Destination, Engine: c.Engine, MinInterval: c.MinInterval, Mirror: c.Mirror, Keep: c.Keep}
	i := slices.IndexFunc(c.Phones, func(own Phone) bool { return foldUDID(own.UDID) == foldUDID(udid) })
	if i < 0 {
		return p
	}
	own := c.Phones[i]
	p.Listed, p.Name = true, own.Name
	p.Enabled = own.Enabled == nil || *own.Enabled
	if own.Destination != "" {
		p.Destination = own.Destination
	}
	if own.Engine != "" {
		p.Engine = own.Engine
	}
	if own.MinInterval != nil {
		p.MinInterval = *own.MinInterval
	}
	override(&p.Mirror, own.Mirror)
	p.Keep = own.Keep.over(c.Keep)
	return p
}

// Source says where the value of a key ("keep.last") came from: the path of the
// settings file, "env HOMEPORT_KEEP_LAST", "flag --dest", or "default".
func (c Config) Source(key string) string {
	if s, ok := c.sources[key]; ok {
		return s
	}
	return "default"
}

func foldUDID(udid string) string { return strings.ToLower(strings.ReplaceAll(udid, "-", "")) }
