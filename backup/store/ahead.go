package store

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"homeport/cause"

	"homeport/backup/tree"
)

// baseBodies describes the bodies of the base, folder by folder in the order of their
// names, ahead of the walk that asks for them: otherwise that walk would wait for the
// kernel twice for each file.
type baseBodies struct {
	stop  context.CancelFunc
	wait  sync.WaitGroup
	ready chan *baseShard

	now *baseShard // what was asked for last; nil before the first and after the last
	err error      // what panicked, of what was asked for
}

// baseShard is one folder of bodies.
type baseShard struct {
	name   string
	done   chan struct{} // closed when bodies is there
	bodies []baseBody    // by name
	err    error         // the describing panicked
}

type baseBody struct {
	name string
	size int64
	time time.Time
}

// describeBase begins. The caller calls close before it closes base.
func describeBase(ctx context.Context, base tree.Dir) *baseBodies {
	ctx, stop := context.WithCancel(ctx)
	b := &baseBodies{stop: stop, ready: make(chan *baseShard, max(2, runtime.GOMAXPROCS(0)))}
	names, err := base.Names()
	if err != nil {
		names = nil // nothing is provably the base's, so everything is read
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !shardForm.MatchString(n) })
	slices.Sort(names)
	b.wait.Go(func() {
		defer close(b.ready)
		for _, n := range names {
			s := &baseShard{name: n, done: make(chan struct{})}
			select {
			case b.ready <- s:
			case <-ctx.Done():
				return
			}
			b.wait.Go(func() {
				defer close(s.done)
				s.err = cause.Guard(func() error { s.describe(ctx, base); return nil })
			})
		}
	})
	return b
}

// describe looks at every regular file. What cannot be looked at is left out, and is
// then nobody's but the stage's.
func (s *baseShard) describe(ctx context.Context, base tree.Dir) {
	d, err := base.OpenDir(s.name)
	if err != nil {
		return
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return
	}
	slices.Sort(names)
	s.bodies = make([]baseBody, 0, len(names))
	for _, n := range names {
		if ctx.Err() != nil {
			return
		}
		if i, err := d.Lstat(n); err == nil && i.Regular() {
			s.bodies = append(s.bodies, baseBody{n, i.Size, i.ModTime})
		}
	}
}

// find gives what the base has under shard/name. Shards have to be asked for in order.
func (b *baseBodies) find(shard, name string) (baseBody, bool) {
	for b.now == nil || b.now.name < shard {
		s, more := <-b.ready
		if !more {
			return baseBody{}, false
		}
		<-s.done
		b.now, b.err = s, errors.Join(b.err, s.err)
	}
	if b.now.name != shard {
		return baseBody{}, false
	}
	i, ok := slices.BinarySearchFunc(b.now.bodies, name, func(e baseBody, n string) int { return strings.Compare(e.name, n) })
	if !ok {
		return baseBody{}, false
	}
	return b.now.bodies[i], true
}

func (b *baseBodies) close() {
	b.stop()
	b.wait.Wait()
}
