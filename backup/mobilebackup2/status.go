package mobilebackup2

import (
	"fmt"
	"io"

	"homeport/backup/tree"
	"homeport/cause"
	"homeport/usbmux/plist"
)

// maxStatus is far above what a Status.plist has (189 bytes).
const maxStatus = 64 << 10

// status is what Status.plist says of a backup.
type status struct {
	SnapshotState string
	BackupState   string
	IsFullBackup  bool
}

func readStatus(t *tree.Tree, home tree.Rel) (status, error) {
	var st status
	rel, err := home.Join("Status.plist")
	if err != nil {
		return st, err
	}
	f, n, err := t.OpenRead(rel)
	if err != nil {
		return st, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxStatus+1))
	switch {
	case err != nil:
		return st, err
	case n > maxStatus || len(data) > maxStatus:
		return st, fmt.Errorf("read Status.plist: %d bytes", n)
	}
	return st, plist.Unmarshal(data, &st)
}

// proveFinished holds what is on the disk against the phone's claim that the
// backup is complete.
func (s *session) proveFinished() (status, error) {
	st, err := readStatus(s.tree, s.home)
	switch {
	case err != nil:
		return st, s.claimed("the Status.plist cannot be read: %w", err)
	case !s.gotStatus:
		return st, s.claimed("sent no Status.plist")
	case st.SnapshotState != "finished" || st.BackupState == "empty" || st.BackupState == "":
		return st, s.claimed("its Status says %q, %q", st.SnapshotState, st.BackupState)
	}
	for _, name := range []string{"Manifest.plist", "Manifest.db"} {
		rel, err := s.home.Join(name)
		if err != nil {
			return st, err
		}
		i, err := s.tree.Lstat(rel)
		if err != nil {
			return st, s.claimed("there is no %s: %w", name, err)
		}
		if !i.Regular() || i.Size == 0 {
			return st, s.claimed("%s is empty", name)
		}
	}
	return st, nil
}

// claimed says that the phone called complete what is not.
func (s *session) claimed(format string, args ...any) error {
	err := fmt.Errorf("the phone called the backup finished, but "+format, args...)
	return cause.New(cause.ProtocolError, cause.Evidence{"text": err.Error()}, err)
}
