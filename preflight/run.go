package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"homeport/cause"
)

// defaultTimeout bounds a check that names no limit of its own: a handshake or a
// lockdown answer takes at most 15 s.
const defaultTimeout = 20 * time.Second

// Check is one question.
type Check struct {
	Name string
	// Group is where it looks, one of Groups; its finding carries it.
	Group cause.Layer
	// After names the checks that must not have failed. Only checks earlier in
	// the list count; names that are not in it are ignored, so that a list can be
	// run in part.
	After []string
	// Run answers. It gets a context that ends with the check's time; a finding
	// without a status counts as passed.
	Run func(context.Context) Finding
	// Timeout bounds the check; 0 means 20 s. Late is the cause that is told when
	// it ran out, and unknown when there is none.
	Timeout time.Duration
	Late    cause.ID
}

// Run runs the checks and reports on all of them, in the order of the list.
//
// A check that panics is a failure with the cause unknown. One that outlasts its
// time is told as late and left behind: a file system that hangs in the kernel
// cannot be called back, and must not hold up the report. When ctx ends, what is
// not done fails with the cause that ctx carries, or user-cancelled.
func Run(ctx context.Context, checks []Check) Report {
	findings := make([]Finding, len(checks))
	done := make([]chan struct{}, len(checks))
	for i := range checks {
		done[i] = make(chan struct{})
	}
	for i, c := range checks {
		before := earlier(checks[:i], c.After)
		go func() {
			defer close(done[i])
			for _, j := range before {
				<-done[j]
				if f := findings[j]; f.Status == Fail || f.Status == Skipped {
					findings[i] = Finding{Check: c.Name, Status: Skipped, Needs: cmp.Or(f.Needs, f.Check)}
					return
				}
			}
			findings[i] = answer(ctx, c)
		}()
	}
	for i := range done {
		<-done[i]
	}
	findings = explained(findings)
	for i, c := range checks {
		findings[i].Group = c.Group
	}
	return Report{Findings: findings}
}

// earlier gives the places of the named checks.
func earlier(checks []Check, names []string) []int {
	var places []int
	for i, c := range checks {
		if slices.Contains(names, c.Name) {
			places = append(places, i)
		}
	}
	return places
}

// answer runs one check within its time.
func answer(ctx context.Context, c Check) Finding {
	if ctx.Err() != nil {
		return interrupted(ctx, c)
	}
	limit := c.Timeout
	if limit == 0 {
		limit = defaultTimeout
	}
	own, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result := make(chan Finding, 1)
	go func() { result <- guarded(own, c) }()
	select {
	case f := <-result:
		if ctx.Err() != nil && f.Status == Fail {
			return interrupted(ctx, c)
		}
		return f
	case <-own.Done():
	}
	// It has just been told to stop; one that listens gives its own finding.
	select {
	case f := <-result:
		if ctx.Err() == nil {
			return f
		}
	case <-time.After(graceAfterLate):
	}
	if ctx.Err() != nil {
		return interrupted(ctx, c)
	}
	return late(c, limit)
}

// graceAfterLate is how long a check may take to notice that its time is over.
const graceAfterLate = 200 * time.Millisecond

func guarded(ctx context.Context, c Check) (f Finding) {
	if err := cause.Guard(func() error { f = c.Run(ctx); return nil }); err != nil {
		f = failed(fmt.Errorf("run check %s: %w", c.Name, err))
	}
	f.Check = c.Name
	if f.Status == "" {
		f.Status = Pass
	}
	return f
}

func late(c Check, limit time.Duration) Finding {
	id := c.Late
	if id == "" {
		id = cause.Unknown
	}
	ev := cause.Evidence{"waitedFor": cause.Seconds(limit.Seconds())}
	return Finding{Check: c.Name, Status: Fail, Cause: id, Evidence: ev, Err: fmt.Errorf("run check %s: no answer within %v", c.Name, limit)}
}

// interrupted is the finding of a check that the end of ctx cut short.
func interrupted(ctx context.Context, c Check) Finding {
	why := context.Cause(ctx)
	e, known := errors.AsType[*cause.Error](why)
	if !known {
		e = cause.New(cause.UserCancelled, nil, why)
	}
	return Finding{Check: c.Name, Status: Fail, Cause: e.ID, Evidence: e.Evidence, Err: why}
}

// explained skips the findings that another failure explains: those whose cause
// the catalogue says to depend on one that is told, and the second telling of the
// same failure.
func explained(findings []Finding) []Finding {
	failures := map[cause.ID]int{}
	for i, f := range findings {
		if _, told := failures[f.Cause]; f.Status == Fail && !told {
			failures[f.Cause] = i
		}
	}
	result := slices.Clone(findings)
	for i, f := range findings {
		if f.Cause == "" || f.Status == Pass {
			continue
		}
		first, again := failures[f.Cause]
		row, _ := cause.Lookup(f.Cause)
		depends := slices.ContainsFunc(row.DependsOn, func(id cause.ID) bool { _, told := failures[id]; return told })
		if depends || again && first != i && f.Cause != cause.Unknown {
			result[i] = Finding{Check: f.Check, Status: Skipped, Err: f.Err}
		}
	}
	return result
}
