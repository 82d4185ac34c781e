package backupagent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// session is one connection.
type session struct {
	*link
	agent  *Agent
	ctx    context.Context
	reboot bool // after this connection
}

// Serve speaks MobileBackup2 on conn until the host has disconnected, then
// closes it. It is nil when the host said DLMessageDisconnect or closed between
// two requests, ctx's cause when ctx ended it, and else what went wrong on the
// wire; an ErrorCode told to the host is no error here.
func (a *Agent) Serve(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	a.count(func(s *Stats) { s.Connections++ })
	s := &session{link: newLink(conn), agent: a, ctx: ctx}
	s.transcript = a.Transcript
	err := s.run()
	if s.reboot {
		a.Reboot()
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, errDisconnected):
		return nil
	}
	return err
}

func (a *Agent) count(f func(*Stats)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(&a.stats)
}

func (s *session) run() error {
	if err := s.handshake(); err != nil {
		return err
	}
	for {
		message, err := s.request()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.answer(message); err != nil {
			return err
		}
		if s.reboot { // a host that does not hang up is hung up on
			s.conn.SetReadDeadline(time.Now().Add(patience))
		}
	}
}

// handshake is the version exchange.
func (s *session) handshake() error {
	if err := s.send("DLMessageVersionExchange", s.agent.Major, 0); err != nil {
		return fmt.Errorf("exchange versions: %w", err)
	}
	name, rest, err := s.receive()
	switch {
	case err != nil:
		return fmt.Errorf("exchange versions: %w", cut(err))
	case name == "DLMessageDisconnect":
		return errDisconnected
	case name != "DLMessageVersionExchange" || len(rest) == 0 || rest[0] != "DLVersionsOk":
		return fmt.Errorf("exchange versions: host answered %q", name)
	}
	return s.send("DLMessageDeviceReady")
}

// request reads the next DLMessageProcessMessage.
func (s *session) request() (map[string]any, error) {
	name, rest, err := s.receive()
	switch {
	case err != nil:
		return nil, err
	case name == "DLMessageDisconnect":
		return nil, errDisconnected
	case name != "DLMessageProcessMessage" || len(rest) == 0:
		return nil, fmt.Errorf("read request: got %q", name)
	}
	message, ok := rest[0].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("read request: it is a %T", rest[0])
	}
	return message, nil
}

// answer carries a request out and sends its Response. An error is one of the wire.
func (s *session) answer(message map[string]any) error {
	name, _ := message["MessageName"].(string)
	if name == "Hello" {
		return s.hello(message)
	}
	if target, ok := message["TargetIdentifier"].(string); ok && target != s.agent.env.UDID() {
		return fmt.Errorf("%s: for phone %q, this is %q", name, target, s.agent.env.UDID())
	}
	var err error
	switch name {
	case "Backup":
		err = s.exclusively(func() error { return s.backup(message) })
	case "Restore":
		err = s.exclusively(func() error { return s.restore(message) })
	case "ChangePassword":
		err = s.exclusively(func() error { return s.changePassword(message) })
	default:
		err = refuse(name)
	}
	return s.respond(err)
}

// refuse answers the requests that current phones no longer carry out.
func refuse(name string) error {
	switch name {
	case "Info", "List", "Unback", "Extract":
		return failWith(codeCorrupt, "Manifest.mbdb is missing")
	case "EraseDevice":
		return fail(codePolicy)
	}
	return failWith(codeInternal, "Unsupported request")
}

// respond sends the Response to a request that ended with err.
func (s *session) respond(err error) error {
	response := map[string]any{"MessageName": "Response", "ErrorCode": uint64(0)}
	if f := (*failure)(nil); errors.As(err, &f) {
		response["ErrorCode"] = uint64(f.code)
		if f.code != 0 {
			response["ErrorDescription"] = f.Error()
		}
	} else if err != nil {
		return err
	}
	return s.send("DLMessageProcessMessage", response)
}

func (s *session) hello(message map[string]any) error {
	versions, _ := message["SupportedProtocolVersions"].([]any)
	best := 0.0
	for _, v := range versions {
		if f, ok := v.(float64); ok && f >= 2 && f <= 2.1 {
			best = max(best, f)
		}
	}
	if best == 0 {
		return s.send("DLMessageProcessMessage", map[string]any{
			"MessageName": "Response", "ErrorCode": uint64(1), "ErrorDescription": "No common version",
		})
	}
	return s.send("DLMessageProcessMessage", map[string]any{
		"MessageName": "Response", "ErrorCode": uint64(0), "ProtocolVersion": best,
	})
}

// patience is how long a request waits for the one before it, whose connection
// may have been cut a moment ago, until it is told that the phone is busy.
const patience = 5 * time.Second

func (s *session) exclusively(f func() error) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s.agent.busy <- struct{}{}:
	case <-timer.C:
		return fail(codeBusy)
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
	defer func() { <-s.agent.busy }()
	return f()
}

// stage asks whether the request is to end here.
func (s *session) stage(name string) error {
	if code := s.agent.env.Stage(name); code != nil {
		return fail(*code)
	}
	return nil
}

// unlock shows the passcode sheet and waits for it.
func (s *session) unlock() error {
	env := s.agent.env
	if err := s.stage(StageRequest); err != nil {
		return err
	}
	env.Notify(SheetPresented)
	err := s.whileConnected(env.Passcode)
	env.Notify(SheetDismissed)
	switch {
	case errors.Is(err, ErrRefused):
		return fail(codeLocked)
	case err != nil:
		return err
	}
	return s.stage(StageUnlocked)
}

// whileConnected runs f with a context that ends when the host says anything or
// goes away, neither of which it does while it waits for the sheet.
func (s *session) whileConnected(f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if _, err := s.r.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
			cancel(errDisconnected)
		}
	}()
	err := f(ctx)
	// Ends Peek; what it may have read stays buffered.
	s.conn.SetReadDeadline(time.Unix(1, 0))
	<-watched
	s.conn.SetReadDeadline(time.Time{})
	if context.Cause(ctx) == errDisconnected {
		return errDisconnected
	}
	return err
}
