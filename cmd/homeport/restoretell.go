package main

import (
	"fmt"

	"go.uber.org/zap"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
)

// restoreReport is what the verb prints as JSON.
type restoreReport struct {
	Phone    *agent.Phone        `json:"phone,omitempty"`
	Version  *store.Version      `json:"version,omitempty"`
	Findings []preflight.Finding `json:"findings,omitempty"`
	Result   *agent.RestoreDone  `json:"result,omitempty"`
	Begun    bool                `json:"begun"` // after an error: the phone may hold old and new side by side
	Error    *agent.Failure      `json:"error,omitempty"`
}

// tellRestore prints how it ended, and returns what decides the exit code.
func (a *app) tellRestore(v store.Version, out agent.RestoreOutcome) error {
	if a.json {
		r := restoreReport{Phone: &out.Phone, Version: &v, Findings: out.Findings, Result: out.Done, Begun: out.Begun}
		if out.Err != nil {
			r.Error = failureOf(out.Err)
			a.printJSON(r)
			return said{out.Err}
		}
		a.printJSON(r)
		return nil
	}
	if out.Err != nil {
		a.tellError(out.Err)
		a.adviseRestore(out)
		return said{out.Err}
	}
	d := out.Done
	a.printf("%s: restored version %s: %s, %s, %s\n", clean(out.Phone.Label()), d.Version,
		count64(int64(d.Files), "file", "files"), cause.Bytes(d.Bytes), cause.Seconds(d.Seconds))
	a.printf("it may restart now and go on by itself for a while: leave it connected to power and Wi-Fi\n")
	for _, odd := range d.Odd {
		fmt.Fprintln(a.stderr, "warning: "+clean(odd))
	}
	return nil
}

// adviseRestore says in which state the phone and the version are after an error.
func (a *app) adviseRestore(out agent.RestoreOutcome) {
	id, _ := cause.Of(out.Err)
	switch {
	case id == cause.RestoreInterrupted: // its own steps say it all
		for _, step := range failureOf(out.Err).Remedy {
			fmt.Fprintln(a.stderr, "      "+clean(step))
		}
	case out.Begun:
		fmt.Fprintln(a.stderr, "the iPhone had begun: it may hold old and new side by side until it is restored anew;\nnothing on this computer has changed")
	default:
		fmt.Fprintln(a.stderr, "nothing was changed, neither on the iPhone nor on this computer")
	}
}

func logRestore(log *zap.Logger, v store.Version, out agent.RestoreOutcome) {
	fields := []zap.Field{zap.String("udid", out.Phone.UDID), zap.String("version", string(v.ID)), zap.String("from", v.UDID)}
	if out.Err != nil {
		f := failureOf(out.Err)
		log.Error("not restored", append(fields, zap.String("cause", string(f.Cause)), zap.String("sentence", f.Message),
			zap.String("detail", f.Detail), zap.Bool("begun", out.Begun))...)
		return
	}
	log.Info("restored", append(fields, zap.Any("result", out.Done))...)
}
