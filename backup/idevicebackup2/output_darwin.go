package idevicebackup2

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// nameSize is how long TIOCPTYGNAME's answer is.
const nameSize = 128

// openTerminal opens a pseudo terminal in raw mode: our end and the tool's.
func openTerminal() (ours, theirs *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open terminal: %w", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	var name [nameSize]byte
	for _, step := range []struct {
		request uintptr
		arg     unsafe.Pointer
	}{{unix.TIOCPTYGRANT, nil}, {unix.TIOCPTYUNLK, nil}, {unix.TIOCPTYGNAME, unsafe.Pointer(&name)}} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), step.request, uintptr(step.arg)); errno != 0 {
			return nil, nil, fmt.Errorf("set up terminal: %w", errno)
		}
	}
	path, _, _ := bytes.Cut(name[:], []byte{0})
	far, err := unix.Open(string(path), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := raw(far); err != nil {
		_ = unix.Close(far)
		return nil, nil, fmt.Errorf("set up %s: %w", path, err)
	}
	// Without blocking, a Close of ours ends a Read of ours.
	_ = unix.SetNonblock(fd, true)
	return os.NewFile(uintptr(fd), "/dev/ptmx"), os.NewFile(uintptr(far), string(path)), nil
}
