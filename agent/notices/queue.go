package notices

import (
	"context"
	"iter"
	"sync"
)

// queue holds at most most things; one more pushes the oldest out.
type queue[T any] struct {
	most int
	more chan struct{}

	mu      sync.Mutex
	list    []T
	dropped int
}

func newQueue[T any](most int) *queue[T] { return &queue[T]{most: most, more: make(chan struct{}, 1)} }

// put adds a thing, and never waits.
func (q *queue[T]) put(x T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.list = append(q.list, x); len(q.list) > q.most {
		q.list = q.list[1:]
		q.dropped++
	}
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// take is the oldest thing, and how many were pushed out since the last one was taken.
func (q *queue[T]) take() (x T, dropped int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		return x, 0, false
	}
	x, dropped = q.list[0], q.dropped
	q.list, q.dropped = q.list[1:], 0
	return x, dropped, true
}

// all yields things as they come, with how many were pushed out before them, until ctx ends.
func (q *queue[T]) all(ctx context.Context) iter.Seq2[T, int] {
	return func(yield func(T, int) bool) {
		for ctx.Err() == nil {
			x, dropped, ok := q.take()
			if !ok {
				select {
				case <-q.more:
				case <-ctx.Done():
				}
				continue
			}
			if !yield(x, dropped) {
				return
			}
		}
	}
}
