package idevicebackup2

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/usbmux/notify"
)

// Notifications that the phone sends while it is backed up. 1.3 of the tool does
// not know the passcode sheet, and newer ones look for it for two seconds only.
const (
	serviceNotify = "com.apple.mobile.notification_proxy"
	noteCancel    = "com.apple.itunes-client.syncCancelRequest"
	notePresented = "com.apple.LocalAuthentication.ui.presented"
	noteDismissed = "com.apple.LocalAuthentication.ui.dismissed"
)

// prompt follows the passcode sheet beside the tool.
type prompt struct {
	client *notify.Client
	conn   net.Conn
	stop   func() bool
	wait   sync.WaitGroup

	mu    sync.Mutex
	asked chan struct{} // closed when the sheet was shown for the first time
	up    bool
	since time.Time     // when it came up, or went
	total time.Duration // that it was up before
	seen  bool          // it was shown
}

// watchPrompt opens the phone's notification proxy.
func watchPrompt(r *run) (*prompt, error) {
	conn, err := r.job.Phone.Open(r.ctx, serviceNotify)
	if err != nil {
		if r.ctx.Err() != nil {
			return nil, stopCause(r.ctx)
		}
		return nil, err
	}
	p := &prompt{client: notify.New(conn), conn: conn, asked: make(chan struct{})}
	p.stop = context.AfterFunc(r.ctx, p.hangUp)
	p.wait.Go(func() {
		if err := cause.Guard(func() error { p.listen(r); return nil }); err != nil {
			r.cancel(err)
		}
	})
	if err := p.client.Observe(noteCancel, notePresented, noteDismissed); err != nil {
		p.close()
		if r.ctx.Err() != nil {
			return nil, stopCause(r.ctx)
		}
		return nil, cause.New(cause.DeviceDisconnected, nil, err)
	}
	return p, nil
}

// hangUp closes the connection without waiting: below a TLS layer first, which
// would else try to say goodbye to a phone that is gone.
func (p *prompt) hangUp() {
	if below, ok := p.conn.(interface{ NetConn() net.Conn }); ok {
		_ = below.NetConn().Close()
	}
	_ = p.conn.Close()
}

// goodbye is how long the proxy may take to end in order.
const goodbye = 2 * time.Second

func (p *prompt) close() {
	p.stop()
	cut := time.AfterFunc(goodbye, p.hangUp)
	defer cut.Stop()
	_ = p.client.Close()
	p.wait.Wait()
}

func (p *prompt) listen(r *run) {
	for name := range p.client.Events() {
		switch name {
		case notePresented:
			p.show(true)
			r.prog.prompt(true)
		case noteDismissed:
			p.show(false)
			r.prog.prompt(false)
		case noteCancel:
			r.cancel(p.cancelled(r.prog.now().Phase))
		}
	}
}

func (p *prompt) show(up bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up {
		p.total += time.Since(p.since)
	}
	p.up, p.since = up, time.Now()
	if up && !p.seen {
		p.seen = true
		close(p.asked)
	}
}

// cancelled is the cause of a Cancel on the phone: of the passcode, or, once the
// phone has begun to send, of the backup itself.
func (p *prompt) cancelled(phase backup.Phase) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up || phase == backup.PhaseWaiting || phase == backup.PhasePasscode {
		return cause.New(cause.PasscodePromptCancelled, nil, errors.New("cancelled at the passcode prompt"))
	}
	return cause.New(cause.DeviceCancelled, nil, errors.New("cancelled on the phone"))
}

// lateNotice is how long a notification may trail behind what it tells of.
const lateNotice = 2 * time.Second

// explain tells a silence that is the passcode sheet's.
func (p *prompt) explain(err error) error {
	id, _ := cause.Of(err)
	if up, shown := p.state(); up && id == cause.TransferStalled {
		return backup.PromptMissed(err, true, shown)
	}
	return err
}

// locked is the phone's "locked", of one that was silent for so long after the request.
func (p *prompt) locked(ev cause.Evidence, err error, silent time.Duration) error {
	err = cause.New(cause.PasscodePromptUnanswered, ev, err)
	late := time.NewTimer(lateNotice)
	defer late.Stop()
	select {
	case <-p.asked:
		_, shown := p.state()
		return backup.PromptMissed(err, true, shown)
	case <-late.C:
		return backup.PromptMissed(err, false, silent)
	}
}

// state is whether the sheet is up, and for how long it has been.
func (p *prompt) state() (up bool, shown time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up {
		return true, p.total + time.Since(p.since)
	}
	return false, p.total
}
