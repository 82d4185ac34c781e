package agent

import (
	"context"
	"errors"
	"iter"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// PhaseChecking is the phase of a restore in which the version is read and held
// against its seal, before the phone is asked for anything.
const PhaseChecking backup.Phase = "checking"

// holdReason is why a version is pinned while it is restored.
const holdReason = "restore"

// RestoreRequest is what a person asks of a restore.
type RestoreRequest struct {
	Store   *store.Store
	Version store.Version // of Store; of whichever phone
	Options backup.RestoreOptions
	NoWait  bool // what needs the person at the phone is a failure

	// Passwords yields passwords for an encrypted version until one opens it.
	Passwords func(context.Context, RestorePlan) iter.Seq2[string, error]
	// Confirm is shown what is about to happen; an error of it ends the restore
	// before anything was asked of the phone.
	Confirm func(context.Context, RestorePlan) error
}

// RestoreDone is a finished restore.
type RestoreDone struct {
	Version store.VersionID `json:"version"`
	From    string          `json:"from"` // the UDID of the phone that was backed up
	Files   int             `json:"files"`
	Bytes   int64           `json:"bytes"`
	Engine  string          `json:"engine"`
	Seconds float64         `json:"seconds"` // from the request on
	Odd     []string        `json:"odd,omitempty"`
}

// RestoreOutcome is how a restore went.
type RestoreOutcome struct {
	Phone    Phone
	Findings []preflight.Finding
	Done     *RestoreDone
	// Begun says that the phone had begun to read the version: after an error it may
	// hold old and new side by side.
	Begun bool
	Err   error // nil: restored
}

// Restore puts a version onto the phone behind a link. In this order: the version
// is held, so that nothing removes it; the phone is checked, waiting for what a
// person can do; the password is tried on the version; the person confirms; every
// byte of the version is proven; the phone is checked once more; and only then it
// gets the request. Progress is told with PhaseChecking, and then with the
// engine's phases. Nothing in the version is changed, whatever happens.
func (a *Agent) Restore(ctx context.Context, w Watcher, l usbmux.Link, r RestoreRequest) RestoreOutcome {
	var out RestoreOutcome
	out.Err = a.attend(ctx, w, l, r.NoWait, func(ctx context.Context, v *visit) error {
		err := v.restore(ctx, r, &out)
		out.Phone, out.Findings = v.phone.seen(), v.findings
		return err
	})
	return out
}

// restore is one restore, from the hold to its release.
func (v *visit) restore(ctx context.Context, r RestoreRequest, out *RestoreOutcome) (err error) {
	if !r.Version.Sound() {
		return cause.New(cause.VersionDamaged, cause.Evidence{"version": string(r.Version.ID), "reason": r.Version.Damage},
			errors.New("restore "+string(r.Version.ID)+": "+r.Version.Damage))
	}
	hold, err := r.Store.Hold(ctx, r.Version, holdReason)
	if err != nil {
		return err
	}
	defer func() { err = released(hold.Release(), err, out) }()
	folder, err := mobilesync.Open(r.Version.Path, hold.Source())
	if err != nil {
		return unfit(r.Version, err)
	}
	defer folder.Close()
	plan, err := planRestore(r.Version, hold.Source(), folder, r.Options)
	if err != nil {
		return err
	}
	plan.Phone, plan.SamePhone = v.phone.seen(), usbmux.SameUDID(hold.Source(), v.phone.udid)
	s := &restoring{visit: v, req: r, plan: plan, hold: hold, folder: folder, out: out}
	return s.run(ctx)
}

// released joins what came of letting the version go with how the restore went. A
// restore that succeeded has succeeded, whatever a pin does.
func released(pin, err error, out *RestoreOutcome) error {
	if pin != nil && err == nil && out.Done != nil {
		out.Done.Odd = append(out.Done.Odd, "the version stays pinned: "+pin.Error())
		return nil
	}
	return errors.Join(err, pin)
}

// restoring is a restore whose version is held.
type restoring struct {
	visit  *visit
	req    RestoreRequest
	plan   RestorePlan
	hold   *store.Hold
	folder *mobilesync.Folder
	out    *RestoreOutcome

	password backup.Secret
	keys     *mobilesync.Keys // of an encrypted version
	meter    meter
	last     backup.Progress
}

// manifests is how many files a phone reads before it decides whether it takes a
// backup: Status.plist, the two manifests and Info.plist.
const manifests = 4

func (s *restoring) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.ready, s.unlock, s.confirm, s.prove, s.ready, s.send} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ready checks the phone. It comes twice: proving a large version takes long enough
// for a phone to lock itself or be unplugged.
func (s *restoring) ready(ctx context.Context) error {
	return s.visit.pass(ctx, func(ctx context.Context) []preflight.Check {
		return s.visit.restoreChecks(ctx, s.visit.agent.opts.Config(), s.plan)
	})
}

func (s *restoring) confirm(ctx context.Context) error {
	if s.req.Confirm == nil {
		return nil
	}
	return s.req.Confirm(ctx, s.plan)
}

// unlock finds the password that opens an encrypted version, so that the phone is
// not asked with a wrong one.
func (s *restoring) unlock(ctx context.Context) error {
	if !s.plan.Version.Encrypted {
		return nil
	}
	last := error(cause.New(cause.BackupPasswordUnknown, cause.Evidence{"version": string(s.plan.Version.ID)},
		errors.New("restore an encrypted version: no password")))
	if s.req.Passwords == nil {
		return last
	}
	for password, err := range s.req.Passwords(ctx, s.plan) {
		if err != nil {
			return err
		}
		if s.keys, err = s.folder.Unlock(ctx, password, s.deriving); err == nil {
			s.password = backup.Secret(password)
			_ = s.req.Store.MarkOpened(s.req.Version) // a store that cannot be written to is good enough to restore from
			return nil
		}
		if id, _ := cause.Of(err); id != cause.BackupPasswordUnknown {
			return unfit(s.req.Version, err)
		}
		last = err
	}
	return last
}

func (s *restoring) deriving(done, total int) { s.tell(PhaseChecking, int64(done), int64(total), 0) }

// prove reads every byte of the version against its seal. An encrypted one that was
// never opened is decrypted as well: until then nobody has held its bodies against
// the phone's list.
func (s *restoring) prove(ctx context.Context) error {
	s.meter = meter{}
	v := s.req.Version
	progress := func(done, total int64) { s.tell(PhaseChecking, done, total, done) }
	var report store.Report
	var err error
	if v.Encrypted && v.Proof != backup.ProofUnlocked {
		report, err = s.req.Store.VerifyUnlocked(ctx, v, s.keys, progress)
	} else {
		report, err = s.req.Store.Verify(ctx, v, store.Full, progress)
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	if !report.OK {
		return cause.New(cause.VersionDamaged, cause.Evidence{"version": string(report.ID), "files": len(report.Damage)},
			errors.New("restore "+string(report.ID)+": it is damaged"))
	}
	return nil
}

// tell tells progress of the computer's own work.
func (s *restoring) tell(p backup.Phase, done, total, bytes int64) {
	percent := 0.0
	if total > 0 {
		percent = 100 * float64(done) / float64(total)
	}
	s.meter.add(time.Now(), bytes, percent)
	s.progress(backup.Progress{Phase: p, Percent: percent, Bytes: bytes})
}

func (s *restoring) progress(p backup.Progress) {
	s.visit.tell(Event{Kind: Progress, Run: string(s.plan.Version.ID), Progress: &RunProgress{
		Phase: p.Phase, Percent: p.Percent, Bytes: p.Bytes, Files: p.Files, Speed: s.meter.rate(), Left: s.meter.left().Seconds(),
	}})
}

// send has the engine restore.
func (s *restoring) send(ctx context.Context) error {
	s.meter = meter{}
	begun := time.Now()
	result, err := s.visit.agent.opts.Restorer.Restore(ctx, backup.RestoreJob{
		UDID: s.visit.phone.udid, Source: s.hold.Source(), Dir: s.req.Version.Path, Sum: s.hold.Sum,
		Options: s.req.Options, Password: s.password, Phone: s.visit.handset,
	}, s.report)
	if err != nil {
		return s.cut(s.visit.explain(ctx, err, begun))
	}
	s.out.Done = &RestoreDone{
		Version: s.req.Version.ID, From: s.hold.Source(), Files: result.Files, Bytes: result.Bytes,
		Engine: result.Engine, Seconds: time.Since(begun).Seconds(), Odd: result.Odd,
	}
	return nil
}

// report turns the engine's progress into events.
func (s *restoring) report(p backup.Progress) {
	if p.Phase != s.last.Phase {
		s.visit.askPasscode(p.Phase)
	}
	s.last = p
	s.out.Begun = s.out.Begun || p.Phase == backup.PhaseSending
	s.meter.add(time.Now(), p.Bytes, p.Percent)
	s.progress(p)
}

// cut words an error of the engine. What broke a restore in the middle matters less
// to the person than that it was in the middle.
func (s *restoring) cut(err error) error {
	id, _ := cause.Of(err)
	switch id {
	case cause.BackupNewerThanPhone, cause.BackupRefusedByPhone, cause.BackupPasswordUnknown, cause.BackupBlockedByRestriction,
		cause.FindMyOn, cause.SetupNotFinished, cause.ICloudRestoreRunning, cause.RestoreNoRoom,
		cause.PasscodePromptUnanswered, cause.PasscodePromptCancelled:
		s.out.Begun = s.out.Begun && s.last.Files > manifests
		return err
	case cause.VersionDamaged, cause.DeviceHostile, cause.DeviceIdentityMismatch:
		return err
	}
	if !s.out.Begun {
		return err
	}
	ev := cause.Evidence{"reason": string(id)}
	if n, known := cause.From(err).Evidence["percent"]; known {
		ev["percent"] = n
	}
	return cause.New(cause.RestoreInterrupted, ev, err)
}
