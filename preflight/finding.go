package preflight

import (
	"encoding/json"
	"runtime"
	"slices"

	"homeport/cause"
)

// Status is how a check ended.
type Status string

// The ways in which a check can end.
const (
	Pass    Status = "pass"
	Info    Status = "info"    // good to know
	Warn    Status = "warn"    // the backup goes on, something is at risk
	Fail    Status = "fail"    // no backup until it is dealt with
	Skipped Status = "skipped" // it depends on something that failed
)

// Groups are the groups of checks, in the order in which doctor shows them: the
// computer, cable and port, trust, the phone, the destination, earlier backups.
// Every check belongs to one.
func Groups() []cause.Layer {
	return []cause.Layer{cause.Computer, cause.Cable, cause.Trust, cause.Phone, cause.Destination, cause.Earlier}
}

// Finding is the result of one check.
type Finding struct {
	Check    string
	Group    cause.Layer // where the check looked; one of Groups
	Status   Status
	Cause    cause.ID       // "" for pass, and for what was skipped
	Evidence cause.Evidence // the facts; a check that passed may have some too
	Needs    string         // of a skipped one: the check that failed, without which it cannot be asked
	Err      error          // what was seen, if anything; for the log

	told *words // what another process said of it; nil: it is ours
}

// words are a sentence and its steps, made where the facts had their units.
type words struct {
	sentence string
	remedy   []string
}

// Error gives the finding as an error that carries its cause; nil when there is
// no cause.
func (f Finding) Error() *cause.Error {
	if f.Cause == "" {
		return nil
	}
	e := cause.New(f.Cause, f.Evidence, f.Err)
	e.Checked = f.Status == Fail
	return e
}

// Sentence tells a person what was found; empty when there is no cause.
func (f Finding) Sentence() string {
	if f.Cause == "" {
		return ""
	}
	if f.told != nil {
		return f.told.sentence
	}
	return f.Error().Sentence()
}

// Remedy returns the steps that help on the system goos.
func (f Finding) Remedy(goos string) []string {
	if f.Cause == "" {
		return nil
	}
	if f.told != nil {
		return f.told.remedy
	}
	return f.Error().Remedy(goos)
}

// findingJSON is the finding as every verb shows it.
type findingJSON struct {
	Check    string         `json:"check"`
	Group    cause.Layer    `json:"group,omitempty"`
	Status   Status         `json:"status"`
	Needs    string         `json:"needs,omitempty"`
	Cause    cause.ID       `json:"cause,omitempty"`
	Sentence string         `json:"sentence,omitempty"`
	Remedy   []string       `json:"remedy,omitempty"`
	Evidence cause.Evidence `json:"evidence,omitempty"`
}

// MarshalJSON writes the finding as every verb shows it: check, group, status,
// needs, cause, sentence, remedy, evidence.
func (f Finding) MarshalJSON() ([]byte, error) {
	return json.Marshal(findingJSON{f.Check, f.Group, f.Status, f.Needs, f.Cause, f.Sentence(), f.Remedy(runtime.GOOS), f.Evidence})
}

// UnmarshalJSON reads what MarshalJSON has written. The sentence and the steps stay as
// they were: the evidence has lost its units.
func (f *Finding) UnmarshalJSON(data []byte) error {
	var j findingJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*f = Finding{Check: j.Check, Group: j.Group, Status: j.Status, Needs: j.Needs, Cause: j.Cause, Evidence: j.Evidence, told: &words{j.Sentence, j.Remedy}}
	return nil
}

// told is a finding with a cause.
func told(status Status, id cause.ID, ev cause.Evidence) Finding {
	return Finding{Status: status, Cause: id, Evidence: ev}
}

// failed is the finding for an error: its own cause, or unknown.
func failed(err error) Finding {
	e := cause.From(err)
	return Finding{Status: Fail, Cause: e.ID, Evidence: e.Evidence, Err: err}
}

// passed is a finding with nothing to tell.
func passed(ev cause.Evidence) Finding { return Finding{Status: Pass, Evidence: ev} }

// Report holds the findings in preflight order.
type Report struct {
	Findings []Finding
}

// Failed says whether anything stops the backup.
func (r Report) Failed() bool {
	_, failed := r.First()
	return failed
}

// First returns the failure that comes first in preflight order.
func (r Report) First() (Finding, bool) {
	return r.find(func(f Finding) bool { return f.Status == Fail })
}

// ByCheck returns the finding of a check.
func (r Report) ByCheck(name string) (Finding, bool) {
	return r.find(func(f Finding) bool { return f.Check == name })
}

// With returns the findings of these statuses, in preflight order.
func (r Report) With(statuses ...Status) []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return !slices.Contains(statuses, f.Status) })
}

// ExitCode is 0 when nothing failed, and otherwise the code of the first failure.
func (r Report) ExitCode() int {
	f, failed := r.First()
	if !failed {
		return 0
	}
	return f.Error().ExitCode()
}

func (r Report) find(fits func(Finding) bool) (Finding, bool) {
	i := slices.IndexFunc(r.Findings, fits)
	if i < 0 {
		return Finding{}, false
	}
	return r.Findings[i], true
}
