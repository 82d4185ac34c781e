package preflight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// Phone answers for one phone through one link, as lockdown.Phone does.
type Phone interface {
	// Basics reads what the phone tells everybody, before trust.
	Basics(ctx context.Context) (Basics, error)
	// Trust says whether a session with the stored key works. It never asks the
	// phone to pair. Its errors carry the causes of trust and lock.
	Trust(ctx context.Context) error
	// Values reads a whole domain within a session; "" is the root. One that the
	// phone does not have is empty.
	Values(ctx context.Context, domain string) (map[string]any, error)
}

// Basics is what a phone tells before trust. What it does not tell is empty.
type Basics struct {
	UDID              string
	Name              string
	ProductType       string // "iPhone15,3"
	ProductVersion    string // "18.5"
	BuildVersion      string
	ActivationState   string
	PasswordProtected *bool // locked with a passcode now
}

// Attached is what the phone checks need to know.
type Attached struct {
	Link  usbmux.Link
	Phone Phone

	// USB is what the computer's own bus tells about this phone; nil where nobody
	// can tell.
	USB *usbmux.HostDevice
	// Ports lists the ports at which something is wrong, as usbmux.PortTroubles
	// does; nil is not known.
	Ports func(context.Context) ([]usbmux.PortTrouble, error)
	// Attaches counts how often the phone came within the last minute.
	Attaches int
	// FailedBefore says that the last backup of this phone failed while it ran.
	FailedBefore bool

	// SyncLock takes the phone's sync lock once, without waiting, and returns the
	// function that lets go; nil leaves the check out.
	SyncLock func(context.Context) (release func() error, err error)

	// Destination is where the backup goes, and Reserve how many bytes of its
	// drive must stay free, other runs' claims included.
	Destination string
	Reserve     int64
	// Newest is the newest version of this phone in Destination; nil when this is
	// the first.
	Newest *Version
	// Mirror says that the next version takes the place of Newest where the drive
	// cannot share files, and needs no copy of it.
	Mirror bool

	Disk Disk // nil means HostDisk
}

// Version is an earlier backup that the next one builds on.
type Version struct {
	Bytes    int64 // all of it
	NewBytes int64 // what its own run brought
	Most     int64 // what the next run may bring, as the outlook has it; 0: not known
	Copied   bool  // its files have to be copied, because the drive cannot share them
	Resumed  bool  // a run was cut that goes on: what has to be copied is there
	// Check says what is wrong with it: an error with the cause
	// previous-backup-corrupt, previous-backup-other-device,
	// previous-backup-incomplete-files or version-damaged (known from an earlier
	// check), or nil. See CheckFolder.
	Check func(context.Context) error
}

// phoneTimeout bounds a check that asks the phone. A lockdown answer takes at most
// 15 s, and the first check of a session needs a few.
const phoneTimeout = 45 * time.Second

// PhoneChecks are the checks of one phone that is plugged in. They go on from
// HostChecks: the two lists together are one preflight.
func PhoneChecks(a Attached) []Check {
	if a.Disk == nil {
		a.Disk = HostDisk{}
	}
	p := &visit{attached: a}
	answers, trusted := []string{"usb-service", "answers"}, []string{"usb-service", "answers", "trusted"}
	checks := []Check{
		{Name: "cable", Group: cause.Cable, Run: p.cable},
		{Name: "contact", Group: cause.Cable, Run: p.contact},
		{Name: "answers", Group: cause.Cable, After: []string{"usb-service"}, Run: p.answers},
		{Name: "link-speed", Group: cause.Cable, After: answers, Run: p.linkSpeed},
		{Name: "hub", Group: cause.Cable, Run: p.hub},
		{Name: "unlocked", Group: cause.Trust, After: answers, Run: p.unlocked},
		{Name: "activated", Group: cause.Phone, After: answers, Run: p.activated},
		{Name: "trusted", Group: cause.Trust, After: answers, Run: p.trusted},
		{Name: "ios-version", Group: cause.Phone, After: answers, Run: p.iosVersion},
		{Name: "battery", Group: cause.Phone, After: trusted, Run: p.battery},
		{Name: "phone-storage", Group: cause.Phone, After: trusted, Run: p.storage},
		{Name: "set-up", Group: cause.Phone, After: trusted, Run: p.setUp},
		{Name: "encryption", Group: cause.Phone, After: trusted, Run: p.encryption},
		{Name: "supervised", Group: cause.Phone, After: trusted, Run: p.supervised},
		{Name: "icloud", Group: cause.Phone, After: trusted, Run: p.iCloud},
		{Name: "earlier-backup", Group: cause.Earlier, After: []string{"destination"}, Run: p.earlier, Late: cause.DestinationOffline},
		{Name: "room", Group: cause.Destination, After: []string{"destination"}, Run: p.room},
		{Name: "sync-lock", Group: cause.Phone, After: trusted, Run: p.syncLock},
		{Name: "passcode", Group: cause.Trust, After: answers, Run: p.passcode},
	}
	for i := range checks {
		checks[i].Timeout = phoneTimeout
		if checks[i].Late == "" {
			checks[i].Late = cause.TransferStalled
		}
	}
	return checks
}

// visit is one conversation with one phone. What it tells is read once and shared
// by the checks.
type visit struct {
	attached Attached

	met       sync.Once
	basics    Basics // set by the check answers, which all readers come after
	basicsErr error

	once     sync.Once
	trustErr error
	values   map[string]domain
	broken   error // the link broke while the domains were read
}

// domain is a lockdown domain as it was read.
type domain struct {
	values map[string]any
	err    error
}

// The domains that the checks read.
const (
	rootDomain       = ""
	backupDomain     = "com.apple.mobile.backup"
	diskDomain       = "com.apple.disk_usage"
	batteryDomain    = "com.apple.mobile.battery"
	setUpDomain      = "com.apple.purplebuddy"
	supervisedDomain = "com.apple.mobile.chaperone"
)

// meet asks the phone who it is, the first time that it is asked.
func (p *visit) meet(ctx context.Context) error {
	p.met.Do(func() { p.basics, p.basicsErr = p.attached.Phone.Basics(ctx) })
	return p.basicsErr
}

// session opens the session and reads all domains, the first time that it is
// asked. It comes after the question who the phone is, which needs none.
func (p *visit) session(ctx context.Context) error {
	p.once.Do(func() {
		p.values = map[string]domain{}
		if p.trustErr = p.meet(ctx); p.trustErr != nil {
			return
		}
		if p.trustErr = p.attached.Phone.Trust(ctx); p.trustErr != nil {
			return
		}
		for _, name := range []string{rootDomain, backupDomain, diskDomain, batteryDomain, setUpDomain, supervisedDomain} {
			values, err := p.attached.Phone.Values(ctx, name)
			p.values[name] = domain{values, err}
			if broken(err) {
				p.broken = err
				return
			}
		}
	})
	return p.trustErr
}

// domain returns a domain that the session read.
func (p *visit) domain(ctx context.Context, name string) (map[string]any, error) {
	if err := p.session(ctx); err != nil {
		return nil, err
	}
	d, read := p.values[name]
	if !read {
		return nil, p.broken
	}
	return d.values, d.err
}

// broken says whether an error means that asking for more is of no use: the
// connection is gone, not just one value.
func broken(err error) bool {
	if err == nil {
		return false
	}
	id, _ := cause.Of(err)
	gone := []cause.ID{cause.DeviceDisconnected, cause.TransferStalled, cause.MuxServiceStopped, cause.MuxServiceNotRunning, cause.MuxNotAnswering, cause.MuxConnectFailed}
	return slices.Contains(gone, id) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// answers reads who the phone is.
func (p *visit) answers(ctx context.Context) Finding {
	if err := p.meet(ctx); err != nil {
		return failed(err)
	}
	basics := p.basics
	if basics.UDID != "" && !usbmux.SameUDID(basics.UDID, p.attached.Link.UDID) {
		return told(Fail, cause.DeviceIdentityMismatch, cause.Evidence{"reason": "it has two different serial numbers", "udid": basics.UDID, "linkUDID": p.attached.Link.UDID})
	}
	ev := cause.Evidence{}
	maps.Copy(ev, nonEmpty(map[string]string{"productType": basics.ProductType, "iosVersion": basics.ProductVersion}))
	return passed(ev)
}

func nonEmpty(texts map[string]string) cause.Evidence {
	ev := cause.Evidence{}
	for key, s := range texts {
		if s != "" {
			ev[key] = s
		}
	}
	return ev
}

// unlocked asks whether the phone is locked now. Before trust some phones do not
// say; then the session's word counts.
func (p *visit) unlocked(ctx context.Context) Finding {
	locked := p.basics.PasswordProtected
	if locked == nil {
		root, err := p.domain(ctx, rootDomain)
		if err != nil {
			return p.unlockedBy(err)
		}
		if is, readable := lockdown.Flag(root["PasswordProtected"]); readable {
			locked = &is
		}
	}
	switch {
	case locked == nil: // nobody knows
		return passed(nil)
	case *locked:
		return told(Fail, cause.DeviceLocked, nil)
	}
	return passed(cause.Evidence{"unlocked": true})
}

// unlockedBy reads the lock out of an error: what else went wrong, others tell. A
// phone that does not want to tell a value is not locked for that.
func (p *visit) unlockedBy(err error) Finding {
	if keptBack(err) {
		return Finding{Status: Pass, Err: err}
	}
	if id, _ := cause.Of(err); id == cause.DeviceLocked || id == cause.DeviceNotUnlockedSinceBoot {
		return failed(err)
	}
	return Finding{Status: Skipped, Err: err}
}

// keptBack says whether err is a phone's refusal to tell a value: within a session
// that means nothing.
func keptBack(err error) bool {
	refused, ok := errors.AsType[*lockdown.Error](err)
	return ok && refused.Request == "GetValue"
}

// inactive are the words for a phone that is not activated. There are others for
// one that is, also for phones of the factory and of developers: "Activated",
// "FactoryActivated", "WildcardActivated", "SoftActivation". A word that nobody
// knows says nothing.
var inactive = []string{"Unactivated", "Deactivated", "MismatchedIMEI", "MismatchedICCID", "MissingSIM"}

// activated refuses a phone in its set-up.
func (p *visit) activated(context.Context) Finding {
	state := p.basics.ActivationState
	if slices.ContainsFunc(inactive, func(word string) bool { return strings.EqualFold(word, state) }) {
		return told(Fail, cause.NotActivated, cause.Evidence{"state": state})
	}
	return passed(nil)
}

func (p *visit) trusted(ctx context.Context) Finding {
	err := p.session(ctx)
	if id, _ := cause.Of(err); id == cause.NotTrusted && p.attached.Link.Connection == usbmux.Network {
		return Finding{Status: Fail, Cause: cause.PairingNeedsUSB, Err: err}
	}
	if err != nil {
		return failed(err)
	}
	root := p.values[rootDomain]
	if root.err != nil && !keptBack(root.err) {
		return failed(fmt.Errorf("read values of the phone: %w", root.err))
	}
	if udid, _ := root.values["UniqueDeviceID"].(string); udid != "" && !usbmux.SameUDID(udid, p.attached.Link.UDID) {
		return told(Fail, cause.DeviceIdentityMismatch, cause.Evidence{"reason": "it has two different serial numbers", "udid": udid, "linkUDID": p.attached.Link.UDID})
	}
	return passed(nil)
}

// syncLock takes the lock that Finder and iTunes hold while they sync, and lets
// go.
func (p *visit) syncLock(ctx context.Context) Finding {
	if p.attached.SyncLock == nil {
		return passed(nil)
	}
	release, err := p.attached.SyncLock(ctx)
	if err != nil {
		return failed(err)
	}
	if release == nil {
		return failed(errors.New("try sync lock: got no way to let go"))
	}
	if err := release(); err != nil {
		return Finding{Status: Pass, Err: fmt.Errorf("release sync lock: %w", err)}
	}
	return passed(nil)
}
