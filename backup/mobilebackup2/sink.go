package mobilebackup2

import (
	"sync"
	"time"

	"homeport/cause"

	"homeport/backup/tree"
)

// The sink hashes and writes bodies while the link already reads the next ones.
// Bytes travel in slabs: a slab holds many small bodies, or a piece of a large
// one, so that the hand-over costs nothing per body. There is one writer, and it
// keeps the order, so that of two bodies with one name the later one wins.
const (
	slabSize  = 256 << 10
	slabs     = 8
	slabItems = 512 // bodies in one slab; empty ones take no bytes
	// maxRefused bounds what is remembered of one batch. Real batches have 128 bodies.
	maxRefused = 4096
)

// item is a run of bytes of one body within a slab.
type item struct {
	rel        tree.Rel
	start, end int
	first      bool // the body begins here
	last       bool // it ends here, well
	drop       bool // it ends here and is not kept
}

type slab struct {
	buf   []byte
	n     int
	items []item
}

// refused is a body that could not be written.
type refused struct {
	rel tree.Rel
	err error
}

// sink is used by one goroutine. What kept has touched may be read after flush.
type sink struct {
	tree *tree.Tree
	kept func(rel tree.Rel, n int64, sum [32]byte) // called by the writer for each body under its name
	free chan *slab
	work chan *slab
	now  *slab // being filled
	wait sync.WaitGroup
	held time.Duration // how long the receiving side waited for the disk

	// What the writer found.
	mu     sync.Mutex
	failed []refused // since the last flush
	broken error     // the first error that spoils the run; nothing is written after it
}

func newSink(t *tree.Tree, kept func(tree.Rel, int64, [32]byte)) *sink {
	s := &sink{tree: t, kept: kept, free: make(chan *slab, slabs), work: make(chan *slab, slabs)}
	for range slabs {
		s.free <- &slab{}
	}
	s.wait.Go(s.run)
	return s
}

// close waits for what is in flight and stops the writer. A body that has not
// ended is dropped.
func (s *sink) close() {
	if s.work == nil {
		return
	}
	s.push()
	close(s.work)
	s.wait.Wait()
	s.work = nil
}

// space gives room for bytes of the body that is being received: at least one.
func (s *sink) space() []byte {
	if s.now != nil && s.now.n == slabSize {
		s.push()
	}
	s.need()
	return s.now.buf[s.now.n:slabSize]
}

func (s *sink) need() {
	if s.now != nil {
		return
	}
	select {
	case s.now = <-s.free:
	default:
		began := time.Now()
		s.now = <-s.free
		s.held += time.Since(began)
	}
	if s.now.buf == nil {
		s.now.buf = make([]byte, slabSize)
		s.now.items = make([]item, 0, slabItems)
	}
}

// begin starts a body. Its bytes follow in the room that space gives.
func (s *sink) begin(rel tree.Rel) {
	if s.now != nil && len(s.now.items) == slabItems {
		s.push()
	}
	s.need()
	s.now.items = append(s.now.items, item{rel: rel, start: s.now.n, end: s.now.n, first: true})
}

// add says that n bytes were put into the room.
func (s *sink) add(n int) {
	s.now.n += n
	s.tail().end = s.now.n
}

// end ends the body, to be kept or dropped.
func (s *sink) end(keep bool) {
	s.need()
	it := s.tail()
	it.last, it.drop = keep, !keep
}

// tail is the item of the open body in the current slab, a new one if the body
// began in an earlier slab.
func (s *sink) tail() *item {
	items := s.now.items
	if n := len(items); n > 0 && !items[n-1].last && !items[n-1].drop {
		return &items[n-1]
	}
	s.now.items = append(items, item{start: 0, end: s.now.n})
	return &s.now.items[len(s.now.items)-1]
}

// push hands the current slab to the writer.
func (s *sink) push() {
	if s.now == nil {
		return
	}
	s.work <- s.now
	s.now = nil
}

// flush waits until everything is written and tells what was refused since the
// last flush, and the error that spoiled the run, if one did.
func (s *sink) flush() (failed []refused, broken error) {
	s.push()
	began := time.Now()
	held := make([]*slab, 0, slabs)
	for range slabs { // all slabs free means that the writer is idle
		held = append(held, <-s.free)
	}
	s.held += time.Since(began)
	for _, b := range held {
		s.free <- b
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	failed, s.failed = s.failed, nil
	return failed, s.broken
}

// isBroken tells whether writing has become pointless.
func (s *sink) isBroken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken != nil
}

// run is the writer.
func (s *sink) run() {
	w := writer{sink: s}
	for b := range s.work {
		w.guard(func() {
			for i := range b.items {
				w.take(b, &b.items[i])
			}
		})
		b.n, b.items = 0, b.items[:0]
		s.free <- b
	}
	w.guard(w.abort)
}

// writer is the writer's own state: the body that is open.
type writer struct {
	sink *sink
	body *tree.Body
	rel  tree.Rel
}

// guard does something. A panic of it spoils the run: the slabs must go on in their
// circle, or the receiving side would wait for one for ever.
func (w *writer) guard(f func()) {
	if err := cause.Guard(func() error { f(); return nil }); err != nil {
		w.body = nil // in whatever state it is
		w.spoil(err)
	}
}

func (w *writer) spoil(err error) {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	if w.sink.broken == nil {
		w.sink.broken = err
	}
}

func (w *writer) take(b *slab, it *item) {
	if it.first {
		w.start(it.rel)
	}
	if w.body != nil && it.end > it.start {
		if _, err := w.body.Write(b.buf[it.start:it.end]); err != nil {
			w.fail(err)
		}
	}
	switch {
	case it.drop:
		w.abort()
	case it.last:
		w.commit()
	}
}

func (w *writer) start(rel tree.Rel) {
	w.abort()
	w.rel = rel
	if w.sink.isBroken() {
		return
	}
	body, err := w.sink.tree.Create(rel)
	if err != nil {
		w.fail(err)
		return
	}
	w.body = body
}

func (w *writer) commit() {
	if w.body == nil {
		return
	}
	n, sum, err := w.body.Commit()
	if err != nil {
		w.fail(err)
		return
	}
	w.body = nil
	w.sink.kept(w.rel, n, sum)
}

func (w *writer) fail(err error) {
	w.abort()
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	if len(w.sink.failed) < maxRefused {
		w.sink.failed = append(w.sink.failed, refused{w.rel, err})
	}
	if w.sink.broken == nil && !isCalm(err) {
		w.sink.broken = err
	}
}

func (w *writer) abort() {
	if w.body != nil {
		w.body.Abort()
		w.body = nil
	}
}
