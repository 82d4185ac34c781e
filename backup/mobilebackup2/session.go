package mobilebackup2

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
)

// session is one Backup request, from the request to the final Response. It runs
// on one goroutine; the sink's writer is the only other that touches the folder.
type session struct {
	ctx   context.Context
	times Deadlines
	job   backup.Job
	home  tree.Rel // <UDID>
	tree  *tree.Tree
	link  *link
	prog  *progress
	space *budget
	books *ledger
	sink  *sink

	first   bool      // no message has come yet
	own     error     // our own first failure; the backup cannot succeed any more
	giveUp  time.Time // when to stop waiting for the phone to notice it
	hostile int
	drained int64 // bytes read and dropped
	purge   int64 // bytes that the phone asked us to free

	gotStatus bool // Status.plist arrived in this run
	hadBase   bool // there was a backup to go on with
	odd       []string
	wants     []byte // buffer for names
	out       []byte // buffer for frames to the phone
}

// fail keeps the first error of our own. From then on bodies are drained, and
// the phone has a grace to end the request by itself.
func (s *session) fail(err error) {
	if s.own != nil {
		return
	}
	p := s.prog.now()
	s.own = hostCause(err, cause.Evidence{"received": cause.Bytes(p.Bytes)})
	s.giveUp = time.Now().Add(s.times.Grace)
}

// patience is how long to wait for the next message.
func (s *session) patience() time.Duration {
	wait := s.times.Message
	if s.first {
		wait = s.times.FirstMessage
	}
	if s.own != nil {
		wait = min(wait, max(time.Until(s.giveUp), time.Millisecond))
	}
	return wait
}

// run answers the phone until it has given the final Response.
func (s *session) run() (response, error) {
	for {
		m, err := s.link.message(s.patience())
		if err != nil {
			return response{}, s.linkError(err)
		}
		if s.first {
			s.first = false
			s.prog.phaseFrom(backup.PhaseReceiving, backup.PhaseWaiting, backup.PhasePasscode)
		}
		if m.name == "DLMessageProcessMessage" {
			return s.processMessage(m)
		}
		if err := s.answer(m); err != nil {
			return response{}, s.linkError(err)
		}
		if s.tooHostile() || s.own != nil && time.Now().After(s.giveUp) {
			return response{}, s.own
		}
	}
}

// linkError is what a broken conversation amounts to: what we did wrong before,
// or what broke it.
func (s *session) linkError(err error) error {
	if s.ctx.Err() != nil {
		return stopCause(s.ctx)
	}
	if s.own != nil {
		return s.own
	}
	ev := s.reached()
	wait := s.link.stall
	if s.first {
		wait = s.times.FirstMessage
	}
	ev["waitedFor"] = cause.Seconds(wait.Seconds())
	return linkCause(s.ctx, err, ev)
}

// reached is how far the run came. A phone says 0 % until it has sent the first
// batch, however long that takes, so 0 is not told.
func (s *session) reached() cause.Evidence {
	p := s.prog.now()
	ev := cause.Evidence{"received": cause.Bytes(p.Bytes)}
	if n := int(p.Percent); n > 0 {
		ev["percent"] = n
	}
	return ev
}

func (s *session) processMessage(m message) (response, error) {
	r, ok := m.response()
	if !ok || !r.hasCode {
		return response{}, protocolError("final answer without an error code")
	}
	if s.own != nil {
		return r, errors.Join(s.own, phoneSaid(r))
	}
	if r.code != 0 {
		return r, s.phoneCause(r)
	}
	return r, nil
}

// phoneSaid keeps the phone's own words beside ours.
func phoneSaid(r response) error {
	if r.code == 0 {
		return nil
	}
	return fmt.Errorf("the phone then ended with %d: %s", r.code, r.text)
}

// phoneCause is the cause of a final Response that is not 0.
func (s *session) phoneCause(r response) error {
	err := fmt.Errorf("the phone ended the backup: %d %s (MBErrorDomain/%d)", r.code, r.text, r.code)
	ev := cause.Evidence{"code": r.code, "text": r.text, "received": cause.Bytes(s.prog.now().Bytes)}
	id, ok := mbErrors[r.code]
	switch {
	case r.code == 105:
		return s.spaceCause(ev, err)
	case !ok:
		id = cause.DeviceInternalError
	}
	return cause.New(id, ev, err)
}

// spaceCause decides what "not enough space" means by the space that there is.
// The phone asks for its shortage and 2 GiB more.
func (s *session) spaceCause(ev cause.Evidence, err error) error {
	const extra = 2 << 30
	free, ferr := s.job.Free(s.ctx)
	if ferr != nil {
		return cause.New(cause.HostDiskFullDuring, ev, err)
	}
	ev["free"], ev["have"] = cause.Bytes(free), cause.Bytes(free)
	if s.purge > 0 {
		ev["need"] = cause.Bytes(free + max(s.purge-extra, 0))
		return cause.New(cause.HostDiskFullDuring, ev, err)
	}
	if free > extra {
		return cause.New(cause.HostSpaceMisreported, ev, err)
	}
	return cause.New(cause.HostDiskFullDuring, ev, err)
}

// answer does what one message asks and replies to it. Its error is one of the
// connection; everything else is told to the phone.
func (s *session) answer(m message) error {
	switch m.name {
	case "DLMessageDownloadFiles":
		return s.download(m)
	case "DLMessageUploadFiles":
		return s.upload(m)
	case "DLMessageGetFreeDiskSpace":
		return s.freeSpace()
	case "DLMessagePurgeDiskSpace":
		s.purge, _ = m.integer(1)
		// There is nothing of ours to free: old versions are the person's to give up.
		return s.link.status(codeFailed, textUnknown, nil)
	case "DLContentsOfDirectory", "DLMessageContentsOfDirectory":
		return s.contents(m)
	case "DLMessageCreateDirectory":
		return s.createDirectory(m)
	case "DLMessageMoveFiles", "DLMessageMoveItems":
		return s.move(m)
	case "DLMessageRemoveFiles", "DLMessageRemoveItems":
		return s.remove(m)
	case "DLMessageCopyItem":
		return s.copyItem(m)
	case "DLMessageDisconnect":
		text, _ := m.text(1)
		return cause.New(cause.DeviceDisconnected, s.reached(),
			fmt.Errorf("the phone ended the session without a result: %q", clip(text)))
	case "DLMessagePing":
		return s.link.status(codeOK, "", nil)
	}
	s.note("the phone sent a message that is not known: %q", clip(m.name))
	return s.link.status(codeFailed, textUnknown, nil)
}

// malformed answers a known message whose arguments make no sense.
func (s *session) malformed(m message) error {
	s.offence(fmt.Errorf("%s with wrong arguments", m.name))
	return s.link.status(codeFailed, "Invalid argument", nil)
}

// freeSpace tells what the run may still use. On an error the phone would go on
// as if there were enough, so the run ends by our own decision.
func (s *session) freeSpace() error {
	if err := s.space.ask(s.ctx); err != nil {
		s.fail(err)
		return s.link.status(codeIO, "Input/output error", nil)
	}
	return s.link.status(codeOK, "", s.space.left)
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
func (s *session) conclude(bad faults) error {
	switch {
	case s.own != nil:
		code, text := statusOf(s.own)
		return s.link.status(code, text, map[string]map[string]any(bad))
	case len(bad) > 0:
		return s.link.status(codeMulti, textMulti, map[string]map[string]any(bad))
	}
	return s.link.status(codeOK, "", nil)
}

// trouble notes what an error of the folder means for the run: an answer only,
// or its end.
func (s *session) trouble(err error) {
	if !isCalm(err) {
		s.fail(err)
	}
}
