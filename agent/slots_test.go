package agent

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestSlotsComeInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots()
		never := func() { t.Error("told to wait though a slot was free") }
		slot, err := s.take(t.Context(), 1, never)
		if err != nil {
			t.Fatal(err)
		}
		order := make(chan string, 2)
		wait := func(name string) {
			told := false
			slot, err := s.take(t.Context(), 1, func() { told = true })
			if err != nil || !told {
				t.Errorf("%s: take = %v, told to wait: %v", name, err, told)
				return
			}
			order <- name
			slot.give()
		}
		go wait("first")
		synctest.Wait()
		go wait("second")
		synctest.Wait()
		slot.give()
		synctest.Wait()
		if a, b := <-order, <-order; a != "first" || b != "second" {
			t.Errorf("order %s, %s", a, b)
		}
		if s.used != 0 {
			t.Errorf("%d slots are still taken", s.used)
		}
	})
}

func TestSlotsLeaveTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots()
		slot, _ := s.take(t.Context(), 1, func() {})
		ctx, cancel := context.WithCancelCause(t.Context())
		unplugged := errors.New("unplugged")
		done := make(chan error)
		go func() {
			_, err := s.take(ctx, 1, func() {})
			done <- err
		}()
		synctest.Wait()
		cancel(unplugged)
		if err := <-done; !errors.Is(err, unplugged) {
			t.Errorf("take = %v, want the cause of the end", err)
		}
		slot.give()
		if _, err := s.take(t.Context(), 1, func() { t.Error("the slot of the one that left is lost") }); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSlotsAreLent has a phone wait for its owner, with one run at a time: the next one gets its
// turn meanwhile, and nobody more when the first goes on.
func TestSlotsAreLent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots()
		take := func() chan *slot {
			got := make(chan *slot, 1)
			go func() {
				one, err := s.take(t.Context(), 1, func() {})
				if err != nil {
					t.Error(err)
				}
				got <- one
			}()
			synctest.Wait()
			return got
		}
		first := <-take()
		second, third := take(), take()
		first.lend()
		first.lend()
		synctest.Wait()
		if len(second) != 1 || len(third) != 0 {
			t.Fatal("the place that was lent is not the second's")
		}
		first.back()
		(<-second).give()
		synctest.Wait()
		if len(third) != 0 {
			t.Error("the third begins beside the first, which has gone on")
		}
		first.give()
		(<-third).give()
		fourth := <-take()
		fourth.lend()
		fourth.give() // it ended while it waited
		if s.used != 0 {
			t.Errorf("%d places are still taken", s.used)
		}
	})
}
