package store

import (
	"testing"
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
		if got, err := s.Busy(udidA); err != nil || got != busy {
			t.Errorf("%s: Busy = %v, %v, want %v", when, got, err, busy)
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
