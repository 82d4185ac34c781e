package idevicebackup2

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)

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
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, fmt.Errorf("unlock terminal: %w", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, fmt.Errorf("name terminal: %w", err)
	}
	name := "/dev/pts/" + strconv.Itoa(n)
	far, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	if err := raw(far); err != nil {
		_ = unix.Close(far)
		return nil, nil, fmt.Errorf("set up %s: %w", name, err)
	}
	// Without blocking, a Close of ours ends a Read of ours.
	_ = unix.SetNonblock(fd, true)
	return os.NewFile(uintptr(fd), "/dev/ptmx"), os.NewFile(uintptr(far), name), nil
}
