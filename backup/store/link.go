package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"homeport/cause"
)

// linkPrefix begins what our own links say; a link that says anything else was
// made by somebody else.
const linkPrefix = homeName + "/"

// relink makes DEST/<UDID> lead to the version's folder, so that other tools find
// it. It is a convenience: what goes wrong is no failure of the run. A real folder
// or a foreign link is left as it is, and the answer says so.
func (p *phone) relink(id VersionID, udid string) *cause.Error {
	dest := p.store.dest
	info, err := dest.Lstat(udid)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil
	case info.Mode&fs.ModeSymlink == 0:
		return p.foreign(udid, "a folder")
	default:
		to, err := dest.Readlink(udid)
		if err != nil || !strings.HasPrefix(to, linkPrefix) {
			return p.foreign(udid, "a link to somewhere else")
		}
	}
	const fresh = "link" + freshSuffix
	if removeAll(p.dir, fresh) != nil {
		return nil
	}
	if p.dir.Symlink(path.Join(homeName, p.name, versionsName, string(id), udid), fresh) != nil {
		return nil // exFAT, FAT32, Windows without the right to make links
	}
	if p.dir.Rename(fresh, dest, udid) != nil {
		_ = removeAll(p.dir, fresh)
		return nil
	}
	_ = dest.Sync()
	return nil
}

func (p *phone) foreign(udid, what string) *cause.Error {
	return cause.New(cause.DestinationForeign, cause.Evidence{"path": path.Join(p.store.path, udid), "udid": udid},
		fmt.Errorf("renew link: %s is there already", what))
}
