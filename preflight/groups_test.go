package preflight

import (
	"context"
	"slices"
	"testing"

	"homeport/cause"
	"homeport/usbmux"
)

// TestEveryCheckHasAGroup holds that doctor has a place for whatever is checked.
func TestEveryCheckHasAGroup(t *testing.T) {
	t.Parallel()
	host := Host{Destination: t.TempDir(), USB: func(context.Context) ([]usbmux.HostDevice, error) { return nil, nil }}
	for _, c := range slices.Concat(HostChecks(host), PhoneChecks(Attached{})) {
		if !slices.Contains(Groups(), c.Group) {
			t.Errorf("check %s has the group %q; want one of %q", c.Name, c.Group, Groups())
		}
	}
}

// TestFindingHasItsGroup holds that a finding carries the group of its check,
// however the check ended.
func TestFindingHasItsGroup(t *testing.T) {
	t.Parallel()
	r := Run(t.Context(), []Check{
		{Name: "a", Group: cause.Trust, Run: func(context.Context) Finding { return told(Fail, cause.DeviceLocked, nil) }},
		{Name: "b", Group: cause.Phone, After: []string{"a"}, Run: func(context.Context) Finding { return passed(nil) }},
		{Name: "c", Group: cause.Earlier, Run: func(context.Context) Finding { panic("boom") }},
		{Name: "d", Group: cause.Cable, Run: func(context.Context) Finding { return told(Fail, cause.DeviceLocked, nil) }},
	})
	if f := r.Findings[1]; f.Needs != "a" {
		t.Errorf("b was skipped for want of %q, not of a", f.Needs)
	}
	want := []cause.Layer{cause.Trust, cause.Phone, cause.Earlier, cause.Cable}
	if !slices.EqualFunc(r.Findings, want, func(f Finding, g cause.Layer) bool { return f.Group == g }) {
		t.Errorf("findings %+v; want the groups %q", r.Findings, want)
	}
}
