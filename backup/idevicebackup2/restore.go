package idevicebackup2

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"homeport/backup"
	"homeport/cause"
)

// Restore puts a published version onto the phone. See agent.Restorer for what it
// promises. The tool reads the files itself: what it sends is held against
// job.Sum by nobody, so that the caller's proof of the version has to be fresh.
func (e *Engine) Restore(ctx context.Context, job backup.RestoreJob, report func(backup.Progress)) (backup.RestoreResult, error) {
	dir, err := filepath.Abs(job.Dir)
	switch {
	case err != nil:
		return backup.RestoreResult{}, err
	case !isName(job.UDID):
		return backup.RestoreResult{}, notAName(job.UDID)
	case !isName(job.Source):
		return backup.RestoreResult{}, errors.New("restore: the source is not a folder of a phone: " + clip(job.Source))
	case job.Password != "" && !CanType(job.Password):
		return backup.RestoreResult{}, fmt.Errorf("restore: %w", errCannotType)
	}
	tool, err := Find(ctx, e.opts.Path)
	if err != nil {
		return backup.RestoreResult{}, err
	}
	r := e.newRun(ctx, tool, backup.Job{UDID: job.UDID, Phone: job.Phone}, report)
	r.sends, r.refused = true, restoreCauses
	defer r.close()
	args, typed := restoreArgs(job, dir)
	s, p, err := r.tell(args, typed)
	if err != nil {
		return backup.RestoreResult{}, err
	}
	return backup.RestoreResult{Engine: "libimobiledevice", Files: s.sent, Bytes: p.out, Odd: s.odd}, nil
}

// restoreArgs are the tool's arguments and what it will ask for. The version stays
// as it is: the phone is not asked to have a copy of it made beside it.
func restoreArgs(job backup.RestoreJob, dir string) (args []string, typed []backup.Secret) {
	args = []string{"-s", job.Source}
	if job.Password != "" {
		args, typed = append(args, "-i"), []backup.Secret{job.Password}
	}
	o := job.Options
	for _, option := range []struct {
		on   bool
		name string
	}{{o.SystemFiles, "--system"}, {o.Settings, "--settings"}, {o.RemoveOthers, "--remove"}, {o.NoReboot, "--no-reboot"}} {
		if option.on {
			args = append(args, option.name)
		}
	}
	return append(args, "restore", dir), typed
}

// restoreCauses are the codes whose cause is another than that of a backup.
func restoreCauses(_ *run, s said, _ cause.Evidence) (cause.ID, bool) {
	switch s.code {
	case 22:
		return cause.BackupBlockedByRestriction, true
	case 102, 105, 106:
		return cause.RestoreNoRoom, true
	case 203:
		return cause.BackupNewerThanPhone, true
	case 204, 205, 209:
		return cause.BackupRefusedByPhone, true
	}
	return "", false
}
