package configs

import (
	"errors"
	"os"
	"syscall"
)

// openFile opens a file after a look at what it is: opening a device by itself
// may already do something.
func openFile(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, errNotFile
	}
	return os.Open(name)
}

func unopenable(error) bool { return false }

// circular knows ERROR_CANT_RESOLVE_FILENAME, which links in a circle give.
func circular(err error) bool { return errors.Is(err, syscall.Errno(1921)) }
