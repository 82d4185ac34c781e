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
		give, err := s.take(t.Context(), 1, never)
		if err != nil {
			t.Fatal(err)
		}
		order := make(chan string, 2)
		wait := func(name string) {
			told := false
			give, err := s.take(t.Context(), 1, func() { told = true })
			if err != nil || !told {
				t.Errorf("%s: take = %v, told to wait: %v", name, err, told)
				return
			}
			order <- name
			give()
		}
		go wait("first")
		synctest.Wait()
		go wait("second")
		synctest.Wait()
		give()
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
		give, _ := s.take(t.Context(), 1, func() {})
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
		give()
		if _, err := s.take(t.Context(), 1, func() { t.Error("the slot of the one that left is lost") }); err != nil {
			t.Fatal(err)
		}
	})
}
