package cause

import (
	"fmt"
	"slices"
	"time"
)

// Row is one entry of the catalogue: everything that is known about a cause
// without looking at a particular phone.
//
// Sentence and the steps are templates. "{need}" is replaced by the evidence of
// that name, "{volume|the backup disk}" by the evidence or, when it is missing,
// by the words after the bar. Sentences begin in lower case and have no full
// stop, because they follow a name or an "error:"; steps are whole sentences.
type Row struct {
	ID    ID
	Title string // a few words, for a heading

	// Sentence tells a person what is wrong, in under 25 words. When evidence
	// that it needs is missing, Plain is told in its place; Plain is empty when
	// Sentence needs none. Special holds the sentences for evidence that only some
	// errors of this cause have: the first that finds all it needs is told before
	// Sentence.
	Sentence string
	Plain    string
	Special  []string

	// Remedy holds the steps that help, in order. A system whose steps differ has
	// its own list, which then stands in place of Remedy.
	Remedy        []string
	RemedyDarwin  []string
	RemedyWindows []string
	RemedyLinux   []string

	// Instead holds the steps for errors with evidence that only some have: the first
	// list whose evidence is there stands in place of all of the above.
	Instead []Steps

	Severity Severity
	Layer    Layer
	When     When
	Retry    Retry

	// ExitCode is what a verb ends with when this cause ends it; 0 for what never
	// does. Waits says that the agent waits for the person first: when that wait
	// ran out (evidence "waited"), the code is ExitWaitedInVain instead.
	ExitCode int
	Waits    bool

	// DependsOn names causes that explain this one: while one of them holds, this
	// one is not told.
	DependsOn []ID

	// Codes are numbers that other programs show, as "domain/number" or
	// "0xE8000065". Texts are pieces of their messages.
	Codes []string
	Texts []string

	// Untested says why no test of ours can bring the cause about, neither with a
	// simulated phone nor with captured facts; empty for nearly all.
	Untested string

	// Common are texts that programs for other things say as well: they count only
	// in a text about phones or backups, or when there is hardly anything else.
	Common []string

	// Repeated are texts that mean this when they come three times or more.
	Repeated []string
}

// Steps are a remedy for errors that have some evidence.
type Steps struct {
	With  string // its name
	Steps []string
}

// ByHand is the evidence that a person started what failed, and that nothing starts it
// again: a verb, not the daemon.
const ByHand = "byHand"

// byHand are the steps of a row for what nothing starts again.
func byHand(steps ...string) []Steps { return []Steps{{ByHand, steps}} }

// Severity says how bad a cause is for the backup.
type Severity string

// The severities. A check may tell a cause as something milder than its severity.
const (
	Info Severity = "info" // good to know
	Warn Severity = "warn" // the backup goes on, something is at risk
	Fail Severity = "fail" // no backup until it is dealt with
)

// Layer is where a cause lives; doctor groups its findings by it.
type Layer string

// The layers, in the order in which doctor shows them.
const (
	Computer    Layer = "computer"    // services, drivers, power, rights
	Cable       Layer = "cable"       // cable, port, hub
	Trust       Layer = "trust"       // pairing, lock, passcode, an administrator's rules
	Phone       Layer = "phone"       // its storage, battery, iOS, set-up
	Destination Layer = "destination" // the folder and the drive that take the backup
	Earlier     Layer = "earlier"     // versions that are already there
	Run         Layer = "run"         // what happens only while a backup runs
	Homeport    Layer = "homeport"    // our own settings and arguments
)

// When says at which moment a cause can be known.
type When string

// The moments.
const (
	Before     When = "before"     // by preflight
	During     When = "during"     // only while the backup runs
	BeforeToo  When = "both"       // by preflight and while it runs
	After      When = "after"      // when it is done, or at a later check
	ByRestore  When = "restore"    // only for a restore
	ByQuestion When = "by-request" // only when somebody asks
)

// Trigger is what must happen before another try makes sense.
type Trigger string

// The triggers.
const (
	Never      Trigger = "never"       // no retry helps, or there is nothing to retry
	Auto       Trigger = "auto"        // the agent may try again by itself
	AfterAct   Trigger = "after-act"   // a person has to do something first, and start again
	OnUnlock   Trigger = "on-unlock"   // the phone is unlocked
	OnReattach Trigger = "on-reattach" // the phone is plugged in again
	OnReturn   Trigger = "on-return"   // the drive, the share or the service is back
	OnWake     Trigger = "on-wake"     // the computer wakes
)

// Retry is the retry rule of a cause. The agent's general limits (a pause of an
// hour, three automatic tries in 24 h) hold besides.
type Retry struct {
	On    Trigger
	Tries int           // automatic tries at most; 0: only the general limits
	Pause time.Duration // before an automatic try; 0: only the general pause
	For   time.Duration // keep asking within the same run for this long
	Full  bool          // the next try does not build on an earlier backup
}

// String names the rule in one word: "auto", "auto-once", "on-unlock",
// "auto-full".
func (r Retry) String() string {
	s := string(r.On)
	switch r.Tries {
	case 0:
	case 1:
		s += "-once"
	case 2:
		s += "-twice"
	default:
		s += fmt.Sprintf("-%d-times", r.Tries)
	}
	if r.Full {
		s += "-full"
	}
	return s
}

// MarshalText gives the word of String, so that JSON has it too.
func (r Retry) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// The exit codes that causes carry. They are API.
const (
	ExitUnexpected   = 1   // nothing that the catalogue knows
	ExitUsage        = 2   // usage or configuration
	ExitRefused      = 3   // preflight refused
	ExitFailed       = 4   // the backup failed
	ExitDamaged      = 5   // a version is damaged
	ExitBusy         = 6   // another run holds the phone or the folder
	ExitNoSuch       = 7   // no such phone or version
	ExitWaitedInVain = 8   // a wait for the person ran out
	ExitInterrupted  = 130 // stopped by a signal
)

// catalogue is the table itself, in the order of docs/causes.md.
var catalogue = slices.Concat(hostRows, cableRows, trustRows, policyRows, spaceRows, destinationRows,
	earlierRows, runRows, phoneRows, restoreRows, ownRows, elsewhereRows, wellRows)

// All returns the whole catalogue, section by section.
func All() []Row { return slices.Clone(catalogue) }

// Lookup returns the row of id.
func Lookup(id ID) (Row, bool) {
	i := slices.IndexFunc(catalogue, func(r Row) bool { return r.ID == id })
	if i < 0 {
		return Row{}, false
	}
	return catalogue[i], true
}
