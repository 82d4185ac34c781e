package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"homeport/cause"
)

// maxFile bounds a settings file, in bytes.
const maxFile = 1 << 20

// errTooLarge and errNotFile are what can be wrong with a settings file besides
// the errors of the system.
var (
	errTooLarge = errors.New("larger than 1 MiB")
	errNotFile  = errors.New("not a regular file")
	errIsFolder = errors.New("is a folder")
)

// readFile reads a settings file. Only a regular file is read: a pipe or a device
// may keep its reader waiting for ever, or never end.
func readFile(name string) ([]byte, error) {
	if name == os.DevNull {
		return nil, nil
	}
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errIsFolder
	case !info.Mode().IsRegular():
		return nil, errNotFile
	case info.Size() > maxFile:
		return nil, errTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		return nil, errTooLarge
	}
	return data, err
}

// unreadable is the error for a settings file that cannot be read at all.
func unreadable(name string, err error) error {
	reason, allowed := whyUnreadable(err)
	return cause.New(cause.ConfigInvalid, cause.Evidence{"file": name, "reason": reason, "allowed": allowed},
		fmt.Errorf("read settings %s: %w", name, err))
}

// whyUnreadable words an error of a file, and what helps.
func whyUnreadable(err error) (reason, allowed string) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there", "--config with a file that is there, or write one with: homeport config init"
	case errors.Is(err, fs.ErrPermission):
		return "this account may not read it", "a file that your account may read, or change its permissions"
	case errors.Is(err, errIsFolder):
		return "it is a folder", "the name of a file, such as config.yaml in that folder"
	case errors.Is(err, errNotFile), unopenable(err):
		return "it is not an ordinary file", "an ordinary text file"
	case errors.Is(err, errTooLarge):
		return "it is larger than 1 MB", "a text file in the form of the sample"
	case circular(err):
		return "its links lead in a circle", "the file itself, or repair its links"
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return err.Error(), "a file that can be read"
}
