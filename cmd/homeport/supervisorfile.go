package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// putFile writes a file where something else stands there, or nothing. The new one
// takes the place of the old one at once, and did says which it was.
func putFile(name string, text []byte, mode os.FileMode) (did []string, changed bool, err error) {
	old, err := os.ReadFile(name)
	switch {
	case err == nil && bytes.Equal(old, text):
		return []string{"as it was: " + name}, false, nil
	case err == nil:
		did = []string{"written anew: " + name}
	case errors.Is(err, fs.ErrNotExist):
		did = []string{"written: " + name}
	default:
		return nil, false, fmt.Errorf("read what is there: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, false, fmt.Errorf("make folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, false, fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return nil, false, fmt.Errorf("write %s: %w", name, err)
	}
	return did, true, nil
}

// asRoot adds what helps when the files of the whole computer are not this account's to
// write.
func asRoot(system bool, err error) error {
	if system && errors.Is(err, fs.ErrPermission) {
		return advised{err, "run it with sudo"}
	}
	return err
}
