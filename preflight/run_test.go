package preflight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"homeport/cause"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// says is a check that ends as it is told.
func says(name string, f Finding, after ...string) Check {
	return Check{Name: name, After: after, Run: func(context.Context) Finding { return f }}
}

// outline writes a report as "name=status:cause" words.
func outline(r Report) string {
	var words []string
	for _, f := range r.Findings {
		w := fmt.Sprintf("%s=%s", f.Check, f.Status)
		if f.Cause != "" {
			w += ":" + string(f.Cause)
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func TestRun(t *testing.T) {
	t.Parallel()
	full := told(Fail, cause.HostDiskFull, nil)
	locked := told(Fail, cause.DeviceLocked, nil)
	tests := []struct {
		name   string
		checks []Check
		want   string
		exit   int
	}{
		{"nothing", nil, "", 0},
		{"a finding without a status passed", []Check{says("a", Finding{})}, "a=pass", 0},
		{"all failures at once", []Check{says("a", locked), says("b", full)}, "a=fail:device-locked b=fail:host-disk-full", 3},
		{"the first in order decides", []Check{says("a", told(Fail, cause.SyncLockHeld, nil)), says("b", full)}, "a=fail:sync-lock-held b=fail:host-disk-full", 6},
		{"what depends is skipped, and what depends on that", []Check{says("a", locked), says("b", full, "a"), says("c", full, "b"), says("d", full)},
			"a=fail:device-locked b=skipped c=skipped d=fail:host-disk-full", 3},
		{"a warning skips nothing", []Check{says("a", told(Warn, cause.DeviceBatteryLow, nil)), says("b", Finding{}, "a")}, "a=warn:device-battery-low b=pass", 0},
		{"names that are not there are ignored", []Check{says("a", Finding{}, "x", "a", "b"), says("b", Finding{})}, "a=pass b=pass", 0},
		{"the same failure is told once", []Check{says("a", locked), says("b", locked)}, "a=fail:device-locked b=skipped", 3},
		{"the catalogue's dependence counts", []Check{says("a", told(Info, cause.NoPhone, nil)), says("b", told(Fail, cause.MuxServiceNotRunning, nil))},
			"a=skipped b=fail:mux-service-not-running", 3},
		{"two unknown failures are two", []Check{says("a", failed(errors.New("x"))), says("b", failed(errors.New("y")))}, "a=fail:unknown b=fail:unknown", 3},
		{"a panic is a failure of its check alone", []Check{{Name: "a", Run: func(context.Context) Finding { panic("boom") }}, says("b", Finding{})}, "a=fail:unknown b=pass", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := Run(t.Context(), tt.checks)
			if got := outline(r); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := r.ExitCode(); got != tt.exit {
				t.Errorf("exit code %d, want %d", got, tt.exit)
			}
			if r.Failed() != (tt.exit != 0) {
				t.Errorf("Failed is %v", r.Failed())
			}
		})
	}
}

// TestRunIsParallel holds that checks that do not depend on each other wait for
// nobody, and that dependent ones come after.
func TestRunIsParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context) Finding { time.Sleep(time.Second); return Finding{} }
		var checks []Check
		for i := range 10 {
			checks = append(checks, Check{Name: fmt.Sprint(i), Run: slow})
		}
		checks = append(checks, Check{Name: "last", After: []string{"3"}, Run: slow})
		start := time.Now()
		Run(t.Context(), checks)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want 2 s", took)
		}
	})
}

func TestLateCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		checks := []Check{
			{Name: "deaf", Run: func(context.Context) Finding { <-hang; return Finding{} }, Timeout: time.Second, Late: cause.DestinationOffline},
			{Name: "polite", Run: func(ctx context.Context) Finding {
				<-ctx.Done()
				return told(Warn, cause.DeviceBatteryLow, nil)
			}, Timeout: 2 * time.Second},
			{Name: "nameless", Run: func(context.Context) Finding { <-hang; return Finding{} }},
			says("quick", Finding{}),
		}
		start := time.Now()
		r := Run(t.Context(), checks)
		if got, want := outline(r), "deaf=fail:destination-offline polite=warn:device-battery-low nameless=fail:unknown quick=pass"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if f, _ := r.First(); f.Evidence["waitedFor"] != cause.Seconds(1) {
			t.Errorf("evidence %v", f.Evidence)
		}
		if took := time.Since(start); took > defaultTimeout+time.Second {
			t.Errorf("took %v", took)
		}
		close(hang) // what was left behind ends when its file system does
	})
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		why  error
		want cause.ID
	}{
		"unplugged": {cause.New(cause.DeviceDisconnected, nil, nil), cause.DeviceDisconnected},
		"stopped":   {nil, cause.UserCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			wait := Check{Name: "wait", After: []string{"before"}, Run: func(ctx context.Context) Finding {
				cancel(tt.why)
				<-ctx.Done()
				return failed(ctx.Err())
			}}
			r := Run(ctx, []Check{says("before", Finding{}), wait, says("after", Finding{}, "wait")})
			f, _ := r.First()
			if f.Check != "wait" || f.Cause != tt.want {
				t.Errorf("got %s", outline(r))
			}
			// One that has not begun must not count as passed either.
			late := Run(ctx, []Check{says("a", Finding{})})
			if f, failed := late.First(); !failed || f.Cause != tt.want {
				t.Errorf("got %s", outline(late))
			}
		})
	}
}

func TestFindingJSON(t *testing.T) {
	t.Parallel()
	r := Report{Findings: []Finding{
		{Check: "a", Status: Pass},
		{Check: "room", Status: Fail, Cause: cause.HostDiskFull, Evidence: cause.Evidence{"need": cause.Bytes(62_100_000_000), "free": cause.Bytes(8_400_000_000)}},
	}}
	b, err := json.Marshal(r.Findings)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if len(got[0]) != 2 || got[0]["status"] != "pass" {
		t.Errorf("a pass is %v", got[0])
	}
	f := got[1]
	if f["cause"] != "host-disk-full" || f["sentence"] != "the backup disk is too full: need 62.1 GB, have 8.4 GB" || len(f["remedy"].([]any)) == 0 {
		t.Errorf("a failure is %v", f)
	}
	if ev := f["evidence"].(map[string]any); ev["need"] != 62.1e9 {
		t.Errorf("evidence is %v", ev)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := Run(t.Context(), []Check{says("a", Finding{}), says("b", told(Warn, cause.DeviceBatteryLow, nil)), says("c", told(Info, cause.EncryptionOff, nil)), says("d", Finding{})})
	if got := r.With(Pass); len(got) != 2 {
		t.Errorf("passed: %v", got)
	}
	if got := r.With(Info, Warn); len(got) != 2 || got[0].Check != "b" || got[0].Sentence() == "" || len(got[0].Remedy("linux")) == 0 {
		t.Errorf("notes: %v", got)
	}
	if f, ok := r.ByCheck("c"); !ok || f.Cause != cause.EncryptionOff {
		t.Errorf("c: %v", f)
	}
	if _, ok := r.ByCheck("x"); ok {
		t.Error("there is no x")
	}
	if f := r.Findings[0]; f.Error() != nil || f.Sentence() != "" || f.Remedy("linux") != nil {
		t.Errorf("a pass tells %v", f)
	}
	if !slices.EqualFunc(r.Findings, []string{"a", "b", "c", "d"}, func(f Finding, name string) bool { return f.Check == name }) {
		t.Errorf("order: %s", outline(r))
	}
}
