package idevicebackup2

import (
	"math"
	"strconv"
	"strings"
	"sync"

	"homeport/backup"
)

// Bounds of what is kept of the tool's output.
const (
	maxLine = 1 << 10 // of one line; a display line has about 90 bytes
	maxTail = 12      // lines that say something, for the evidence
)

// display reads what the tool prints, as it comes. It is safe for concurrent use.
type display struct {
	changed func(said) // is told after every line that changed something

	mu     sync.Mutex
	line   []byte
	escape escapeState
	said   said
}

// said is all that the tool has told so far.
type said struct {
	sends bool // a restore: the bytes go to the phone
	asks  bool // a password: there is no transfer
	sent  int  // files that it named while sending
	name  string

	port      int          // the device port of the backup service
	phase     backup.Phase // as far as the lines tell
	percent   float64      // of the whole, never falling
	passcode  bool         // it waits for the passcode
	bodies    bool         // files have begun to come
	encrypted bool
	files     int  // bodies, told at the end
	success   bool // its last word
	code      int  // the phone's final ErrorCode; 0 none
	codeText  string
	complaint *complaint // the first thing that went wrong, in the tool's words
	odd       []string   // what looked odd but does not spoil the backup
	tail      []string   // the last lines
}

// escapeState follows the terminal sequences of the newer display.
type escapeState int

const (
	plain escapeState = iota
	afterEscape
	inSequence // ESC [ and parameters, up to a letter
)

// Write takes output of the tool. It never fails.
func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range p {
		switch {
		case d.escape == afterEscape && b == '[':
			d.escape = inSequence
		case d.escape == afterEscape:
			d.escape = plain
		case d.escape == inSequence:
			if b >= '@' && b <= '~' {
				d.escape = plain
			}
		case b == 0x1B:
			d.escape = afterEscape
		case b == '\n' || b == '\r':
			d.end()
		case len(d.line) < maxLine:
			d.line = append(d.line, printable(b))
		}
	}
	return len(p), nil
}

// printable keeps ASCII and makes all else a sign that says nothing.
func printable(b byte) byte {
	if b == '\t' {
		return ' '
	}
	if b < ' ' || b > '~' {
		return '?'
	}
	return b
}

// end takes the line that is complete.
func (d *display) end() {
	text := strings.TrimSpace(string(d.line))
	d.line = d.line[:0]
	if text == "" {
		return
	}
	if d.said.take(text) && d.changed != nil {
		d.changed(d.said.copy())
	}
}

// finish takes what is left of an unfinished line, and answers everything.
func (d *display) finish() said {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end()
	return d.said.copy()
}

func (d *display) now() said {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.copy()
}

func (s *said) copy() said {
	c := *s
	c.odd, c.tail = append([]string(nil), s.odd...), append([]string(nil), s.tail...)
	return c
}

// take understands one line, and reports whether anything changed.
func (s *said) take(text string) bool {
	if m := overall13.FindStringSubmatch(text); m != nil {
		return s.progress(m[1])
	}
	if m := overallNew.FindStringSubmatch(text); m != nil {
		return s.progress(m[1])
	}
	if isBar(text) {
		s.bodies = true
		return s.enter(s.transfer())
	}
	text = strings.TrimSpace(strings.TrimPrefix(text, "Status "))
	if text == "" {
		return false
	}
	if name, ok := strings.CutPrefix(text, "Receiving "); ok && name != "files" || strings.HasPrefix(text, "Sending") {
		// A name of the phone's choice, which may read like anything.
		if s.sends && text != s.name {
			s.sent, s.name = s.sent+1, text
		}
		return s.enter(s.transfer())
	}
	if typing.MatchString(text) {
		return false // a star for each character of a password
	}
	s.tail = append(s.tail, text)
	if len(s.tail) > maxTail {
		s.tail = s.tail[1:]
	}
	s.understand(text)
	return true
}

func (s *said) progress(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(f) || f <= s.percent || f > 100 {
		return false
	}
	s.percent = f
	return true
}

// order ranks the phases: a run does not go back in them.
var order = map[backup.Phase]int{
	backup.PhaseConnecting: 1, backup.PhaseWaiting: 2, backup.PhaseReceiving: 3, backup.PhaseSending: 3,
	backup.PhaseMoving: 4, backup.PhaseFinishing: 5,
}

// transfer is the phase in which files go over the wire.
func (s *said) transfer() backup.Phase {
	if s.sends {
		return backup.PhaseSending
	}
	return backup.PhaseReceiving
}

func (s *said) enter(p backup.Phase) bool {
	if order[p] <= order[s.phase] {
		return false
	}
	s.phase = p
	return true
}

// understand finds the row of the table that a line belongs to.
func (s *said) understand(text string) {
	for _, r := range lineTable {
		m := r.form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		r.note(s, m)
		return
	}
	for _, r := range complaintTable {
		if m := r.form.FindStringSubmatch(text); m != nil {
			s.complain(r.is(m, text))
			return
		}
	}
}

// complain keeps the first complaint, and in its place the first one that spoils
// the folder.
func (s *said) complain(c complaint) {
	if s.complaint == nil || c.spoils && !s.complaint.spoils {
		s.complaint = &c
	}
}
