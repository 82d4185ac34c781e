package store

import (
	"testing"

	"homeport/cause"
)

func TestBusy(t *testing.T) {
	t.Parallel()
	s, err := Create(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	want := func(when string, busy bool) {
		t.Helper()
		err := s.Busy(t.Context(), udidA)
		if is(err, cause.AlreadyRunning) != busy || err != nil && !busy {
			t.Errorf("%s: Busy = %v, want %v", when, err, busy)
		}
	}
	want("a phone that was never seen", false)
	stage, err := s.Begin(t.Context(), udidA)
	if err != nil {
		t.Fatal(err)
	}
	want("during a run", true)
	want("and asked again", true)
	if err := stage.Discard(); err != nil {
		t.Fatal(err)
	}
	want("after it", false)
	again, err := s.Begin(t.Context(), udidA)
	if err != nil {
		t.Fatalf("begin after Busy: %v", err)
	}
	if err := again.Discard(); err != nil {
		t.Fatal(err)
	}
}
