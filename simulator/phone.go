package simulator

import (
	"crypto/rsa"
	"fmt"
	"slices"
	"sync"
	"time"

	"homeport/simulator/backupagent"
	"homeport/simulator/contents"
)

const (
	lockdownPort = 62078
	firstService = 49152 // dynamic ports start here, as on a phone
	maxServices  = 64    // started and not yet connected; one more is ServiceLimit
)

// Phone is one simulated phone. It is safe for concurrent use; what it does can be changed at any time.
type Phone struct {
	sim      *Simulator
	spec     PhoneSpec
	meter    *meter
	key      *rsa.PrivateKey
	contents *contents.Contents
	agent    *backupagent.Agent
	media    *tree // what AFC shows
	gallery  *gallery

	ids []int // usbmuxd's numbers of its links while plugged in; guarded by sim.mu

	mu       sync.Mutex
	plugged  bool
	wires    map[*wire]struct{}
	values   map[string]map[string]any
	locked   bool
	unboot   bool // not unlocked since boot
	hosts    map[string]*host
	escrow   []byte
	dialog   dialog
	policy   string // the error that an organisation's policy answers to Pair; "" for none
	impostor bool
	services map[uint16]service
	nextPort uint16
	proxies  map[*proxy]struct{}
	sync     syncLock
	sheet    sheet
	skew     time.Duration

	restoring bool // from iCloud
	counts    Counts
}

// Counts are what a phone has seen since it was made.
type Counts struct {
	Lockdown  int // connections to port 62078
	Sessions  int // StartSession requests that succeeded
	Handshake int // TLS handshakes that succeeded, sessions and services
	Pairings  int // Pair requests that succeeded
	Polls     int // Pair requests in all
	Services  map[string]int
	Backups   int      // finished with ErrorCode 0
	Sheets    int      // times that the passcode was asked for
	Posted    []string // notifications that hosts posted, the last 1,000 in their order
}

// newPhone makes a phone that is not plugged in.
func newPhone(s *Simulator, spec PhoneSpec, index int) (*Phone, error) {
	key, err := phoneKey(spec.identity(), 0)
	if err != nil {
		return nil, err
	}
	if spec.LocationID == 0 {
		spec.LocationID = 1<<16 + index + 2
	}
	p := &Phone{
		sim: s, spec: spec, meter: newMeter(), key: key,
		wires: map[*wire]struct{}{}, hosts: map[string]*host{}, services: map[uint16]service{}, proxies: map[*proxy]struct{}{},
		nextPort: firstService, locked: spec.Locked, unboot: spec.BeforeBoot,
		escrow: seeded(32, spec.identity(), "escrow"), counts: Counts{Services: map[string]int{}},
		media: newMedia(),
	}
	if p.gallery, err = newGallery(p.media, spec.identity(), spec.Photos); err != nil {
		return nil, err
	}
	p.values = firstValues(spec, key)
	p.dialog, p.policy = dialog{trust: spec.Trust}, spec.PairingPolicy
	p.sheet = sheet{passcode: spec.Passcode, typed: make(chan bool, 1)}
	p.contents = contents.New(contents.Config{
		Seed: spec.Seed, Profile: contents.Profile(spec.Profile), Files: spec.Files, Bytes: spec.Bytes,
		Password: spec.BackupPassword, Rounds: spec.KeybagRounds,
	})
	p.restoring = spec.CloudRestore
	p.agent = backupagent.New(p.contents, agentEnv{p})
	if spec.RebootAfterRestore {
		p.agent.Reboot = func() { p.Reboot(); p.Attach() }
	}
	p.agent.Conditions, p.agent.PasswordChanged, p.agent.Sources = p.conditions, p.passwordChanged, s.contentsOf
	if spec.Trust.Mode == TrustPaired {
		if err := p.bornTrusted(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// UDID is the phone's, in its own spelling.
func (p *Phone) UDID() string { return p.spec.UDID }

// Spec is what the phone was made from, defaults filled in.
func (p *Phone) Spec() PhoneSpec { return p.spec }

// Contents is what is on the phone: what the next backup sends.
func (p *Phone) Contents() *contents.Contents { return p.contents }

// Agent is the phone's backup agent, for its counters and knobs.
func (p *Phone) Agent() *backupagent.Agent { return p.agent }

// Attach plugs the phone in. It does nothing when the phone is plugged in already.
func (p *Phone) Attach() {
	p.mu.Lock()
	if !p.plugged {
		p.dialog.plugged()
	}
	p.plugged = true
	p.mu.Unlock()
	p.sim.plug(p)
	p.logf("plugged in")
}

// Detach pulls the cable: usbmuxd sends Detached, then every connection to the phone ends. It returns at once.
func (p *Phone) Detach() {
	p.sim.unplug(p)
	p.dropWires()
	p.logf("unplugged")
}

// Attached tells whether the phone is plugged in.
func (p *Phone) Attached() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plugged
}

// Reboot detaches the phone, forgets what a running phone keeps (locks, service ports), and leaves it locked and not unlocked since
// boot. Attach plugs it in again.
func (p *Phone) Reboot() {
	p.Detach()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.locked, p.unboot = true, true
	clear(p.services)
}

// Play plans faults on this phone. Each handle tells whether its fault has fired.
func (p *Phone) Play(faults ...Fault) []*Played {
	var all []*Played
	for _, f := range faults {
		all = append(all, p.meter.play(f))
	}
	return all
}

// Traffic counts the bytes that passed on a channel since the phone was made; ChannelAny is the sum.
func (p *Phone) Traffic(c Channel) Traffic { return p.meter.traffic(c) }

// Counts returns the counters.
func (p *Phone) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := p.counts
	counts.Posted = slices.Clone(p.counts.Posted)
	counts.Services = map[string]int{}
	for name, n := range p.counts.Services {
		counts.Services[name] = n
	}
	counts.Backups = p.agent.Stats().Finished
	return counts
}

// RestoredOK tells whether the last restore ended with ErrorCode 0 and every byte was the right one.
func (p *Phone) RestoredOK() bool {
	restore := p.agent.Stats().Restore
	return restore.Finished && restore.Mismatched == 0
}

// connections are the ways to reach the phone, USB first.
func (p *Phone) connections() []string {
	switch p.spec.Connection {
	case "network":
		return []string{"Network"}
	case "both":
		return []string{"USB", "Network"}
	default:
		return []string{"USB"}
	}
}

// hold keeps a tunnel with the phone, so that Detach ends it. It is false when the phone was unplugged in between.
func (p *Phone) hold(w *wire) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.plugged {
		return false
	}
	p.wires[w] = struct{}{}
	return true
}

func (p *Phone) release(w *wire) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.wires, w)
}

// dropWires ends every tunnel at once, and lets no new one in until Attach. It does not wait for those who serve them: one of them may
// be the caller.
func (p *Phone) dropWires() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plugged = false
	for w := range p.wires {
		w.drop()
	}
}

// port finds what listens on a device port: lockdownd, or a service that was started and not connected yet.
func (p *Phone) port(port uint16) (func(*wire), Channel) {
	if port == lockdownPort {
		return p.serveLockdown, ChannelLockdown
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	started, ok := p.services[port]
	if !ok {
		return nil, ""
	}
	delete(p.services, port)
	return func(w *wire) { p.serveService(w, started) }, started.kind.channel
}

func (p *Phone) logf(format string, args ...any) {
	if p.sim.config.Logf != nil {
		p.sim.logf("%s: %s", p.spec.UDID, fmt.Sprintf(format, args...))
	}
}

// Modify gives n files new bytes and returns how many it found.
func (p *Phone) Modify(n int) int { return p.contents.Modify(n) }

// Add puts n new files on the phone.
func (p *Phone) Add(n int) int { return p.contents.Add(n) }

// Delete removes n files and returns how many it found.
func (p *Phone) Delete(n int) int { return p.contents.Delete(n) }
