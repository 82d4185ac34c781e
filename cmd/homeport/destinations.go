package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"homeport/backup/store"
)

// destinationsName is the file, in the state folder, that says which store lies at
// which path.
const destinationsName = "destinations.json"

// maxDestinations bounds that file, in bytes.
const maxDestinations = 1 << 20

// destinations is agent.Destinations in a file. A file that cannot be read knows
// nothing: then the stores are learned anew.
type destinations struct {
	mu   sync.Mutex
	path string // "" when there is no state folder
	ids  map[string]string
}

// remembered reads what is known. fresh is for a verb that was told to look at a
// folder as it is.
func (a *app) remembered(fresh bool) *destinations {
	d := &destinations{ids: map[string]string{}}
	if fresh {
		return d
	}
	dir := a.stateFolder()
	if dir == "" {
		return d
	}
	d.path = filepath.Join(dir, destinationsName)
	if ids, err := readDestinations(d.path); err == nil {
		d.ids = ids
	}
	return d
}

func readDestinations(path string) (map[string]string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("read destinations: not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var known struct {
		Destinations map[string]string `json:"destinations"`
	}
	if err := json.NewDecoder(io.LimitReader(f, maxDestinations)).Decode(&known); err != nil {
		return nil, fmt.Errorf("read destinations: %w", err)
	}
	if known.Destinations == nil {
		return nil, errors.New("read destinations: there are none")
	}
	return known.Destinations, nil
}

// ID implements agent.Destinations.
func (d *destinations) ID(path string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ids[filepath.Clean(path)]
}

// Learn implements agent.Destinations: a new file takes the place of the old one.
func (d *destinations) Learn(path, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.path == "" || id == "" || d.ids[filepath.Clean(path)] == id {
		return nil
	}
	d.ids[filepath.Clean(path)] = id
	data, err := json.MarshalIndent(map[string]any{"format": 1, "destinations": d.ids}, "", "  ")
	if err != nil {
		return fmt.Errorf("remember destination: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
		return fmt.Errorf("remember destination: %w", err)
	}
	return replaceFile(d.path, append(data, '\n'))
}

func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("remember destination: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("remember destination: %w", err)
	}
	return nil
}

// makeDestination makes the folder that --dest names. Whoever names it means what
// is there now, so that is what is remembered.
func (a *app) makeDestination(s settings) error {
	if s.dest == "" {
		return nil
	}
	path, err := filepath.Abs(s.dest)
	if err != nil {
		return usageError{err}
	}
	return a.adopt(path)
}

// adopt makes the destination's last component and its store, and remembers it.
func (a *app) adopt(path string) error {
	st, err := store.Create(path, store.Options{})
	if err != nil {
		return err
	}
	if err := a.remembered(false).Learn(path, st.ID()); err != nil && !errors.Is(err, fs.ErrPermission) {
		return errors.Join(err, st.Close())
	}
	return st.Close()
}
