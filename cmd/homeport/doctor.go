package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux"
)

func newDoctorCommand(a *app) *cobra.Command {
	var s settings
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "doctor [PHONE]",
		Short: "Every check, no backup",
		Long: `Every check that comes before a backup, at once, and what to do about what is
wrong. With no phone plugged in, the checks of this computer and the destination.

With --wait, a guide for a phone that does not appear or is not ready: cable, port,
unlock, trust, one hint at a time, and the checks when it is there. It asks the phone
for trust, as a backup does.`,
		Args: argsBetween(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case wait && timeout <= 0:
				return usageError{fmt.Errorf("--timeout %v: want more than nothing", timeout)}
			case wait:
				return runDoctorWait(cmd.Context(), a, s, first(args), timeout)
			}
			return runDoctor(cmd.Context(), a, s, first(args))
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "guide me until the phone is there, unlocked and trusted")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Minute, "with --wait: give up after `TIME`")
	cmd.Flags().StringVar(&s.dest, "dest", "", "check `DIR` as the destination (default: as configured)")
	cmd.ValidArgsFunction = a.validPhones
	return cmd
}

func runDoctor(ctx context.Context, a *app, s settings, name string) error {
	cfg, err := a.load(s)
	if err != nil {
		return err
	}
	mux, err := a.mux()
	if err != nil {
		return err
	}
	a.asItIs = s.dest != ""
	d, err := a.diagnose(ctx, a.newAgent(cfg, mux, false, func(agent.Event) {}), mux, cfg, name)
	if err != nil {
		return err
	}
	return a.tellDiagnosis(d)
}

// tellDiagnosis prints what was found, and returns what decides the exit code.
func (a *app) tellDiagnosis(d diagnosis) error {
	if a.json {
		a.printJSON(d.json(a))
	} else {
		d.print(a.page())
	}
	return d.decides()
}

// diagnosis is what doctor found.
type diagnosis struct {
	phones   []agent.Outcome     // of each phone that is there
	host     *agent.Outcome      // of this computer alone, when none is
	unlisted []preflight.Finding // about phones on the bus that usbmuxd does not list
	blind    error               // with host: why nobody can say whether a phone is there
	absent   *absent             // with host: the phone that was named, and is not there
}

// diagnose runs the checks for the phones that name means, or for this computer
// alone when there are none. Its error is a name that cannot be understood, or the
// end of ctx.
func (a *app) diagnose(ctx context.Context, ag *agent.Agent, mux *usbmux.Client, cfg configs.Config, name string) (diagnosis, error) {
	// The checks ask each phone who it is: one that hangs keeps a person waiting once.
	list, err := a.lookFor(ctx, mux, func(list []plugged) bool {
		return name != "" && !slices.ContainsFunc(list, func(p plugged) bool { return usbmux.SameUDID(p.phone.UDID, name) })
	})
	if err == nil {
		list, err = choose(list, name)
	}
	d := diagnosis{}
	switch id, _ := cause.Of(err); {
	case err == nil:
		d.phones = ag.CheckAll(ctx, linksOf(list))
		if name == "" {
			d.unlisted = ag.CheckUnlisted(ctx, linksOf(list))
		}
	case id == cause.PhoneAmbiguous:
		return d, err
	default:
		if d.absent = findAbsent(ctx, cfg, name); d.absent == nil && id == cause.NoSuchPhone {
			return d, err
		}
		if id != cause.NoPhone && id != cause.NoSuchPhone {
			d.blind = err
		}
		host := ag.CheckHost(ctx, d.absent.udid(), d.blind)
		d.host = &host
	}
	if ctx.Err() != nil {
		return d, context.Cause(ctx) // what the checks say then is of no use
	}
	return d, nil
}

// decides is the error that decides the exit code: the first failure in preflight
// order. A phone that was named and is not there is that first.
func (d diagnosis) decides() error {
	if d.host == nil {
		return firstError(d.phones)
	}
	if d.absent != nil && d.blind == nil {
		return said{d.absent.err()}
	}
	return firstError([]agent.Outcome{*d.host})
}

// diagnosisJSON is what doctor prints as JSON, for one phone or none.
type diagnosisJSON struct {
	report
	Unlisted []preflight.Finding `json:"unlisted,omitempty"` // about phones that the computer sees and cannot use
}

func (d diagnosis) json(a *app) any {
	switch {
	case d.host != nil:
		r := a.reportOf(*d.host)
		if d.absent != nil {
			r.Phone = &d.absent.phone
		}
		if err := d.decides(); err != nil {
			r.Error = a.failureOf(errors.Unwrap(err))
		}
		return diagnosisJSON{r, nil}
	case len(d.phones) == 1:
		return diagnosisJSON{a.reportOf(d.phones[0]), d.unlisted}
	}
	var reports []report
	for _, o := range d.phones {
		reports = append(reports, a.reportOf(o))
	}
	return struct {
		Phones   []report            `json:"phones"`
		Unlisted []preflight.Finding `json:"unlisted,omitempty"`
	}{reports, d.unlisted}
}
