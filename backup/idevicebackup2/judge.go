package idevicebackup2

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"homeport/backup"
	"homeport/cause"
)

// judge decides how the tool's run ended. verdict is why it was stopped, nil when
// the tool ended by itself.
func (r *run) judge(verdict error) (said, pulse, error) {
	s := r.display.finish()
	p, linked := r.lastPulse(s)
	return s, p, withLines(r.verdict(verdict, s, p, linked), s)
}

// withLines adds the tool's last lines to an error that says no more than that something
// was not understood.
func withLines(err error, s said) error {
	if err == nil || len(s.tail) == 0 {
		return err
	}
	e := cause.From(err)
	if e.ID != cause.Unknown && e.ID != cause.ProtocolError {
		return err
	}
	ev := cause.Evidence{"layer": "idevicebackup2", "steps": s.tail}
	maps.Copy(ev, e.Evidence)
	return cause.New(e.ID, ev, err)
}

func (r *run) verdict(verdict error, s said, p pulse, linked bool) error {
	switch {
	case r.ctx.Err() != nil:
		return stopCause(r.ctx)
	case verdict != nil:
		return verdict
	case r.broke() != nil:
		return r.broke()
	case beyondLimit(r.child.status()):
		return cause.New(cause.DestinationFileLimit, nil, lastWords(s, "the tool wrote a file longer than it may, and was ended (%v)", r.child.status()))
	case linked && p.torn:
		return cause.New(cause.TransferStalled, nil, lastWords(s, "the phone was silent inside a file, longer than the tool can follow"))
	case s.complaint != nil && s.complaint.spoils && !s.complaint.link:
		// Before the phone's code, which is only its answer to this.
		return r.complained(s, p)
	case s.code != 0:
		return r.phoneCause(s)
	case s.complaint != nil:
		return r.complained(s, p)
	case !s.success:
		return r.unexplained(s, p)
	case r.child.status() != nil:
		return cause.New(cause.ProtocolError, cause.Evidence{"who": "idevicebackup2"},
			fmt.Errorf("the tool called it successful and ended with: %w", r.child.status()))
	}
	return nil
}

// broke is a panic of ours that the run has met, nil without one. It is asked when the tool
// has ended.
func (r *run) broke() error {
	if r.child.misread != nil {
		return r.child.misread
	}
	r.relay.mu.Lock()
	defer r.relay.mu.Unlock()
	return r.relay.broke
}

// lastPulse is the last state of the backup connection.
func (r *run) lastPulse(s said) (pulse, bool) {
	l := r.relay.find(s.port)
	if s.port == 0 || l == nil {
		return pulse{}, false
	}
	p := l.pulse()
	r.prog.bytes(r.moved(p), r.spent(p))
	return p, true
}

// complained turns the tool's own complaint into an error. Where the connection
// just broke, the complaint is only an effect.
func (r *run) complained(s said, p pulse) error {
	c := *s.complaint
	err := error(fmt.Errorf("the tool says: %s", c.text))
	if c.link {
		if why := r.relay.lastRefused(); why != nil {
			return cause.New(cause.MuxServiceNotRunning, nil, errors.Join(err, why))
		}
		if p.lost > 0 && !(c.old && partedFirst(p)) {
			return cause.New(cause.DeviceDisconnected, nil, err)
		}
	}
	if c.id == cause.BackupServiceRefused {
		if why := r.askService(); why != nil {
			return fmt.Errorf("%w; asked again: %w", err, why)
		}
	}
	if c.old {
		err = errors.Join(err, ErrTooOld)
	}
	ev := cause.Evidence{"text": c.text}
	if c.id == cause.HostSoftwareTooOld {
		r.tooOld(ev)
	}
	if c.id == cause.ProtocolError {
		ev["who"] = "idevicebackup2"
	}
	return cause.New(c.id, ev, err)
}

// tooOld says which program is older than which iOS.
func (r *run) tooOld(ev cause.Evidence) {
	ev["program"] = "idevicebackup2 " + r.tool.Version
	values, _ := r.job.Phone.Values(r.ctx, "")
	if ios, ok := values["ProductVersion"].(string); ok {
		ev["iosVersion"] = ios
	}
}

// partedFirst reports whether the phone hung up because the tool did: the last
// thing that was sent is a short one, as the goodbye of TLS is.
func partedFirst(p pulse) bool { return p.last > 0 && p.last <= 64 }

// serviceBackup is the service that the tool backs up through.
const serviceBackup = "com.apple.mobilebackup2"

// askService opens the backup service once more and answers why that fails: 1.3 of
// the tool says no more than that it did.
func (r *run) askService() error {
	conn, err := r.job.Phone.Open(r.ctx, serviceBackup)
	if err != nil {
		return err
	}
	_ = conn.Close()
	return nil
}

// unexplained is a run that ended without a word of why.
func (r *run) unexplained(s said, p pulse) error {
	switch {
	case p.lost > 0:
		return cause.New(cause.DeviceDisconnected, nil, lastWords(s, "the connection to the phone has ended"))
	case r.relay.lastRefused() != nil:
		return cause.New(cause.MuxServiceNotRunning, nil, r.relay.lastRefused())
	}
	return cause.New(cause.ProtocolError, cause.Evidence{"who": "idevicebackup2"},
		lastWords(s, "the tool ended without a result (%v)", r.child.status()))
}

// phoneCause is the cause of the phone's final ErrorCode. The catalogue knows the
// codes; what depends on the request is decided by refused.
func (r *run) phoneCause(s said) error {
	err := errors.New("the phone ended with: " + backup.PhoneSaid(int64(s.code), s.codeText))
	ev := cause.Evidence{"code": s.code, "text": s.codeText}
	if n := r.prog.now().Bytes; n > 0 {
		ev["received"] = cause.Bytes(n)
	}
	if byUser(s.codeText) {
		id := cause.DeviceCancelled
		if !s.bodies {
			id = cause.PasscodePromptCancelled
		}
		return cause.New(id, ev, err)
	}
	if s.code == 208 {
		return r.prompt.locked(ev, err, r.prog.silence())
	}
	if id, ok := r.refused(r, s, ev); ok {
		return cause.New(id, ev, err)
	}
	for _, id := range cause.ForCode("MBErrorDomain/" + strconv.Itoa(s.code)) {
		if id != cause.ICloudStorageFull { // it is only of backups to iCloud
			return cause.New(id, ev, err)
		}
	}
	return cause.New(cause.Unknown, ev, err)
}

// backupCauses are the codes whose cause a backup decides by what it can measure.
func backupCauses(r *run, s said, ev cause.Evidence) (cause.ID, bool) {
	switch s.code {
	case 105:
		return r.spaceCause(s, ev), true
	case 203:
		r.tooOld(ev)
		return cause.HostSoftwareTooOld, true
	}
	ended := backup.LookAt(r.ctx, r.job.Phone, int64(s.code), r.before.whole() && !r.job.Full)
	id, ok := ended.Cause()
	ended.Note(id, ev)
	return id, ok
}

// byUser reports whether the phone says that its owner has ended it, which it does
// under more than one code.
func byUser(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "canceled by user") || strings.Contains(text, "cancelled by user")
}

// spaceCause decides what "not enough space" means. With more free space than the
// phone can possibly send, it was told something else, or counts otherwise.
func (r *run) spaceCause(s said, ev cause.Evidence) cause.ID {
	maps.Copy(ev, r.space.evidence())
	if used := r.used(); used > 0 && r.space.least > used+extra {
		return cause.HostSpaceMisreported
	}
	if !s.bodies {
		return cause.HostDiskFull // the phone knows its size, and did not even begin
	}
	return cause.HostDiskFullDuring
}

// extra is what a phone wants free beyond what it sends, when it asks for room.
const extra = 2 << 30

// used is how much the phone holds, by what it tells of its disk; 0 when it tells
// nothing.
func (r *run) used() int64 {
	values, err := r.job.Phone.Values(r.ctx, "com.apple.disk_usage")
	if err != nil {
		return 0
	}
	return asInt(values["TotalDataCapacity"]) - asInt(values["TotalDataAvailable"])
}

// asInt reads an integer of a property list; anything else is 0.
func asInt(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case uint64:
		return int64(min(n, 1<<62))
	}
	return 0
}

// proven holds what is on the disk against the claim that all is well.
func (r *run) proven(s said, p pulse) (backup.Result, error) {
	after := look(r.tree, r.home)
	if err := after.finished(r.before); err != nil {
		return backup.Result{}, cause.New(cause.ProtocolError, cause.Evidence{"who": "idevicebackup2", "text": err.Error()}, err)
	}
	return backup.Result{
		Engine: "libimobiledevice", Full: after.status.IsFullBackup || r.job.Full || !r.before.whole(), Encrypted: s.encrypted,
		Files: s.files, Bytes: p.in, Odd: s.odd,
	}, nil
}
