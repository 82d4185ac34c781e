package usbmux

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// slower is how much less often a socket is looked at where the system tells of changes:
// not every file system does, and an idle computer should stay asleep.
const slower = 60

// sight tells when to look for a new socket: when something happened to its name, and
// now and then. An address that is no socket has none to look at.
type sight struct {
	news chan struct{} // nil: never
	stop chan struct{}
	work sync.WaitGroup
}

func (w *watch) watchSocket() *sight {
	s := &sight{stop: make(chan struct{})}
	if w.client.address.Network != "unix" {
		return s
	}
	s.news = make(chan struct{}, 1)
	s.work.Go(func() { s.follow(w.client.address.Addr, w.opts.SocketPoll) })
	return s
}

func (s *sight) close() {
	close(s.stop)
	s.work.Wait()
}

// follow tells of the socket at path until stop.
func (s *sight) follow(path string, every time.Duration) {
	var events chan fsnotify.Event
	var errs chan error
	if folder, err := fsnotify.NewWatcher(); err == nil {
		defer folder.Close()
		if folder.Add(filepath.Dir(path)) == nil {
			events, errs, every = folder.Events, folder.Errors, slower*every
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case e, ok := <-events:
			if !ok {
				events = nil
			}
			if filepath.Base(e.Name) != filepath.Base(path) {
				continue // others come and go in the same folder
			}
		case <-errs: // one that was missed: look
		case <-tick.C:
		}
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}
