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

// Restore puts a published version onto the phone. The phone drives: it reads the
// manifests, then every body that it wants. See agent.Restorer for what it
// promises.
func (e *Engine) Restore(ctx context.Context, job backup.RestoreJob, report func(backup.Progress)) (backup.RestoreResult, error) {
	source, err := tree.Parse(job.Source)
	if err != nil || source.String() != job.Source || !source.Parent().IsRoot() || job.Sum == nil {
		return backup.RestoreResult{}, errors.Join(errors.New("restore: the source is not a sealed folder: "+clip(job.Source)), err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t, err := tree.Open(job.Dir, tree.WithFS(e.opts.FS))
	if err != nil {
		return backup.RestoreResult{}, hostCause(err, nil)
	}
	defer t.Close()
	r := &run{
		engine: e, ctx: ctx, cancel: cancel, job: backup.Job{UDID: job.UDID, Phone: job.Phone}, prog: newProgress(report),
	}
	defer r.close()
	return r.restore(&restoring{job: job, served: served{home: source}, folder: t})
}

func (r *run) restore(s *restoring) (backup.RestoreResult, error) {
	l, files, err := r.prepare()
	if err != nil {
		return backup.RestoreResult{}, err
	}
	s.talk = r.newTalk(l, backup.PhaseSending)
	s.secrets = []backup.Secret{s.job.Password}
	s.open = s.openSealed
	takeBack, err := s.announceApps(r.ctx, files)
	if err != nil {
		return backup.RestoreResult{}, err
	}
	r.prog.phase(backup.PhaseWaiting)
	if err := l.send("DLMessageProcessMessage", restoreRequest(s.job)); err != nil {
		return backup.RestoreResult{}, s.linkError(err)
	}
	reminder := time.AfterFunc(time.Minute, r.prog.again)
	defer reminder.Stop()
	if err := s.converse(s.answer, s.refused); err != nil {
		r.bounded(func() { _ = files.Close() }, takeBack)
		return backup.RestoreResult{}, r.watch.explain(err, s.silent)
	}
	r.prog.phase(backup.PhaseFinishing)
	l.goodbye() // the phone may be on its way down already
	r.good = true
	p := r.prog.now()
	return backup.RestoreResult{Engine: "native", Files: p.Files, Bytes: p.Bytes, Odd: s.odd}, nil
}

// restoreRequest spells every option out, so that no default of an iOS version
// decides.
func restoreRequest(job backup.RestoreJob) map[string]any {
	o := job.Options
	opts := map[string]any{
		"RestoreSystemFiles":      o.SystemFiles,
		"RestorePreserveSettings": !o.Settings,
		"RemoveItemsNotRestored":  o.RemoveOthers,
		"RestoreShouldReboot":     !o.NoReboot,
		// The version is sealed: nothing is copied or written beside it.
		"RestoreDontCopyBackup": true,
	}
	if job.Password != "" {
		opts["Password"] = string(job.Password)
	}
	return map[string]any{
		"MessageName": "Restore", "TargetIdentifier": job.UDID, "SourceIdentifier": job.Source, "Options": opts,
	}
}

// restoring is one Restore request. Its folder is a published version, of which
// it knows no more than how to read.
type restoring struct {
	served
	job     backup.RestoreJob
	folder  readable
	drained int64 // bytes that the phone sent for nowhere
}

// readable is what a restore may do with a folder.
type readable interface {
	OpenRead(tree.Rel) (tree.File, int64, error)
	List(tree.Rel) ([]tree.Entry, error)
}

// answer does what one message asks and replies to it. Whatever would change the
// version is refused.
func (s *restoring) answer(m message) error {
	switch m.name {
	case "DLMessageDownloadFiles":
		return s.download(m)
	case "DLContentsOfDirectory", "DLMessageContentsOfDirectory":
		return s.contents(m)
	case "DLMessageGetFreeDiskSpace":
		// A phone takes a refusal for "enough", and goes on.
		return s.link.status(codeFailed, textForbidden, nil)
	case "DLMessagePurgeDiskSpace":
		return s.link.status(codeFailed, textUnknown, nil)
	case "DLMessageUploadFiles":
		if err := s.drop(); err != nil {
			return err
		}
		return s.forbid(m)
	case "DLMessageCreateDirectory", "DLMessageCopyItem", "DLMessageMoveFiles", "DLMessageMoveItems",
		"DLMessageRemoveFiles", "DLMessageRemoveItems":
		return s.forbid(m)
	}
	if done, err := s.aside(m); done {
		return err
	}
	return s.unknown(m)
}

// forbid refuses to change the version.
func (s *restoring) forbid(m message) error {
	s.offence(fmt.Errorf("%s during a restore", m.name))
	return s.link.status(codeFailed, textForbidden, nil)
}

// contents lists what is sealed in a folder, and the folders in it.
func (s *restoring) contents(m message) error {
	path, ok := m.text(1)
	if !ok {
		return s.malformed(m)
	}
	frame, err := s.list(path)
	if err != nil {
		s.trouble(err)
		code, text := statusOf(err)
		return s.link.status(code, text, nil)
	}
	return s.link.write(frame)
}

func (s *restoring) list(path string) ([]byte, error) {
	rel, err := s.resolve(path)
	if err != nil {
		return nil, err
	}
	entries, err := s.folder.List(rel)
	if err != nil {
		return nil, err
	}
	shown := entries[:0]
	for _, e := range entries {
		sub, err := rel.Join(e.Name)
		if err != nil {
			continue
		}
		if _, sealed := s.job.Sum(sub); sealed && e.Mode.IsRegular() || e.Dir {
			shown = append(shown, e)
		}
	}
	return listing(shown)
}

// drop reads a file stream to its end and keeps nothing of it: the phone does not
// look at us before.
func (s *restoring) drop() error {
	for {
		n, err := s.link.uint32()
		if err != nil || n == 0 {
			return err
		}
		if err := s.dropName(n); err != nil {
			return err
		}
		if n, err = s.link.uint32(); err != nil {
			return err
		}
		if err := s.dropName(n); err != nil {
			return err
		}
		if err := s.dropBlocks(); err != nil {
			return err
		}
	}
}

func (s *restoring) dropName(n uint32) error {
	if n == 0 || n > maxName {
		return protocolError("file name of %d bytes", n)
	}
	return s.discard(int64(n))
}

func (s *restoring) dropBlocks() error {
	for {
		n, err := s.link.uint32()
		if err != nil {
			return err
		}
		if n == 0 {
			return protocolError("block without a code")
		}
		code, err := s.link.in.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		if err := s.discard(int64(n) - 1); err != nil || code != blockData {
			return err
		}
	}
}

func (s *restoring) discard(n int64) error {
	if s.drained += n; s.drained > maxDrain {
		return cause.New(cause.DeviceHostile, nil, fmt.Errorf("more than %d bytes sent during a restore", int64(maxDrain)))
	}
	return s.link.discard(n)
}

// restoreErrors maps the codes whose cause is another than that of a backup.
var restoreErrors = map[int64]cause.ID{
	22:  cause.BackupBlockedByRestriction,
	102: cause.RestoreNoRoom,
	105: cause.RestoreNoRoom,
	106: cause.RestoreNoRoom,
	203: cause.BackupNewerThanPhone,
	204: cause.BackupRefusedByPhone,
	205: cause.BackupRefusedByPhone,
	209: cause.BackupRefusedByPhone,
}

// refused is the cause of a final Response that is not 0.
func (s *restoring) refused(r response) error {
	err := errors.New("the phone ended the restore: " + backup.PhoneSaid(r.code, r.text))
	ev := s.reached()
	ev["code"], ev["text"] = r.code, r.text
	id, known := restoreErrors[r.code]
	if !known {
		id, known = mbErrors[r.code]
	}
	switch {
	case byUser(r.text) && s.prog.now().Bytes == 0:
		id = cause.PasscodePromptCancelled
	case byUser(r.text):
		id = cause.DeviceCancelled
	case !known:
		id = cause.Unknown
	}
	return cause.New(id, ev, err)
}
