package main

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Windows tells a program without a console about the end of a session by messages to
// its windows; a window that nobody sees gets them too, unless it is one for messages
// only.

var (
	user32              = windows.NewLazySystemDLL("user32.dll")
	procRegisterClass   = user32.NewProc("RegisterClassExW")
	procCreateWindow    = user32.NewProc("CreateWindowExW")
	procDefWindowProc   = user32.NewProc("DefWindowProcW")
	procGetMessage      = user32.NewProc("GetMessageW")
	procDispatchMessage = user32.NewProc("DispatchMessageW")
	procPostMessage     = user32.NewProc("PostMessageW")
	procPostQuitMessage = user32.NewProc("PostQuitMessage")
)

// The messages that matter, from winuser.h.
const (
	wmClose           = 0x0010
	wmQueryEndSession = 0x0011
	wmEndSession      = 0x0016
	wmLeave           = 0x8000 // WM_APP: ours, when the daemon has ended
)

// windowClass is WNDCLASSEXW.
type windowClass struct {
	size, style                  uint32
	proc                         uintptr
	classExtra, windowExtra      int32
	instance, icon, cursor, back windows.Handle
	menu, name                   *uint16
	smallIcon                    windows.Handle
}

// windowMessage is MSG.
type windowMessage struct {
	window  windows.Handle
	message uint32
	w, l    uintptr
	time    uint32
	x, y    int32
	private uint32
}

// openSessionWindow calls asked when Windows wants this program to end; wait says that
// it goes on as soon as asked returns. Where there are no windows, as in a session
// without a screen, nothing comes.
func openSessionWindow(asked func(wait bool)) (end func()) {
	opened, done := make(chan uintptr, 1), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // a window belongs to its thread
		defer runtime.UnlockOSThread()
		window := makeSessionWindow(asked)
		opened <- window
		if window == 0 {
			return
		}
		var m windowMessage
		for {
			if r, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0); int32(r) <= 0 {
				return
			}
			_, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(&m)))
		}
	}()
	window := <-opened
	return func() {
		if window != 0 {
			_, _, _ = procPostMessage.Call(window, wmLeave, 0, 0)
		}
		<-done
	}
}

func makeSessionWindow(asked func(wait bool)) uintptr {
	name := windows.StringToUTF16Ptr("HomeportSession")
	class := windowClass{name: name, proc: syscall.NewCallback(func(window uintptr, message uint32, w, l uintptr) uintptr {
		switch message {
		case wmClose:
			asked(false)
			return 0
		case wmQueryEndSession:
			return 1
		case wmEndSession:
			if w != 0 {
				asked(true)
			}
			return 0
		case wmLeave:
			_, _, _ = procPostQuitMessage.Call(0)
			return 0
		}
		r, _, _ := procDefWindowProc.Call(window, uintptr(message), w, l)
		return r
	})}
	class.size = uint32(unsafe.Sizeof(class))
	if procRegisterClass.Find() != nil {
		return 0
	}
	if r, _, _ := procRegisterClass.Call(uintptr(unsafe.Pointer(&class))); r == 0 {
		return 0
	}
	window, _, _ := procCreateWindow.Call(0, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(name)), 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return window
}
