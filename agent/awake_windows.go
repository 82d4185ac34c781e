package agent

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"
)

// HostWaker tells Windows that the system is in use (SetThreadExecutionState), which it takes
// back by itself when we end.
func HostWaker() Waker { return &executionState{} }

type executionState struct{}

// What SetThreadExecutionState is told (winbase.h).
const (
	esContinuous     = 0x80000000
	esSystemRequired = 0x00000001
)

// Hold keeps a thread for as long as the computer is to stay awake: the state is the thread's.
func (executionState) Hold(_ context.Context, _ string) (func(), error) {
	set := windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")
	if err := set.Find(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoWaker, err)
	}
	held, end, over := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if before, _, _ := set.Call(esContinuous | esSystemRequired); before == 0 {
			held <- errors.New("Windows refuses")
			return
		}
		held <- nil
		<-end
		_, _, _ = set.Call(esContinuous)
	}()
	if err := <-held; err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { close(end); <-over }), nil
}
