package computer

import (
	"context"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"

	"homeport/preflight"
)

// powerStatus is SYSTEM_POWER_STATUS.
type powerStatus struct {
	line, flag, percent, saver byte
	left, full                 uint32 // seconds
}

func battery(context.Context) (preflight.Battery, error) {
	var s powerStatus
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetSystemPowerStatus")
	if ok, _, err := call.Call(uintptr(unsafe.Pointer(&s))); ok == 0 {
		return preflight.Battery{}, fmt.Errorf("read power status: %w", err)
	}
	return batteryOfStatus(s.line, s.flag, s.percent), nil
}
