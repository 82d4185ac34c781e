package agent

import (
	"context"
	"errors"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/backup/tree"
	"homeport/cause"
	"homeport/configs"
)

// run is one backup: stage, engine, publish.
type run struct {
	visit    *visit
	cfg      configs.PhoneConfig
	store    *store.Store
	stage    *store.Stage
	claims   *claims
	begun    time.Time
	meter    meter
	phase    backup.Phase
	watch    *stopwatch
	coach    *coach
	usual    usual // of this phone's earlier runs
	toldSlow bool
	last     backup.Progress
	halt     context.CancelCauseFunc // ends the run
	drive    *driveWatch
	need     int64 // bytes expected, before the phone tells how far it is
}

// publishGrace is how long a finished backup may still be published after the
// agent was asked to stop: throwing away what the phone has just sent would cost
// the person more than the wait.
const publishGrace = 2 * time.Minute

// run makes one backup of the phone into its store. What a failed one leaves to
// do is left to v.aside.
func (v *visit) run(ctx context.Context, cfg configs.Config) error {
	mine := cfg.For(v.phone.udid)
	st, claims, err := v.agent.stores.open(ctx, mine.Destination, v.options(cfg, mine))
	if err != nil {
		return err
	}
	stage, err := st.Begin(ctx, v.phone.udid)
	v.agent.tellLeftOf(ctx, st)
	if err != nil {
		return errors.Join(filled(mine.Destination, err), st.Close())
	}
	r := &run{visit: v, cfg: mine, store: st, stage: stage, claims: claims, begun: time.Now(), watch: newStopwatch(time.Now()), drive: &driveWatch{}}
	err = cause.Guard(func() error { return r.make(ctx) })
	claims.end(v.phone.udid)
	if err == nil {
		return st.Close()
	}
	err = soured(mine.Destination, filled(mine.Destination, err))
	v.aside = func(err error) error { return errors.Join(r.setAside(err), st.Close()) }
	return err
}

// make has the engine make the backup, and publishes it.
func (r *run) make(ctx context.Context) error {
	r.expect(ctx)
	r.coach = r.newCoach()
	r.visit.begun = true
	ctx, r.halt = context.WithCancelCause(ctx)
	defer r.halt(nil)
	defer r.watchDrive(ctx)()
	result, err := r.backup(ctx)
	if err != nil {
		return r.withProgress(err)
	}
	return r.publish(ctx, result)
}

// backup lets the engine work, for as long as the folder is this computer's to write
// to. A report that panicked, which may happen in a goroutine of the engine's, has ended it.
func (r *run) backup(ctx context.Context) (result backup.Result, err error) {
	defer r.coach.stop()
	guarded, stop := r.stage.Guard(ctx)
	defer stop()
	err = cause.Guard(func() (err error) {
		result, err = r.visit.agent.opts.Engine.Backup(guarded, r.job(), r.report)
		return err
	})
	if p, ok := errors.AsType[*cause.Panic](context.Cause(ctx)); ok {
		return result, cause.New(cause.Unknown, nil, p)
	}
	if err == nil {
		return result, nil
	}
	// Whatever else went wrong then is no news.
	if lost := r.stage.Lost(); lost != nil {
		return result, lost
	}
	return result, err
}

// job says to the engine what to do.
func (r *run) job() backup.Job {
	udid := r.visit.phone.udid
	var over tree.FS // of a mirror's stage
	if r.stage.Mirrors() {
		over = r.stage.FS()
	}
	return backup.Job{
		FS:    over,
		UDID:  udid,
		Dir:   r.stage.Dir(),
		Full:  r.visit.full,
		Phone: r.visit.handset,
		Wrote: r.stage.Wrote,
		Free: func(ctx context.Context) (int64, error) {
			free, err := r.store.Free(ctx)
			if err != nil {
				return 0, err
			}
			return max(0, free-r.claims.before(udid)), nil
		},
	}
}

// setAside keeps what was received for the next run when the end says nothing
// against it, and drops it when the disk or the phone is to blame.
func (r *run) setAside(err error) error {
	if keeps(err) {
		return r.stage.Keep()
	}
	id, _ := cause.Of(err)
	if row, ok := cause.Lookup(id); ok && row.Retry.Full {
		err = r.stage.Distrust(id)
	} else {
		err = nil
	}
	return errors.Join(err, r.stage.Discard())
}

// keeps reports whether a run that ended with err leaves a partial: it ended by
// the link, the lock, sleep or a stop, and no write of ours failed.
func keeps(err error) bool {
	id, _ := cause.Of(err)
	switch id {
	case cause.DeviceDisconnected, cause.MuxServiceStopped, cause.MuxNotAnswering, cause.MuxConnectFailed,
		cause.TransferStalled, cause.DeviceBackupAgentCrashed, cause.LockedDuringBackup,
		cause.HostSlept, cause.HostShutdown, cause.UserCancelled, cause.DeviceCancelled,
		cause.PasscodePromptUnanswered, cause.PasscodePromptCancelled, cause.DeviceLocked,
		cause.SyncLockHeld, cause.BackupServiceRefused, cause.DeviceBusy,
		cause.MirrorRefused: // what was received waits for room, or for a word
		return true
	}
	return false
}

// publish makes a version of a finished backup, and tells it. A Detached or a
// signal that comes now no longer matters, within the grace.
func (r *run) publish(ctx context.Context, result backup.Result) error {
	ctx, cancel := outlive(ctx, publishGrace)
	defer cancel()
	result.Took = r.took()
	version, err := r.stage.Publish(ctx, result)
	if err != nil {
		return err
	}
	done := r.result(version, result)
	r.visit.tell(Event{Kind: Verified, Run: string(version.ID), Result: done})
	r.visit.done = done
	r.visit.tell(Event{Kind: Finished, Run: string(version.ID), Result: done, Message: firstOf(done.Odd)})
	r.visit.agent.guard("remove older versions", func() { r.prune(ctx) })
	return nil
}

// outlive returns a context that ends the grace after ctx, with its cause.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if sleep(longer, grace) == nil {
			cancel(context.Cause(ctx))
		}
	})
	return longer, func() {
		stop()
		cancel(nil)
	}
}

// result words a version for events.
func (r *run) result(v store.Version, res backup.Result) *Result {
	var notes []*Failure
	for _, note := range v.Notes {
		notes = append(notes, NewFailure(note))
	}
	if e := slow(res.Took, res.Took.Bytes, r.usual); e != nil {
		notes = append(notes, NewFailure(e))
	}
	return &Result{
		Version: v.ID, Files: int64(v.Files), Bytes: v.Bytes, NewBytes: v.NewBytes, Full: v.Full, Engine: v.Engine,
		Seconds: tenths(time.Since(r.begun)), Path: v.Path, Odd: res.Odd, Notes: notes,
	}
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// report is told the engine's progress, from any of its goroutines.
func (r *run) report(p backup.Progress) {
	if err := cause.Guard(func() error { r.follow(p); return nil }); err != nil {
		r.halt(err)
	}
}

// follow turns the engine's progress into events.
func (r *run) follow(p backup.Progress) {
	now := time.Now()
	if p.Phase != r.last.Phase || p.Bytes != r.last.Bytes || p.Percent != r.last.Percent {
		r.alive(now)
	}
	r.last = p
	if p.Phase != r.phase {
		r.phase = p.Phase
		r.watch.enter(p.Phase, now)
	}
	r.coach.follow(p, now)
	r.tellSlow(p, now)
	r.meter.add(now, p.Bytes, p.Percent)
	r.claims.set(r.visit.phone.udid, r.left(p))
	r.visit.tell(Event{Kind: Progress, Run: r.id(), Progress: &RunProgress{
		Phase: p.Phase, Percent: p.Percent, Bytes: p.Bytes, Files: p.Files,
		Speed: r.speed(), Left: r.meter.left().Seconds(),
	}})
}

// leastSpeed is the slowest that is told, in bytes per second: below it there are only the
// few bytes with which both sides keep in touch.
const leastSpeed = 1000

// speed is the recent one of files; 0 before the phone sends any.
func (r *run) speed() float64 {
	rate := r.meter.rate()
	switch r.phase {
	case backup.PhaseReceiving, backup.PhaseMoving, backup.PhaseFinishing:
		if rate >= leastSpeed {
			return rate
		}
	}
	return 0
}

// id is the version that is being made.
func (r *run) id() string { return string(r.stage.Info().Version) }
