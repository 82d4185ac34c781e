package store

import (
	"errors"
	"io/fs"

	"homeport/cause"
)

// Busy reports whether another run, of this process or of another, holds the
// phone's backups. It takes the lock for a moment, and says nothing about the
// moment after.
func (s *Store) Busy(udid string) (bool, error) {
	p, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, caused(err, s.path)
	}
	defer p.close()
	err = p.take()
	if id, _ := cause.Of(err); id == cause.AlreadyRunning {
		return true, nil
	}
	return false, err
}
