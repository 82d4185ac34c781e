package metrics

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	headerLimit = 5 * time.Second
	answerLimit = 30 * time.Second
	closeLimit  = 2 * time.Second
	mostHeader  = 8 << 10
	mostAtOnce  = 4
)

// Listener serves /metrics on this computer.
type Listener struct {
	server *http.Server
	addr   string
	done   sync.WaitGroup
}

// Listen serves /metrics on address, "127.0.0.1:9847", until Close. Only addresses of
// this computer are taken: there is no key, and names of phones are nobody else's
// business. A request that names another host is refused, so that no page of the web can
// read it through a name that was made to lead here.
func (m *Metrics) Listen(address string) (*Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("serve metrics: %s is not an address of this computer alone", address), l.Close())
	}
	ln := &Listener{addr: l.Addr().String()}
	ln.server = &http.Server{
		Handler: hostChecked(ln.addr, m.handler()), ReadHeaderTimeout: headerLimit, ReadTimeout: headerLimit,
		WriteTimeout: answerLimit, MaxHeaderBytes: mostHeader, DisableGeneralOptionsHandler: true,
	}
	ln.done.Go(func() { _ = ln.server.Serve(l) })
	return ln, nil
}

// Addr is where it listens.
func (l *Listener) Addr() string { return l.addr }

// Close ends it, and waits for what is under way.
func (l *Listener) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	err := l.server.Shutdown(ctx)
	if err != nil {
		err = l.server.Close()
	}
	l.done.Wait()
	return err
}

func (m *Metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(prometheus.Gatherers{m.own, m.process}, promhttp.HandlerOpts{MaxRequestsInFlight: mostAtOnce, EnableOpenMetrics: true}))
	return mux
}

// hostChecked admits requests that name this very address, or localhost with its port.
func hostChecked(addr string, h http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(addr)
	local := net.JoinHostPort("localhost", port)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case r.Host != addr && r.Host != local:
			http.Error(w, "this is not the address of the metrics", http.StatusForbidden)
		case len(r.Header.Values("Origin")) > 0 || len(r.Header.Values("Cookie")) > 0:
			http.Error(w, "the metrics are not for web pages", http.StatusForbidden)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// WriteFile writes it into a file for node_exporter's textfile collector, whole or not at
// all, without what the program itself needs: node_exporter tells its own under the same
// names. The folder must be there: it is another program's.
func (m *Metrics) WriteFile(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write metrics: %s is not an ordinary file", path)
	}
	if filepath.Ext(path) != ".prom" {
		return fmt.Errorf("write metrics: the name of %s must end in .prom", path)
	}
	err := prometheus.WriteToTextfile(path, m.own)
	if e, ok := errors.AsType[*fs.PathError](err); ok { // it names a file beside it
		return fmt.Errorf("write metrics: %s %s: %w", e.Op, path, e.Err)
	}
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}
