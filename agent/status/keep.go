package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// kept is what outlives the program, so that a page that stands open in a browser comes
// back after an update, and a bookmark works.
type kept struct {
	Port     int       `json:"port"`
	Visitors []visitor `json:"visitors"`
}

// keeper reads and writes it, in a file of the state folder.
type keeper struct{ dir string } // "" remembers nothing

const (
	keepName = "page.json"
	maxKept  = 64 << 10 // bytes
)

// read gives what was kept. A file that cannot be read has nothing in it.
func (k keeper) read() (was kept) {
	data, err := readSmall(k.dir, keepName, maxKept)
	if err != nil || json.Unmarshal(data, &was) != nil || was.Port < 1 || was.Port > 65535 {
		return kept{}
	}
	return was
}

// write puts a new file in the place of the old one; only its owner can read it.
func (k keeper) write(now kept) error {
	if k.dir == "" {
		return nil
	}
	data, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return writeSmall(k.dir, keepName, data)
}

// readSmall reads a file of ours that holds no more than limit bytes.
func readSmall(dir, name string, limit int64) ([]byte, error) {
	if dir == "" {
		return nil, os.ErrNotExist
	}
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("read %s: it is not a file of Homeport", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// writeSmall replaces a file of ours; only its owner can read it.
func writeSmall(dir, name string, data []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, name+".*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
