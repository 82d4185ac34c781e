package mobilebackup2

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/usbmux/notify"
)

// Notifications that the phone sends while it is backed up.
const (
	noteCancel    = "com.apple.itunes-client.syncCancelRequest"
	notePresented = "com.apple.LocalAuthentication.ui.presented"
	noteDismissed = "com.apple.LocalAuthentication.ui.dismissed"
)

// Notifications that tell the phone, and other programs, about our sync.
const (
	noteWillStart   = "com.apple.itunes-mobdev.syncWillStart"
	noteLockRequest = "com.apple.itunes-mobdev.syncLockRequest"
	noteDidStart    = "com.apple.itunes-mobdev.syncDidStart"
	noteDidFinish   = "com.apple.itunes-mobdev.syncDidFinish"
)

// watch listens to the phone beside the backup: the passcode sheet shows nowhere
// else, and a tap on Cancel comes here before the backup ends.
type watch struct {
	client  *notify.Client // nil: the phone does not let us listen, see refused
	refused error
	asked   atomic.Bool   // the passcode sheet was shown
	shown   chan struct{} // closed when it was shown for the first time
	up      atomic.Bool   // and is up now

	mu    sync.Mutex
	since time.Time     // when it came up; zero while it is not
	total time.Duration // that it was up before
}

// startWatch begins to listen. A phone that does not let us is backed up all the
// same: what only the notifications know is then not told.
func (r *run) startWatch() error {
	conn, err := r.open(serviceNotify)
	if id, _ := cause.Of(err); id == cause.BackupServiceRefused || id == cause.BackupBlockedByRestriction {
		r.watch = &watch{shown: make(chan struct{}), refused: err}
		return nil
	}
	if err != nil {
		return err
	}
	w := &watch{client: notify.New(conn), shown: make(chan struct{})}
	r.watch = w
	r.undo = append(r.undo, func() { r.bounded(func() { hangUp(conn) }, func() { _ = w.client.Close() }) })
	r.wait.Go(func() {
		if err := cause.Guard(func() error { w.listen(r); return nil }); err != nil {
			r.cancel(err)
		}
	})
	if err := w.client.Observe(noteCancel, notePresented, noteDismissed); err != nil {
		return linkCause(r.ctx, err, nil)
	}
	return nil
}

// post tells a notification to all who listen on the phone.
func (w *watch) post(name string) error {
	if w.client == nil {
		return nil
	}
	return w.client.Post(name)
}

// odd is what the log should know about the notifications.
func (w *watch) odd() []string {
	if w.refused == nil {
		return nil
	}
	return []string{"the phone sends no notifications: " + w.refused.Error()}
}

// listen follows the notifications until the connection ends.
func (w *watch) listen(r *run) {
	for name := range w.client.Events() {
		switch name {
		case notePresented:
			w.show(true, time.Now())
			if !w.asked.Swap(true) {
				close(w.shown)
			}
			r.prog.phaseFrom(backup.PhasePasscode, backup.PhaseConnecting, backup.PhaseWaiting)
		case noteDismissed:
			w.show(false, time.Now())
			r.prog.phaseFrom(backup.PhaseWaiting, backup.PhasePasscode)
		case noteCancel:
			r.cancel(w.cancelled(r.prog.now().Phase))
		}
	}
}

// cancelled is the cause of a Cancel on the phone: of the passcode, or, once the
// phone has begun to talk, of the backup itself.
func (w *watch) cancelled(phase backup.Phase) error {
	if w.up.Load() || phase == backup.PhaseWaiting || phase == backup.PhasePasscode {
		return cause.New(cause.PasscodePromptCancelled, nil, errors.New("cancelled at the passcode prompt"))
	}
	return cause.New(cause.DeviceCancelled, nil, errors.New("cancelled on the phone"))
}

// explain adds what only the notifications know, to the error of a phone that was silent
// for so long after the request.
func (w *watch) explain(err error, silent time.Duration) error {
	id, _ := cause.Of(err)
	switch {
	case id == cause.TransferStalled && w.up.Load():
		return backup.PromptMissed(fmt.Errorf("the passcode prompt is still up: %w", err), true, w.shownFor())
	case id != cause.PasscodePromptUnanswered:
		return err
	case w.wasAsked():
		return backup.PromptMissed(err, true, w.shownFor())
	}
	return backup.PromptMissed(err, false, silent)
}

// show notes that the passcode sheet is up now, or is not.
func (w *watch) show(up bool, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.since.IsZero() {
		w.total += now.Sub(w.since)
		w.since = time.Time{}
	}
	if up {
		w.since = now
	}
	w.up.Store(up)
}

// shownFor is how long the passcode sheet has been up.
func (w *watch) shownFor() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() {
		return w.total
	}
	return w.total + time.Since(w.since)
}

// wasAsked reports whether the passcode sheet was shown. The notification comes
// over another connection than the end of the backup and may be a moment late.
func (w *watch) wasAsked() bool {
	late := time.NewTimer(lateNotice)
	defer late.Stop()
	select {
	case <-w.shown:
		return true
	case <-late.C:
		return false
	}
}

// lateNotice is how long a notification may trail behind what it tells of: on a
// busy computer it was seen to be half a second.
const lateNotice = 2 * time.Second

// tidyTime is what one step of tidying up at the end may take.
const tidyTime = 2 * time.Second

// bounded runs do, and after tidyTime makes it end by cut.
func (r *run) bounded(cut, do func()) {
	timer := time.AfterFunc(tidyTime, cut)
	defer timer.Stop()
	do()
}
