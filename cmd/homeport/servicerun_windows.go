package main

import (
	"context"
	"io"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"

	"homeport/configs/service"
)

// runUnderManager is the service as Windows' service manager wants it.
func runUnderManager(ctx context.Context, a *app) error {
	a.speakToNobody()
	h := &managed{ctx: ctx, app: a}
	if err := svc.Run(service.TaskName, h); err != nil {
		return usageError{err} // not started by the manager
	}
	return nil
}

// managed answers the service manager while the daemon runs.
type managed struct {
	ctx context.Context
	app *app
}

// stopHint is how long a clean end may take, in milliseconds.
const stopHint = 150_000

// Execute implements svc.Handler. A stop and the end of Windows are one signal each;
// a second request changes nothing, since the manager itself loses patience. Of the end
// it is told early (pre-shutdown), which leaves more time than the five seconds of a
// shutdown to set a backup aside.
func (m *managed) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	const accepts = svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown
	status <- svc.Status{State: svc.StartPending}
	done := make(chan error, 1)
	go func() { done <- runService(m.ctx, m.app) }()
	status <- svc.Status{State: svc.Running, Accepts: accepts}
	stopping := false
	for {
		select {
		case err := <-done:
			if err != nil {
				return true, uint32(exitCode(nil, err))
			}
			return false, 0
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- r.CurrentStatus
			case svc.Stop, svc.Shutdown, svc.PreShutdown:
				status <- svc.Status{State: svc.StopPending, WaitHint: stopHint}
				if !stopping {
					stopping = true
					m.app.signals.raise(syscall.SIGTERM)
				}
			}
		}
	}
}

// speakToNobody drops what is printed: nobody reads it, and a console that has gone
// would look like a disk that is full.
func (a *app) speakToNobody() {
	a.stdout, a.stderr, a.signals.stderr = &output{w: io.Discard}, io.Discard, io.Discard
}

// followSession leaves the console that the Task Scheduler opened for this program
// alone, and makes one signal of each way in which Windows ends a program without
// one: the end of the session, WM_CLOSE, and the event of service stop.
func followSession(a *app) (end func()) {
	if ownConsole() {
		a.speakToNobody()
		_, _, _ = procFreeConsole.Call()
	}
	ended := make(chan struct{})
	stopEvent := awaitStopEvent(a.signals)
	closeWindow := openSessionWindow(func(wait bool) {
		a.signals.raise(syscall.SIGTERM)
		if !wait {
			return
		}
		select { // Windows ends the program when this returns
		case <-ended:
		case <-time.After(sessionGrace):
		}
	})
	return func() {
		close(ended)
		closeWindow()
		stopEvent()
	}
}

// sessionGrace is how long the end of a session is held up; Windows asks the person
// after five seconds.
const sessionGrace = 30 * time.Second

var (
	kernel32              = windows.NewLazySystemDLL("kernel32.dll")
	procFreeConsole       = kernel32.NewProc("FreeConsole")
	procGetConsoleProcess = kernel32.NewProc("GetConsoleProcessList")
)

// ownConsole says that this process is alone in its console: it was opened for it.
func ownConsole() bool {
	var list [2]uint32
	n, _, _ := procGetConsoleProcess.Call(uintptr(unsafe.Pointer(&list[0])), uintptr(len(list)))
	return n == 1
}

// awaitStopEvent raises a signal when service stop asks for the end of this process.
func awaitStopEvent(s *signals) (end func()) {
	ask, err := windows.CreateEvent(nil, 1, 0, stopEventName(os.Getpid()))
	if err != nil {
		return func() {}
	}
	over, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		_ = windows.CloseHandle(ask)
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if n, err := windows.WaitForMultipleObjects([]windows.Handle{ask, over}, false, windows.INFINITE); err == nil && n == windows.WAIT_OBJECT_0 {
			s.raise(syscall.SIGTERM)
		}
	}()
	return func() {
		_ = windows.SetEvent(over)
		<-done
		_, _ = windows.CloseHandle(ask), windows.CloseHandle(over)
	}
}
