package usbmux

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/danielpaulus/go-ios/ios"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// maxNonsense is how many unreadable messages in a row a listening connection may
// bring before it is given up.
const maxNonsense = 10

// socketState is what the file system shows of a unix socket.
type socketState struct {
	exists bool
	info   os.FileInfo
}

func lookAt(a Address) socketState {
	if a.Network != "unix" {
		return socketState{}
	}
	info, err := os.Stat(a.Addr)
	return socketState{exists: err == nil, info: info}
}

// same says whether it is the same socket: a restarted usbmuxd makes a new one.
func (s socketState) same(t socketState) bool {
	if s.exists != t.exists {
		return false
	}
	return !s.exists || os.SameFile(s.info, t.info) && s.info.ModTime().Equal(t.info.ModTime())
}

// heard is one message from the listening connection, or its end.
type heard struct {
	message plist.Dict
	err     error // unreadable; with end, why the connection ended
	end     bool
}

// listing is the answer to one comparison of the device list.
type listing struct {
	links []Link
	bad   []error
	err   error
	after int // how many messages had been handled when it was asked for
}

// session listens on one connection until that ends, and returns why.
func (w *watch) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := w.client.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	request := ios.NewListen()
	request.ProgName, request.ClientVersionString = program, program
	reply, err := w.client.exchange(ctx, conn, "listen", request)
	if err != nil {
		return w.client.stranger(conn, err)
	}
	if err := w.client.result(reply, "Listen"); err != nil {
		return cause.From(err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return cause.New(cause.MuxServiceStopped, nil, fmt.Errorf("listen: %w", err))
	}
	f := &follower{watch: w, conn: conn, messages: make(chan heard), lists: make(chan listing), stopped: make(chan struct{})}
	return f.follow(ctx)
}

// follower handles what comes over one listening connection, and compares the
// device list from time to time.
type follower struct {
	*watch
	conn     net.Conn
	messages chan heard
	lists    chan listing
	stopped  chan struct{} // closed when the reader has ended
	asking   bool          // a list was asked for and has not come
	handled  int           // messages
	nonsense int           // unreadable ones in a row
}

// follow returns why the connection ended. All that it starts has ended by then.
func (f *follower) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer f.stop()
	defer cancel()
	go func() {
		defer close(f.stopped)
		err := cause.Guard(func() error { listen(ctx, f.conn, f.messages); return nil })
		if err != nil {
			pass(ctx, f.messages, heard{end: true, err: err})
		}
	}()
	f.ask(ctx)
	reconcile := time.NewTicker(f.opts.Reconcile)
	defer reconcile.Stop()
	// Nothing is told before the first list: usbmuxd that listens but answers
	// nothing else is not up.
	var messages <-chan heard
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.C:
			f.ask(ctx)
		case l := <-f.lists:
			err = f.listed(ctx, l)
			messages = f.messages
		case m := <-messages:
			err = f.heard(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

// stop waits for the reader and for a list that is still asked for.
func (f *follower) stop() {
	f.conn.Close()
	<-f.stopped
	if f.asking {
		<-f.lists
	}
}

// ask asks for the device list on a connection of its own.
func (f *follower) ask(ctx context.Context) {
	if f.asking {
		return
	}
	f.asking = true
	l := listing{after: f.handled}
	go func() {
		l.err = cause.Guard(func() (err error) {
			l.links, l.bad, err = f.client.Devices(ctx)
			return err
		})
		f.lists <- l
	}()
}

// listed makes the links equal to the list.
func (f *follower) listed(ctx context.Context, l listing) error {
	f.asking = false
	if l.err != nil {
		return l.err
	}
	if l.after != f.handled {
		f.ask(ctx) // a list from before the last event would undo it
		return nil
	}
	f.rise(ctx)
	f.emit(ctx, append(nonsenses(l.bad), f.links.relist(l.links)...)...)
	return nil
}

// heard handles one message, or the end of the connection.
func (f *follower) heard(ctx context.Context, m heard) error {
	if m.end {
		return m.err
	}
	f.handled++
	events := f.handle(m)
	f.emit(ctx, events...)
	if len(events) != 1 || events[0].Kind != Nonsense {
		f.nonsense = 0
		return nil
	}
	if f.nonsense++; f.nonsense >= maxNonsense {
		return cause.New(cause.ProtocolError, layerEvidence(), fmt.Errorf("listen: %w", events[0].Err))
	}
	return nil
}

// rise tells once that usbmuxd answers.
func (w *watch) rise(ctx context.Context) {
	if !w.up {
		w.up = true
		w.emit(ctx, Event{Kind: ServiceUp})
	}
}

// handle turns one message into events.
func (w *watch) handle(m heard) []Event {
	if m.err != nil {
		return nonsenses([]error{m.err})
	}
	kind, _ := m.message.String("MessageType")
	switch kind {
	case "Attached":
		link, err := decodeLink(map[string]any(m.message))
		if err != nil {
			return nonsenses([]error{err})
		}
		return w.links.attach(link)
	case "Detached", "Paired":
		id, ok := m.message.Int("DeviceID")
		if !ok {
			return nonsenses([]error{fmt.Errorf("read %s event: no device id", kind)})
		}
		if kind == "Detached" {
			return w.links.detach(int(id))
		}
		if link, known := w.links[int(id)]; known {
			return []Event{{Kind: Paired, Link: link}}
		}
	case "":
		return nonsenses([]error{errors.New("read event: it has no kind")})
	}
	return nil // a kind of tomorrow
}

// nonsenses makes one event of each error.
func nonsenses(errs []error) []Event {
	events := make([]Event, 0, len(errs))
	for _, err := range errs {
		events = append(events, Event{Kind: Nonsense, Err: cause.New(cause.ProtocolError, layerEvidence(), err)})
	}
	return events
}

// listen reads messages until the connection or ctx ends.
func listen(ctx context.Context, conn net.Conn, messages chan<- heard) {
	w := newWire(conn)
	for {
		_, message, err := w.receive()
		m := heard{message: message, err: err}
		switch _, content := errors.AsType[*contentError](err); {
		case err == nil || content:
		case w.failed():
			m.end, m.err = true, cause.New(cause.MuxServiceStopped, nil, fmt.Errorf("listen: %w", err))
		default:
			m.end, m.err = true, cause.New(cause.ProtocolError, layerEvidence(), fmt.Errorf("listen: %w", err))
		}
		if !pass(ctx, messages, m) || m.end {
			return
		}
	}
}

// pass hands m on, unless ctx ends.
func pass(ctx context.Context, messages chan<- heard, m heard) bool {
	select {
	case messages <- m:
		return true
	case <-ctx.Done():
		return false
	}
}
