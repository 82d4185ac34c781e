package photos

import "homeport/backup/tree"

// quick is the host's file system without its syncs: tests make hundreds of
// folders, and a sync waits for whatever else this machine is writing.
type quick struct{ tree.OS }

func (q quick) OpenDir(path string) (tree.Dir, error) { return wrapDir(q.OS.OpenDir(path)) }

type quickDir struct{ tree.Dir }

func wrapDir(d tree.Dir, err error) (tree.Dir, error) {
	if err != nil {
		return nil, err
	}
	return quickDir{d}, nil
}

func (d quickDir) OpenDir(name string) (tree.Dir, error) { return wrapDir(d.Dir.OpenDir(name)) }

func (d quickDir) Create(name string) (tree.File, error) {
	f, err := d.Dir.Create(name)
	if err != nil {
		return nil, err
	}
	return quickFile{f}, nil
}

func (d quickDir) Rename(name string, to tree.Dir, newName string) error {
	return d.Dir.Rename(name, to.(quickDir).Dir, newName)
}

func (d quickDir) RenameNew(name string, to tree.Dir, newName string) error {
	return d.Dir.RenameNew(name, to.(quickDir).Dir, newName)
}

func (d quickDir) Sync() error       { return nil }
func (d quickDir) SyncVolume() error { return nil }

type quickFile struct{ tree.File }

func (f quickFile) Sync() error { return nil }
