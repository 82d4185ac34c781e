package idevicebackup2

import (
	"errors"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// watchEvery is how often the run is looked at; roomy is with how much free space
// that is often enough for the space as well.
const (
	watchEvery = 50 * time.Millisecond
	roomEvery  = time.Second
	roomy      = 8 << 30
)

// supervise looks after the running tool until it has ended, by itself or by us,
// with all its children. What it returns is why the run was stopped; nil when the
// tool ended by itself.
func (r *run) supervise() error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	remind := time.AfterFunc(time.Minute, r.prog.again)
	defer remind.Stop()
	for {
		select {
		case <-r.child.done:
			return nil
		case <-r.ctx.Done():
			return r.end(stopCause(r.ctx))
		case <-tick.C:
		}
		if err := r.look(); err != nil {
			return r.end(r.prompt.explain(err))
		}
	}
}

// end stops the tool: the phone's connections first, so that nothing more comes.
func (r *run) end(why error) error {
	r.relay.hangUp()
	r.child.stop()
	return why
}

// look checks the space and the connection once.
func (r *run) look() error {
	if r.tree != nil {
		if err := r.space.look(r); err != nil {
			return err
		}
	}
	s := r.display.now()
	l := r.relay.find(s.port)
	if s.port == 0 || l == nil {
		return nil
	}
	p := l.pulse()
	if r.early == nil && order[s.phase] >= order[backup.PhaseReceiving] {
		r.early = &p.spent
	}
	r.prog.bytes(r.moved(p), r.spent(p))
	if p.pending > 0 && unanswered(p, s) { // only then it decides
		used, known := r.child.worked()
		p.idle = r.rest.idle(time.Now(), used, known)
	} else {
		r.rest = rest{}
	}
	err := r.engine.opts.Deadlines.judge(p, s)
	if id, _ := cause.Of(err); id == cause.HostDiskFull {
		return cause.New(id, r.space.evidence(), err)
	}
	return err
}

// moved is how much of a transfer a connection has seen: a restore sends, all else
// receives.
func (r *run) moved(p pulse) int64 {
	if r.sends {
		return p.out
	}
	return p.in
}

// spent is where the time went since the phone began to send.
func (r *run) spent(p pulse) backup.Spent {
	if r.early == nil {
		return backup.Spent{}
	}
	return backup.Spent{Phone: p.spent.Phone - r.early.Phone, Link: p.spent.Link - r.early.Link, Disk: p.spent.Disk - r.early.Disk}
}

// judge decides whether a silence is too long. The tool that was hung up on ends
// by itself, if it notices; when it has the phone's result, it still has to tell
// the phone goodbye over other connections.
func (d Deadlines) judge(p pulse, s said) error {
	resulted := s.code != 0 || s.phase == backup.PhaseFinishing
	switch {
	case resulted && p.quiet > d.Stall:
		return cause.New(cause.ProtocolError, cause.Evidence{"who": "idevicebackup2"}, lastWords(s, "the tool does not end"))
	case resulted:
		return nil
	case p.lost > d.Exit:
		return cause.New(cause.DeviceDisconnected, nil, errors.New("the phone has hung up, and the tool has not noticed"))
	case p.lost > 0 || s.phase == "" || order[s.phase] < order[backup.PhaseWaiting]:
		return nil
	case p.stuck > d.Stall:
		return stalled(p.stuck, s, "taken by the phone")
	case p.pending > 0 && unanswered(p, s) && (p.quiet > d.Stall || min(p.quiet, p.idle) > d.Answer):
		return cause.New(cause.HostDiskFull, nil, lastWords(s,
			"the phone asked for something that this tool does not answer, most likely for more free space"))
	case p.pending > 0 && p.quiet > d.Stall:
		return stalled(p.quiet, s, "inside a file")
	case s.phase == backup.PhaseWaiting && p.quiet > d.FirstMessage:
		return stalled(p.quiet, s, "before the first message")
	case p.quiet > d.Message:
		return stalled(p.quiet, s, "between two messages")
	}
	return nil
}

// smallMessage is longer than any message that asks for something without
// carrying a list or a file, TLS included.
const smallMessage = 400

// unanswered tells a message that the tool does not know from a silence inside a
// body: it is short, and the phone asks for room before it sends anything.
func unanswered(p pulse, s said) bool { return p.pending < smallMessage && !s.bodies }

func stalled(quiet time.Duration, s said, where string) error {
	return cause.New(cause.TransferStalled, cause.Evidence{"waitedFor": cause.Seconds(quiet.Seconds())},
		lastWords(s, "no byte for %v %s", quiet.Round(time.Second), where))
}
