package agent

import (
	"slices"
	"testing"

	"homeport/preflight"
	"homeport/usbmux"
)

// TestEveryCheckHasAGroup holds that doctor has a place for the agent's own checks
// too, those of a restore included.
func TestEveryCheckHasAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, l := w.agent(), usbmux.Link{UDID: udidAnna}
	v := &visit{phone: a.phone(udidAnna), agent: a, link: l, handset: a.opts.Dial(l)}
	defer v.handset.Close()
	checks := slices.Concat(v.checks(t.Context(), w.config()), v.restoreChecks(t.Context(), w.config(), RestorePlan{}))
	if len(checks) < 30 {
		t.Fatalf("only %d checks", len(checks))
	}
	for _, c := range checks {
		if !slices.Contains(preflight.Groups(), c.Group) {
			t.Errorf("check %s has the group %q; want one of %q", c.Name, c.Group, preflight.Groups())
		}
	}
}
