package status

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"homeport/agent/history"
)

// Options are what a Server shows and does. Every function may be called by several
// goroutines at a time.
type Options struct {
	// Snapshot is the picture as it is now. It must not wait for a drive or a phone.
	Snapshot func(context.Context) Snapshot
	// Start begins a backup and answers the phone as it stands then.
	Start func(context.Context, StartRequest) (Phone, error)
	// Cancel ends the backup of a phone; what was received is kept.
	Cancel func(ctx context.Context, udid string) (Phone, error)
	// Reload reads the settings again.
	Reload func(context.Context) Reloaded
	// Runs are the runs of the past, newest first.
	Runs func(context.Context, history.Filter) ([]history.Run, error)
	// Log is the log, oldest line first.
	Log func(context.Context, LogQuery) ([]LogLine, error)
	// Fault is told what goes wrong while requests are served; for the log.
	Fault func(error)
	// Keep is the folder in which the page's port and its visitors are remembered over
	// the life of the program; "" remembers nothing.
	Keep string
}

// The limits of one listener.
const (
	mostConnections = 64
	mostReaders     = 16 // of events
	mostHeader      = 16 << 10
	mostBody        = 64 << 10
	headerLimit     = 5 * time.Second
	requestLimit    = 15 * time.Second
	idleLimit       = 2 * time.Minute
	closeLimit      = 2 * time.Second
)

// Server serves the control API, and the status page when it is wanted.
type Server struct {
	opts Options
	hub  *hub
	page *page

	mu      sync.Mutex
	servers []*http.Server
	closed  bool
	running sync.WaitGroup
	work    underWay
}

// NewServer prepares a Server; Serve starts it.
func NewServer(opts Options) *Server {
	if opts.Fault == nil {
		opts.Fault = func(error) {}
	}
	s := &Server{opts: opts, hub: newHub()}
	s.page = newPage(opts.Keep)
	return s
}

// Serve serves the whole API on l, which it owns from now on, until Close. Whoever can
// connect to l may do everything: that is for l to see to, as Listen's does.
func (s *Server) Serve(l net.Listener) error {
	return s.serve(l, controlGuard(s.controlRoutes()))
}

func (s *Server) serve(l net.Listener, h http.Handler) error {
	in := newCrowd(l, mostConnections)
	srv := &http.Server{
		ConnState: in.state, Handler: s.work.counted(h), ReadHeaderTimeout: headerLimit, ReadTimeout: requestLimit, IdleTimeout: idleLimit,
		MaxHeaderBytes: mostHeader, DisableGeneralOptionsHandler: true, ErrorLog: log.New(faults{s}, "", 0),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(errors.New("serve status: it is closed"), l.Close())
	}
	s.servers = append(s.servers, srv)
	s.running.Go(func() {
		if err := srv.Serve(in); !errors.Is(err, http.ErrServerClosed) {
			s.fault(fmt.Errorf("serve status: %w", err))
		}
	})
	return nil
}

// Close ends the listeners and every connection, and waits for all that is under way.
func (s *Server) Close() error {
	s.mu.Lock()
	servers := s.servers
	s.closed = true
	s.mu.Unlock()
	s.hub.close()
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	var errs []error
	for _, srv := range servers {
		if srv.Shutdown(ctx) != nil {
			errs = append(errs, srv.Close())
		}
	}
	s.running.Wait()
	s.work.wait()
	return errors.Join(errs...)
}

func (s *Server) fault(err error) { s.opts.Fault(err) }

// faults hands what net/http says to Fault.
type faults struct{ server *Server }

func (f faults) Write(p []byte) (int, error) {
	f.server.fault(errors.New(strings.TrimSpace(string(p))))
	return len(p), nil
}
