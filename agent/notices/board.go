package notices

import "slices"

// Board tells of events on a desk: in words, once, and not longer than they are true.
type Board struct {
	memory *Memory
	desk   *Desk
	asking map[string]string // by UDID: phones that wait for somebody, and the phase in which they do
}

// NewBoard tells on desk, which its caller closes, what memory does not remember as told.
func NewBoard(m *Memory, desk *Desk) *Board {
	return &Board{memory: m, desk: desk, asking: map[string]string{}}
}

// Tell shows what an event means for a person, if it means anything, and withdraws what it
// answers. It never waits, and is called from one goroutine at a time.
func (b *Board) Tell(e Event, s Settings) {
	if b.answers(e) {
		b.desk.Withdraw(aboutPrompt(e))
		if e.Kind == "progress" || e.Kind == "finished" { // the next prompt is another
			b.memory.Forget(passcodeKey(e))
		}
	}
	if n, ok := Decide(e, s, b.memory); ok {
		b.desk.Put(n)
	} else if e.Kind == "finished" {
		b.desk.Withdraw(aboutStanding(e))
	}
}

// aboutPrompt and aboutStanding are what the notices of a phone are about: what it asks
// now, and how its backups stand.
func aboutPrompt(e Event) string   { return "prompt " + e.UDID }
func aboutStanding(e Event) string { return "standing " + e.UDID }

// early are the phases in which a phone may wait for its passcode.
var early = []string{"connecting", "waiting", "passcode"}

// answers reports whether an event shows that a phone which waited for somebody does not
// any more: its checks pass, it has gone on to another phase, or its try is over.
func (b *Board) answers(e Event) bool {
	phase, asking := b.asking[e.UDID]
	switch {
	case e.Kind == "waiting":
		if e.Cause != "" {
			b.asking[e.UDID] = ""
		}
		return false
	case !asking || e.Kind == "preflight" && e.Cause != "":
		return false
	case e.Kind == "progress" && slices.Contains(early, e.Phase) && (phase == "" || phase == e.Phase):
		b.asking[e.UDID] = e.Phase
		return false
	case !slices.Contains([]string{"preflight", "progress", "finished", "failed", "skipped", "unplugged"}, e.Kind):
		return false
	}
	delete(b.asking, e.UDID)
	return true
}
