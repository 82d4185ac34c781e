//go:build !windows

package idevicebackup2

import (
	"os"

	"golang.org/x/sys/unix"
)

// openOutput makes what the tool writes to: a pseudo terminal, because the C
// library holds back what goes to a pipe, or a pipe where there is none to be had.
func openOutput() (ours, theirs *os.File, err error) {
	if ours, theirs, err = openTerminal(); err == nil {
		return ours, theirs, nil
	}
	return os.Pipe()
}

// isTerminal reports whether openOutput found a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	return err == nil
}

// raw takes the terminal's own changes away: no echo, no translated line ends.
func raw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG
	t.Iflag &^= unix.ICRNL | unix.IXON
	return unix.IoctlSetTermios(fd, setTermios, t)
}
