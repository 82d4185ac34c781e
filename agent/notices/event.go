package notices

import (
	"time"

	"homeport/cause"
)

// Event is something that happened, with what a notice can say of it.
type Event struct {
	Kind    string // as the agent names it: "waiting", "finished", "failed", "note", "service"
	Phase   string // of "progress"
	Time    time.Time
	UDID    string
	Phone   string // what the phone is called
	Run     string // the version that is being made
	Cause   cause.ID
	Message string
	// Sentence and Steps are of the error, or of the cause when there is none.
	Sentence string
	Steps    []string
	Done     *Done // of "finished"
}

// Done is a finished backup.
type Done struct {
	Files           int64
	Bytes, NewBytes int64
	Seconds         float64
	Remarks         []Remark
}

// Remark is a warning about a finished backup.
type Remark struct {
	Cause    cause.ID
	Sentence string
	Steps    []string
}

// Settings say what is told on the desktop.
type Settings struct {
	Waiting, Failed, Overdue, Damage bool
	// First tells the first backup of each phone, and the first after trouble that was told;
	// Always tells each one.
	First, Always bool
}

// Notice is what a person reads.
type Notice struct {
	Title, Text string
	// About is what it tells of: a later one about the same takes its place. "" is nothing
	// that comes again.
	About string
	key   string // what it says of it: the same is not told twice in the Pause
}
