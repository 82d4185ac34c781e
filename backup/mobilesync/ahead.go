package mobilesync

import (
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"

	"homeport/cause"
)

// readAhead bounds how many entries of listings wait for the walk: about 20 MB.
const readAhead = 64 << 10

// ahead lists the folders of bodies before the walk comes to them, on all processors
// and while the rows are still being read: most of a check is waiting for the kernel to
// describe a file. It lists nothing else, and changes nothing about the order in which
// the walk sees it.
type ahead struct {
	list  func(dir string) ([]fs.DirEntry, error)
	names []string
	most  int // entries that may wait
	wait  sync.WaitGroup

	mu      sync.Mutex
	changed sync.Cond // of what is below
	done    []*listing
	next    int // the first of names that nobody has taken
	waiting int // entries that are listed and not yet collected
	stopped bool
}

type listing struct {
	entries []fs.DirEntry
	err     error
}

// listAhead begins to list those of the top entries that are folders of bodies. The
// caller calls stop.
func listAhead(list func(string) ([]fs.DirEntry, error), top []fs.DirEntry, most int) *ahead {
	a := &ahead{list: list, most: most}
	a.changed.L = &a.mu
	for _, e := range top {
		if _, ok := parseShard(e.Name()); ok && e.IsDir() {
			a.names = append(a.names, e.Name())
		}
	}
	a.done = make([]*listing, len(a.names))
	for range min(len(a.names), max(2, runtime.GOMAXPROCS(0))) {
		a.wait.Go(a.work)
	}
	return a
}

func (a *ahead) work() {
	for {
		i, ok := a.take()
		if !ok {
			return
		}
		l := &listing{}
		l.err = cause.Guard(func() (err error) {
			l.entries, err = a.list(a.names[i])
			return err
		})
		a.mu.Lock()
		a.done[i] = l
		a.waiting += len(l.entries)
		a.changed.Broadcast()
		a.mu.Unlock()
	}
}

// take waits until there is room for one more listing. They are taken in the order in
// which they are collected, so that what waits is always what is wanted next.
func (a *ahead) take() (int, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.stopped && a.waiting >= a.most && a.next < len(a.names) {
		a.changed.Wait()
	}
	if a.stopped || a.next == len(a.names) {
		return 0, false
	}
	a.next++
	return a.next - 1, true
}

// collect gives the listing of a folder, once.
func (a *ahead) collect(name string) ([]fs.DirEntry, error) {
	i, ok := slices.BinarySearchFunc(a.names, name, strings.Compare)
	if !ok {
		return a.list(name)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.done[i] == nil {
		a.changed.Wait()
	}
	l := a.done[i]
	a.done[i] = &listing{err: fs.ErrClosed}
	a.waiting -= len(l.entries)
	a.changed.Broadcast()
	return l.entries, l.err
}

// stop ends the listing and waits for it.
func (a *ahead) stop() {
	a.mu.Lock()
	a.stopped = true
	a.changed.Broadcast()
	a.mu.Unlock()
	a.wait.Wait()
}
