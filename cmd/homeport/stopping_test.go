package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestStopThatTakesLong stops at once, after a while, and never.
func TestStopThatTakesLong(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]struct {
		said int
		cut  bool
	}{time.Second: {0, false}, time.Minute: {1, false}, time.Hour: {2, true}} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			var cut time.Duration
			begun := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			done := stopper{
				tell: func(message string) { said = append(said, message) },
				end:  func() { cut = time.Since(begun) },
			}.watch(ctx)
			time.Sleep(time.Hour) // it runs, and nothing is to be said
			begun = time.Now()
			cancel()
			time.Sleep(took)
			done()
			if len(said) != want.said || (cut == stopMost) != want.cut {
				t.Errorf("after %v: said %q, cut short after %v", took, said, cut)
			}
		})
	}
}
