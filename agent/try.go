package agent

import (
	"context"
	"time"

	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
)

// try makes one backup, from the checks to the published version.
func (v *visit) try(ctx context.Context, cfg configs.Config) error {
	begun := time.Now()
	v.begun, v.ranBefore, v.done = false, false, nil
	v.doze = newDozing(v.agent.opts.Asleep, begun)
	return v.explain(ctx, cause.Guard(func() error { return v.attempt(ctx, cfg) }), begun)
}

func (v *visit) attempt(ctx context.Context, cfg configs.Config) error {
	if err := v.before(ctx, cfg); err != nil {
		return err
	}
	v.makeRoom(ctx, cfg)
	if err := v.ready(ctx, cfg); err != nil {
		return err
	}
	slot, err := v.agent.slots.take(ctx, cfg.MaxParallel, func() {
		v.tell(Event{Kind: Waiting, Cause: cause.AlreadyRunning, Message: "another phone is being backed up; this one is next"})
	})
	if err != nil {
		return err
	}
	defer slot.give()
	v.slot = slot
	if !v.agent.runs.begin() {
		return errOver
	}
	defer v.agent.runs.end()
	defer v.agent.calm.enter()()
	defer v.stayAwake(ctx)()
	return v.run(ctx, cfg)
}

// calm waits until the contact of a flapping phone holds. When the phone lets go
// again instead, no try was made that could have failed.
func (v *visit) calm(ctx context.Context) error {
	wait, flaps := v.phone.calmIn()
	if wait <= 0 {
		return nil
	}
	if v.phone.tellsFlapping() {
		e := cause.New(cause.USBFlapping, cause.Evidence{"times": flaps}, nil)
		v.tell(Event{Kind: Waiting, Cause: e.ID, Message: e.Sentence()})
	}
	return sleep(ctx, wait)
}

// mostWaits bounds how often one try waits for the person: unlock, trust, and
// again after each.
const mostWaits = 8

// ready runs the checks until they pass, waiting for what a person can do. A
// failure that nobody can wait out ends the try at once, and so does any failure
// for a verb that must not wait.
func (v *visit) ready(ctx context.Context, cfg configs.Config) error {
	v.settings = &cfg
	defer func() { v.settings = nil }()
	return v.pass(ctx, func(ctx context.Context) []preflight.Check { return v.checks(ctx, cfg) })
}

// pass is ready for any checks.
func (v *visit) pass(ctx context.Context, checks func(context.Context) []preflight.Check) error {
	var last error
	for range mostWaits {
		report := v.ask(ctx, checks)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		failures := report.With(preflight.Fail)
		if len(failures) == 0 || !v.allWaitable(failures) && !v.asksFirst(failures) {
			v.tell(Event{Kind: Preflight, Findings: report.Findings, Cause: v.decides(failures).Cause})
		}
		if len(failures) == 0 {
			return nil
		}
		first := failures[0].Error()
		last = first
		if v.noWait && !v.askedTrust && needsTrust(first.ID) {
			v.askedTrust = true
			if err := v.askOnce(ctx); err != nil {
				return err
			}
			continue
		}
		if !v.allWaitable(failures) {
			return v.decides(failures).Error()
		}
		if err := v.waitFor(ctx, first); err != nil {
			return err
		}
	}
	return last
}

// decides is the failure that ends a try: the first in preflight order, but what
// would only be waited for comes after what no waiting helps. A full disk is told
// at once, though the phone is locked too.
func (v *visit) decides(failures []preflight.Finding) preflight.Finding {
	for _, f := range failures {
		if v.noWait || !waitable(f.Cause) {
			return f
		}
	}
	return preflight.Finding{}
}

// asksFirst reports whether the phone is asked for trust before its answer counts,
// though nobody waits for a person.
func (v *visit) asksFirst(failures []preflight.Finding) bool {
	return v.noWait && !v.askedTrust && needsTrust(failures[0].Cause)
}

// allWaitable reports whether every failure is one that a person resolves at the
// phone while we wait.
func (v *visit) allWaitable(failures []preflight.Finding) bool {
	if v.noWait {
		return false
	}
	for _, f := range failures {
		if !waitable(f.Cause) {
			return false
		}
	}
	return true
}

// check runs every check once.
func (v *visit) check(ctx context.Context, cfg configs.Config) preflight.Report {
	return v.ask(ctx, func(ctx context.Context) []preflight.Check { return v.checks(ctx, cfg) })
}

func (v *visit) ask(ctx context.Context, checks func(context.Context) []preflight.Check) preflight.Report {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	report := preflight.Run(ctx, checks(ctx))
	v.findings = report.Findings
	return report
}

// checkLimit bounds all checks together; each has a deadline of its own.
const checkLimit = 2 * time.Minute
