package mobilebackup2

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// talk is the conversation about one request, from the request to the final
// Response: what a backup, a restore and a change of the password share. It runs
// on one goroutine.
type talk struct {
	ctx   context.Context
	times Deadlines
	link  *link
	prog  *progress
	busy  backup.Phase // what the phone does once it speaks

	secrets []backup.Secret // what the phone was told, and must not bring into our errors

	spoke   bool          // a message has come
	silent  time.Duration // from the request to the first message
	file    []byte        // the phone's name of the last file that it began to send
	own     error         // our own first failure; the request cannot succeed any more
	giveUp  time.Time     // when to stop waiting for the phone to notice it
	hostile int
	odd     []string
}

// newTalk is a conversation over l, in which the phone is busy once it has spoken.
func (r *run) newTalk(l *link, busy backup.Phase) talk {
	return talk{ctx: r.ctx, times: r.engine.opts.Deadlines, link: l, prog: r.prog, busy: busy}
}

// fail keeps the first error of our own. From then on nothing more is taken or
// given, and the phone has a grace to end the request by itself.
func (t *talk) fail(err error) {
	if t.own != nil {
		return
	}
	t.own = hostCause(err, cause.Evidence{"received": cause.Bytes(t.prog.now().Bytes)})
	t.giveUp = time.Now().Add(t.times.Grace)
}

// patience is how long to wait for the next message.
func (t *talk) patience() time.Duration {
	wait := t.times.Message
	if !t.spoke {
		wait = t.times.FirstMessage
	}
	if t.own != nil {
		wait = min(wait, max(time.Until(t.giveUp), time.Millisecond))
	}
	return wait
}

// converse answers the phone until it has given the final Response. refused says
// what a Response with an error means.
func (t *talk) converse(answer func(message) error, refused func(response) error) error {
	return t.link.withSteps(t.talkOn(answer, refused))
}

func (t *talk) talkOn(answer func(message) error, refused func(response) error) error {
	asked := time.Now()
	for {
		m, err := t.link.message(t.patience())
		if err != nil {
			return t.linkError(err)
		}
		if !t.spoke {
			t.spoke, t.silent = true, time.Since(asked)
			t.link.timed.phone, t.link.timed.link = 0, 0 // from here on it counts
			t.prog.phaseFrom(t.busy, backup.PhaseWaiting, backup.PhasePasscode)
		}
		if m.name == "DLMessageProcessMessage" {
			return t.result(m, refused)
		}
		if err := answer(m); err != nil {
			return t.linkError(err)
		}
		if t.tooHostile() || t.own != nil && time.Now().After(t.giveUp) {
			return t.own
		}
	}
}

// linkError is what a broken conversation amounts to: what we did wrong before,
// or what broke it.
func (t *talk) linkError(err error) error {
	if t.ctx.Err() != nil {
		return stopCause(t.ctx)
	}
	if t.own != nil {
		return t.own
	}
	ev := t.reached()
	wait := t.link.stall
	if !t.spoke {
		wait = t.times.FirstMessage
	}
	ev["waitedFor"] = cause.Seconds(wait.Seconds())
	return linkCause(t.ctx, err, ev)
}

// reached is how far the run came. A phone says 0 % until it has sent the first
// batch, however long that takes, so 0 is not told.
func (t *talk) reached() cause.Evidence {
	p := t.prog.now()
	ev := cause.Evidence{"received": cause.Bytes(p.Bytes)}
	if n := int(p.Percent); n > 0 {
		ev["percent"] = n
	}
	if len(t.file) > 0 {
		ev["lastFile"] = t.scrub(clip(string(t.file)))
	}
	return ev
}

// result reads the final Response. Our own failure comes before the phone's word.
func (t *talk) result(m message, refused func(response) error) error {
	r, ok := m.response()
	r.text = t.scrub(r.text)
	switch {
	case !ok || !r.hasCode:
		return protocolError("final answer without an error code")
	case t.own != nil:
		return errors.Join(t.own, phoneSaid(r))
	case r.code != 0:
		return refused(r)
	}
	return nil
}

// phoneSaid keeps the phone's own words beside ours.
func phoneSaid(r response) error {
	if r.code == 0 {
		return nil
	}
	return errors.New("the phone then ended with: " + backup.PhoneSaid(r.code, r.text))
}

// aside answers the messages that have the same answer whatever was asked for.
// done says that the conversation goes on.
func (t *talk) aside(m message) (done bool, err error) {
	switch m.name {
	case "DLMessageDisconnect":
		text, _ := m.text(1)
		return true, cause.New(cause.DeviceDisconnected, t.reached(),
			fmt.Errorf("the phone ended the session without a result: %q", t.scrub(clip(text))))
	case "DLMessagePing":
		return true, t.link.status(codeOK, "", nil)
	}
	return false, nil
}

// scrub takes passwords out of a text of the phone's: it knows them, and could
// write them into our log.
func (t *talk) scrub(text string) string {
	for _, secret := range t.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, string(secret), secret.String())
		}
	}
	return text
}

// unknown answers a message that is not known: silence would hang both sides.
func (t *talk) unknown(m message) error {
	t.note("the phone sent a message that is not known: %q", t.scrub(clip(m.name)))
	return t.link.status(codeFailed, textUnknown, nil)
}

// malformed answers a known message whose arguments make no sense.
func (t *talk) malformed(m message) error {
	t.offence(fmt.Errorf("%s with wrong arguments", m.name))
	return t.link.status(codeFailed, "Invalid argument", nil)
}

// faults gathers what failed in a message about many files, for its answer.
type faults map[string]map[string]any

// maxFaults bounds one answer.
const maxFaults = 4096

func (f faults) add(path string, err error) {
	if len(f) >= maxFaults {
		return
	}
	code, text := statusOf(err)
	f[path] = map[string]any{"DLFileErrorString": text, "DLFileErrorCode": int64(code)}
}

// conclude answers a message about many files. Our own failure comes first: it
// is what the phone has to know.
func (t *talk) conclude(bad faults) error {
	switch {
	case t.own != nil:
		code, text := statusOf(t.own)
		return t.link.status(code, text, map[string]map[string]any(bad))
	case len(bad) > 0:
		return t.link.status(codeMulti, textMulti, map[string]map[string]any(bad))
	}
	return t.link.status(codeOK, "", nil)
}

// trouble notes what an error of the folder means for the run: an answer only,
// or its end.
func (t *talk) trouble(err error) {
	if !isCalm(err) {
		t.fail(err)
	}
}
