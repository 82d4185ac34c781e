package status

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"homeport/cause"
)

const (
	// keepAlive is how often a reader of events hears that the connection lives.
	keepAlive = 15 * time.Second
	// refresh is how often the picture is compared though nothing was told: a phone
	// becomes overdue by the clock alone.
	refresh = time.Minute
	// writeLimit is how long a reader may take for what it is sent; then it is dropped.
	writeLimit = 10 * time.Second
)

// Publish hands an event to all who read them, and never waits. kind is the name of the
// event, phone the UDID that it is about or "", moves says that a newer one of the same
// phone replaces it; e is written as JSON, when anybody reads at all.
func (s *Server) Publish(kind, phone string, moves bool, e any) {
	if !s.hub.watched() {
		return
	}
	data, err := json.Marshal(e)
	if err != nil {
		s.fault(fmt.Errorf("tell event %s: %w", kind, err))
		return
	}
	s.hub.publish(message{kind, data}, phone, moves)
}

// Changed says that Snapshot answers something else now, for a reason that no event
// tells.
func (s *Server) Changed() { s.hub.changed() }

// events serves GET /v1/events.
func (s *Server) events(most int, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sub, err := s.hub.subscribe(kind, most)
		if err != nil {
			w.Header().Set("Retry-After", "10")
			answer(w, http.StatusServiceUnavailable, errorBody{Failure{Message: err.Error(), ExitCode: cause.ExitBusy}})
			return
		}
		defer s.hub.leave(sub)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no")
		if r.Method == http.MethodHead {
			return
		}
		out := http.NewResponseController(w)
		_ = out.SetReadDeadline(time.Time{}) // nothing more is read, and that is no fault
		st := &stream{write: func(p []byte) error {
			if err := out.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
				return err
			}
			if _, err := w.Write(p); err != nil {
				return err
			}
			return out.Flush()
		}, snapshot: s.opts.Snapshot}
		_ = st.follow(r.Context(), s.hub.over, sub) // whoever goes, goes
	}
}

// stream writes events to one reader.
type stream struct {
	write    func([]byte) error
	snapshot func(context.Context) Snapshot
	shown    []byte // the picture that was told last, without its time
}

// follow writes what sub has until the reader goes, or the hub is over.
func (st *stream) follow(ctx context.Context, over <-chan struct{}, sub *subscriber) error {
	alive, again := time.NewTicker(keepAlive), time.NewTicker(refresh)
	defer alive.Stop()
	defer again.Stop()
	paced := time.NewTimer(0)
	defer paced.Stop()
	ready := false // the pace allows what moves
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-over:
			return st.tell(ctx, sub.take(true)) // how it ended
		case <-alive.C:
			if err := st.write([]byte(": alive\n\n")); err != nil {
				return err
			}
			continue
		case <-again.C:
			sub.stir()
		case <-paced.C:
			ready = true
		case <-sub.wake:
		}
		b := sub.take(ready)
		if len(b.events) == 0 && !b.lost && !b.status {
			continue
		}
		if ready {
			paced.Reset(pace)
			ready = false
		}
		if err := st.tell(ctx, b); err != nil {
			return err
		}
	}
}

// tell writes one batch in one piece.
func (st *stream) tell(ctx context.Context, b batch) error {
	var out bytes.Buffer
	if b.lost {
		put(&out, message{"lost", []byte("{}")})
	}
	for _, m := range b.events {
		put(&out, m)
	}
	if b.status {
		now := st.snapshot(ctx)
		at := now.Now
		now.Now = time.Time{}
		same, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if !bytes.Equal(same, st.shown) || b.lost {
			st.shown = same
			now.Now = at
			data, err := json.Marshal(now)
			if err != nil {
				return err
			}
			put(&out, message{"status", data})
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return st.write(out.Bytes())
}

// put writes one event. JSON has no line breaks, so that one data line holds it.
func put(out *bytes.Buffer, m message) {
	fmt.Fprintf(out, "event: %s\ndata: %s\n\n", m.event, m.data)
}
