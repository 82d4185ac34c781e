package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode"

	"homeport/cause"
)

// Names of the lease, and of what it is renewed from and taken away as.
const (
	leaseName   = "lease.json"
	leasePrefix = "lease."
	takenSuffix = ".taken"
)

// How often a holder renews its lease, and how long one must stand still before it
// counts as stale. A holder misses five renewals before that.
const (
	leaseEvery = 10 * time.Second
	leaseStale = 60 * time.Second
)

// Host is this computer, as it names itself in leases.
type Host struct {
	// ID tells this computer from every other that may write to the same store, and
	// is the same after a restart; "" is another one for each Store, so that a lease
	// which a power cut left behind is waited for.
	ID string
	// Name is what people call the computer; "" is the name that its system tells.
	Name string
}

// filled gives a host what it has not.
func (h Host) filled() Host {
	if h.ID == "" {
		h.ID = newUUID()
	}
	if h.Name == "" {
		name, _ := os.Hostname()
		h.Name, _, _ = strings.Cut(name, ".") // without the network's part
	}
	return h
}

// Task is what a phone's backups are held for.
type Task string

// The tasks, as lease.json spells them.
const (
	TaskBackup  Task = "backup"
	TaskPrune   Task = "prune"
	TaskRepair  Task = "repair"
	TaskRestore Task = "restore"
	TaskRecover Task = "recover"
	TaskImport  Task = "import"
)

// words say what a computer does, after its name.
func (t Task) words() string {
	switch t {
	case TaskBackup:
		return "is backing up this iPhone to the same folder"
	case TaskPrune:
		return "is removing old backups of this iPhone from the same folder"
	case TaskRepair:
		return "is repairing a backup of this iPhone in the same folder"
	case TaskRestore:
		return "is restoring a backup of this iPhone from the same folder"
	case TaskImport:
		return "is importing a backup of this iPhone into the same folder"
	case TaskRecover:
		return "is tidying up the backups of this iPhone in the same folder"
	}
	return "is working on the backups of this iPhone in the same folder"
}

// lease is lease.json.
type lease struct {
	Format int       `json:"format"`
	Token  string    `json:"token"` // of this taking
	Host   string    `json:"host"`
	Boot   string    `json:"boot,omitempty"` // of the system; "" where it does not tell
	PID    int       `json:"pid"`
	Start  time.Time `json:"start"`
	// Counter is one more with each renewal.
	Counter int64 `json:"counter"`
	// Above is a generation that an earlier holder could have used: versions get one
	// above it.
	Above    int    `json:"above,omitempty"`
	Computer string `json:"computer,omitempty"`
	Does     Task   `json:"does,omitempty"`

	raw []byte // as it was read
}

// tokenForm keeps a token that was read from being a path.
var tokenForm = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// parseLease reads a lease. What is none is a lease without a token, known by its
// bytes only.
func parseLease(data []byte) *lease {
	l := &lease{}
	if json.Unmarshal(data, l) != nil || !tokenForm.MatchString(l.Token) {
		l = &lease{}
	}
	l.Computer = plainName(l.Computer)
	l.Above = min(max(l.Above, 0), maxGeneration)
	l.raw = data
	return l
}

// maxName bounds the name of a computer, in runes.
const maxName = 64

// plainName takes out of another computer's name what no name has.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && !unicode.Is(unicode.Bidi_Control, r) {
			return r
		}
		return -1
	}, s)
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName])
	}
	return strings.TrimSpace(s)
}

// readLease reads the lease called name; nil when there is none.
func (p *phone) readLease(name string) (*lease, error) {
	data, err := readFile(p.dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		return parseLease(data), nil
	}
	if info, lerr := p.dir.Lstat(name); lerr == nil && !info.Regular() {
		return nil, unsafe(filepath.Join(p.path(), name), name+" is not what Homeport made", err)
	}
	return nil, fmt.Errorf("read lease: %w", err)
}

// sameAs tells whether two leases are of one taking.
func (l *lease) sameAs(other *lease) bool {
	if l == nil || other == nil {
		return false
	}
	if l.Token == "" && other.Token == "" {
		return bytes.Equal(l.raw, other.raw)
	}
	return l.Token == other.Token
}

// stoodStill tells whether nothing was renewed between two looks.
func (l *lease) stoodStill(before *lease) bool {
	return l.sameAs(before) && l.Counter == before.Counter
}

// fresh is what a lease is called before it has its name.
func (l *lease) fresh() string { return leasePrefix + l.Token + freshSuffix }

// Holder is who has a phone's backups, as the lease says.
type Holder struct {
	// Computer is its name; "" is not known.
	Computer string
	// Here says that it is a process of this computer.
	Here bool
	Task Task
	PID  int
	// Since is when it began, by its own clock.
	Since time.Time
}

// holder is what people are told of a lease; nil gives nobody.
func (p *phone) holder(l *lease) Holder {
	if l == nil {
		return Holder{}
	}
	return Holder{Computer: l.Computer, Here: p.here(l), Task: l.Does, PID: l.PID, Since: l.Start}
}

// evidence is what an error tells of a holder. Who sits at this computer needs no
// name of it.
func (h Holder) evidence(p *phone) cause.Evidence {
	ev := cause.Evidence{"udid": p.name, "path": p.store.path}
	if !h.Since.IsZero() {
		ev["since"], ev["pid"], ev["task"] = h.Since.UTC().Format(time.RFC3339), h.PID, string(h.Task)
	}
	if !h.Here && !h.Since.IsZero() {
		ev["host"], ev["doing"] = h.name(), h.Task.words()
	}
	return ev
}

// name is what people call the holder's computer.
func (h Holder) name() string {
	if h.Computer == "" {
		return "another computer"
	}
	return h.Computer
}

// here tells whether a lease is of this computer: of its id, or of this start of the
// system, which another user, or a container, has under another id.
func (p *phone) here(l *lease) bool {
	return l.Host == p.store.options.Host.ID || l.Boot != "" && l.Boot == p.store.system
}

// busy is the error for a phone whose backups somebody has. stood is how long the
// counter was seen to stand still; 0 when it moved.
func (p *phone) busy(l *lease, stood time.Duration) error {
	h := p.holder(l)
	ev := h.evidence(p)
	if !h.Here && l != nil {
		ev["counterAge"] = cause.Seconds(stood.Seconds())
	}
	return cause.New(cause.AlreadyRunning, ev, errors.New("take lock: another run holds this phone's backups"))
}

// errLost is in every error that tells of a lost lease.
var errLost = errors.New("the lease was lost")

// lostTo is the error for a holder whose lease another one has now; l may be nil.
func (p *phone) lostTo(l *lease) error {
	ev := cause.Evidence{"udid": p.name, "path": p.store.path}
	if h := p.holder(l); l != nil {
		ev["host"] = h.name()
		if !h.Since.IsZero() {
			ev["since"] = h.Since.UTC().Format(time.RFC3339)
		}
	}
	return cause.New(cause.LeaseLost, ev, errLost)
}
