package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"homeport/backup/idevicebackup2"
)

// oldTools remembers which installed idevicebackup2 did not speak a phone's
// version: its path, and the date of its file, by which an update shows. It is
// kept in one small file. A file that is missing or cannot be read is an empty
// one: the worst is that a tool is tried once more.
type oldTools struct {
	dir string // the state folder; "" remembers nothing beyond this process

	mu   sync.Mutex
	list []oldTool
	read bool
}

type oldTool struct {
	Path    string    `json:"path"`
	ModTime time.Time `json:"modTime"`
}

const (
	oldToolsName = "old-tools.json"
	mostOldTools = 16
	maxOldTools  = 64 << 10 // bytes of the file that are read
)

func (o *oldTools) has(t idevicebackup2.Tool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.load()
	return slices.ContainsFunc(o.list, func(k oldTool) bool { return k.Path == t.Path && k.ModTime.Equal(t.ModTime) })
}

// add remembers t. An error says that it is remembered in this process only.
func (o *oldTools) add(t idevicebackup2.Tool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.load()
	o.list = slices.DeleteFunc(o.list, func(k oldTool) bool { return k.Path == t.Path })
	o.list = append(o.list, oldTool{t.Path, t.ModTime})
	if n := len(o.list); n > mostOldTools {
		o.list = o.list[n-mostOldTools:]
	}
	if o.dir == "" {
		return errors.New("there is no state folder")
	}
	return o.save()
}

func (o *oldTools) load() {
	if o.read || o.dir == "" {
		return
	}
	o.read = true
	info, err := os.Stat(o.path())
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxOldTools {
		return
	}
	data, err := os.ReadFile(o.path())
	if err != nil || json.Unmarshal(data, &o.list) != nil {
		o.list = nil
	}
}

func (o *oldTools) path() string { return filepath.Join(o.dir, oldToolsName) }

// save replaces the file in one step.
func (o *oldTools) save() error {
	data, err := json.MarshalIndent(o.list, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(o.dir, oldToolsName+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), o.path())
	}
	if err != nil {
		if rerr := os.Remove(f.Name()); !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}
