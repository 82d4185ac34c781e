package mobilebackup2

import (
	"errors"
	"strings"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
)

// session is one Backup request, from the request to the final Response. It runs
// on one goroutine; the sink's writer is the only other that touches the folder.
type session struct {
	served
	job   backup.Job
	tree  *tree.Tree
	space *budget
	books *ledger
	sink  *sink

	drained int64 // bytes read and dropped
	purge   int64 // bytes that the phone asked us to free

	gotStatus bool   // Status.plist arrived in this run
	hadBase   bool   // there was a backup to go on with
	wants     []byte // buffer for names
}

// run answers the phone until it has given the final Response.
func (s *session) run() error { return s.converse(s.answer, s.phoneCause) }

// phoneCause is the cause of a final Response that is not 0.
func (s *session) phoneCause(r response) error {
	err := errors.New("the phone ended the backup: " + backup.PhoneSaid(r.code, r.text))
	ev := s.reached()
	ev["code"], ev["text"] = r.code, r.text
	id, ok := mbErrors[r.code]
	ended := backup.LookAt(s.ctx, s.job.Phone, r.code, s.hadBase && !s.job.Full)
	switch {
	case byUser(r.text) && s.prog.now().Bytes == 0:
		id = cause.PasscodePromptCancelled
	case byUser(r.text):
		id = cause.DeviceCancelled
	case r.code == 105:
		return s.spaceCause(ev, err)
	case !ok:
		id = cause.Unknown
	default:
		if other, decided := ended.Cause(); decided {
			id = other
		}
	}
	ended.Note(id, ev)
	if id == cause.HostSoftwareTooOld {
		s.ownEngine(ev)
	}
	return cause.New(id, ev, err)
}

// ownEngine says that it is this engine that the phone finds too old.
func (s *session) ownEngine(ev cause.Evidence) {
	ev["program"], ev["ownEngine"] = "Homeport", true
	values, _ := s.job.Phone.Values(s.ctx, "")
	if ios, ok := values["ProductVersion"].(string); ok {
		ev["iosVersion"] = ios
	}
}

// byUser reports whether the phone says that its owner has ended it, which it does
// under more than one code.
func byUser(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "canceled by user") || strings.Contains(text, "cancelled by user")
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
		lack := max(s.purge-extra, 0)
		ev["need"], ev["short"] = cause.Bytes(free+lack), cause.Bytes(lack)
		if s.prog.now().Bytes == 0 {
			return cause.New(cause.HostDiskFull, ev, err) // the phone knows its size, and did not even begin
		}
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
	}
	if done, err := s.aside(m); done {
		return err
	}
	return s.unknown(m)
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
