package agent

import (
	"fmt"
	"time"

	"homeport/backup/store"
	"homeport/cause"
)

// drivePatience is how long a drive may take to answer who only reads: one that
// sleeps needs about ten seconds to turn.
const drivePatience = 15 * time.Second

// read opens the store at path and changes nothing; the caller closes it.
//
// A file system that hangs in the kernel cannot be called back. So a drive that
// does not answer in time is destination-offline, and until it has answered nobody
// waits for it again: whoever asks more than once, as doctor does, is not held up
// each time.
func (s *stores) read(path string) (*store.Store, error) {
	return s.at(path).ask(path, func() (*store.Store, error) {
		return store.Open(path, store.Options{ReadOnly: true, ID: s.memory.ID(path), Host: s.host})
	})
}

// ask gives the store that open opens, or an error when that takes too long; what
// comes later is closed again.
func (d *destination) ask(path string, open func() (*store.Store, error)) (*store.Store, error) {
	if d.silent.Load() {
		return nil, silence(path)
	}
	type opened struct {
		st  *store.Store
		err error
	}
	answer := make(chan opened)
	given := make(chan struct{})
	defer close(given)
	go func() {
		var st *store.Store
		err := cause.Guard(func() (err error) {
			st, err = open()
			return err
		})
		select {
		case answer <- opened{st, err}:
		case <-given:
			if err == nil {
				_ = st.Close()
			}
			d.silent.Store(false)
		}
	}()
	late := time.NewTimer(drivePatience)
	defer late.Stop()
	select {
	case o := <-answer:
		return o.st, o.err
	case <-late.C:
		d.silent.Store(true)
		return nil, silence(path)
	}
}

func silence(path string) error {
	return cause.New(cause.DestinationOffline, cause.Evidence{"path": path}, fmt.Errorf("open destination: %s does not answer", path))
}
