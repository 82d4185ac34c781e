package agent

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// interruptTimes are both in kernelbase.dll since Windows 10.
var (
	kernelBase    = windows.NewLazySystemDLL("kernelbase.dll")
	interruptTime = kernelBase.NewProc("QueryInterruptTime")
	unbiasedTime  = kernelBase.NewProc("QueryUnbiasedInterruptTime")
)

// hostAsleep is how long the computer has been asleep since it was started: what
// QueryInterruptTime counts and QueryUnbiasedInterruptTime does not, both in steps of
// 100 ns. A system without them never tells of a sleep.
func hostAsleep() time.Duration {
	if interruptTime.Find() != nil || unbiasedTime.Find() != nil {
		return 0
	}
	var all, awake uint64
	_, _, _ = interruptTime.Call(uintptr(unsafe.Pointer(&all)))
	_, _, _ = unbiasedTime.Call(uintptr(unsafe.Pointer(&awake)))
	if all < awake {
		return 0
	}
	return time.Duration(all-awake) * 100
}
