package photos

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"

	"homeport/backup/tree"
)

// The folders that we make.
var (
	yearForm  = regexp.MustCompile(`^[0-9]{4}$`)
	monthForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`)
)

// readDisk lists the folders of months and those that the record names, and
// removes from them what a run that was killed left unfinished.
func readDisk(under tree.FS, dir string, rec *record) (disk, error) {
	root, err := under.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	wanted, err := monthsIn(root)
	if err != nil {
		return nil, err
	}
	for i := range rec.entries {
		where, _ := splitName(rec.entries[i].name)
		wanted[where] = true
	}
	d := disk{}
	for where := range wanted {
		names, err := readFolder(root, where)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d[where] = names
	}
	return d, nil
}

// monthsIn finds the folders whose names have our form, whoever made them.
func monthsIn(root tree.Dir) (map[string]bool, error) {
	found := map[string]bool{undated: true}
	years, err := root.Names()
	if err != nil {
		return nil, err
	}
	for _, year := range years {
		if !yearForm.MatchString(year) {
			continue
		}
		// A file or a link with such a name is in the way only of that year.
		if i, err := root.Lstat(year); err != nil {
			return nil, err
		} else if !i.Dir() {
			continue
		}
		months, err := namesIn(root, year)
		if err != nil {
			return nil, err
		}
		for _, month := range months {
			if monthForm.MatchString(month) {
				found[year+"/"+month] = true
			}
		}
	}
	return found, nil
}

func namesIn(d tree.Dir, name string) ([]string, error) {
	sub, err := d.OpenDir(name)
	if err != nil {
		return nil, err
	}
	names, err := sub.Names()
	return names, errors.Join(err, sub.Close())
}

// readFolder lists one folder, reached step by step without following links.
func readFolder(root tree.Dir, where string) (names map[string]int64, err error) {
	at := root
	for part := range strings.SplitSeq(where, "/") {
		next, err := at.OpenDir(part)
		if at != root {
			err = errors.Join(err, at.Close())
		}
		if err != nil {
			return nil, err
		}
		at = next
	}
	defer func() { err = errors.Join(err, at.Close()) }()
	list, err := at.Names()
	if err != nil {
		return nil, err
	}
	names = make(map[string]int64, len(list))
	for _, name := range list {
		if tree.IsTemp(name) {
			if err := at.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			continue
		}
		i, err := at.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case i.Regular():
			names[fold(name)] = i.Size
		default:
			names[fold(name)] = noFile
		}
	}
	return names, nil
}
