package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"homeport/backup/tree"
	"homeport/cause"
)

// open opens .homeport and reads FORMAT. In a destination that has none it makes
// both, unless the store is only read: then home stays nil.
func (s *Store) open() (err error) {
	if s.dest, err = s.options.FS.OpenDir(s.path); err != nil {
		return err
	}
	if info, err := s.dest.Lstat(homeName); err == nil && !info.Dir() {
		return unsafe(s.path, homeName+" is not a folder", fmt.Errorf("open destination: %s is not a folder", homeName))
	}
	s.home, err = s.dest.OpenDir(homeName)
	if errors.Is(err, fs.ErrNotExist) {
		s.home = nil
		return s.initialise(false)
	}
	if err != nil {
		return err
	}
	s.id, err = readFormat(s.home)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoFormat) {
		return s.initialise(errors.Is(err, errNoFormat))
	}
	if err != nil {
		return err
	}
	return s.checkID(s.id)
}

// initialise writes FORMAT into a destination that has none, or none that can be
// read. A store whose FORMAT was lost is recognised by its versions, and gets a
// new one. What else is in a .homeport was not made by us, but for a FORMAT that
// a crash cut short. broken says that there is one which says nothing.
func (s *Store) initialise(broken bool) error {
	lost := s.home != nil && hasVersions(s.home)
	if s.options.ID != "" && !lost {
		return s.checkID("")
	}
	if s.home != nil && !lost {
		if err := s.checkEmpty(); err != nil {
			if id, rerr := readFormat(s.home); rerr == nil { // another one has just made the store
				s.id = id
				return s.checkID(id)
			}
			return err
		}
	}
	if s.options.ReadOnly {
		return nil
	}
	if s.home == nil {
		home, err := ensureDir(s.dest, homeName)
		if err != nil {
			return err
		}
		s.home = home
	}
	if s.id = s.options.ID; s.id == "" {
		s.id = newUUID()
	}
	if err := s.writeFormat(broken); err != nil {
		return err
	}
	return s.dest.Sync()
}

// writeFormat writes FORMAT. Several may do so at once, as when the first phones are plugged in
// together: the first one's is everybody's.
func (s *Store) writeFormat(broken bool) error {
	text := fmt.Sprintf("homeport store %d\nid %s\n", formatNumber, s.id)
	if broken {
		return writeFile(s.home, formatName, []byte(text))
	}
	fresh := formatName + "." + newUUID() + freshSuffix
	if err := newFile(s.home, fresh, []byte(text)); err != nil {
		return err
	}
	err := s.home.RenameNew(fresh, s.home, formatName)
	if err == nil {
		return s.home.Sync()
	}
	_ = removeAll(s.home, fresh)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if s.id, err = readFormat(s.home); err != nil {
		return err
	}
	return s.checkID(s.id)
}

// checkEmpty refuses a .homeport that another program made.
func (s *Store) checkEmpty() error {
	names, err := s.home.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if !strings.HasPrefix(n, formatName+".") || !strings.HasSuffix(n, freshSuffix) {
			return unsafe(s.path, "its folder "+homeName+" was not made by Homeport",
				fmt.Errorf("open destination: %s without a FORMAT holds %s", homeName, strconv.Quote(n)))
		}
	}
	return nil
}

// hasVersions reports whether there is a version of ours below home.
func hasVersions(home tree.Dir) bool {
	names, err := home.Names()
	if err != nil {
		return false
	}
	for _, n := range names {
		if !validUDID(n) {
			continue
		}
		versions, err := openPath(home, n, versionsName)
		if err != nil {
			continue
		}
		found := hasRecord(versions)
		_ = versions.Close()
		if found {
			return true
		}
	}
	return false
}

func hasRecord(versions tree.Dir) bool {
	names, err := versions.Names()
	if err != nil {
		return false
	}
	for _, n := range names {
		if !VersionID(n).Valid() {
			continue
		}
		d, err := versions.OpenDir(n)
		if err != nil {
			continue
		}
		_, err = readRecord(d, VersionID(n))
		_ = d.Close()
		if err == nil {
			return true
		}
	}
	return false
}

func (s *Store) checkID(id string) error {
	if s.options.ID != "" && id != s.options.ID {
		return cause.New(cause.DestinationMissing, cause.Evidence{"path": s.path, "id": s.options.ID, "found": id},
			errors.New("open destination: another disk is at this path"))
	}
	return nil
}

// errNoFormat is a FORMAT that says nothing.
var errNoFormat = errors.New("read FORMAT: not a Homeport store")

// readFormat reads FORMAT and returns the id. A missing file is fs.ErrNotExist,
// one that is not ours errNoFormat.
func readFormat(home tree.Dir) (string, error) {
	data, err := readFile(home, formatName)
	if errors.Is(err, tree.ErrNotRegular) {
		return "", fmt.Errorf("%w: %w", errNoFormat, err)
	}
	if err != nil {
		return "", err
	}
	first, rest, _ := strings.Cut(string(data), "\n")
	number, ok := strings.CutPrefix(first, "homeport store ")
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		return "", errNoFormat
	}
	if n > formatNumber {
		return "", cause.New(cause.StoreTooNew, cause.Evidence{"format": n, "supported": formatNumber},
			fmt.Errorf("read FORMAT: store format %d", n))
	}
	second, _, _ := strings.Cut(rest, "\n")
	id, ok := strings.CutPrefix(second, "id ")
	if !ok || id == "" {
		return "", errNoFormat
	}
	return id, nil
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// whyNested says what makes path a place inside another backup, where anything
// written would change that backup and go with it; "" when it is none. Links on
// the way are followed: DEST/<UDID> leads into a version.
func whyNested(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "" // told when it is opened
	}
	for dir := real; ; dir = filepath.Dir(dir) {
		if filepath.Base(dir) == homeName {
			return "it lies inside Homeport's own folders, among the backups"
		}
		if isBackup(dir) {
			return "it lies inside an iPhone backup"
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// isBackup recognises a folder in Apple's format.
func isBackup(dir string) bool {
	for _, name := range []string{"Manifest.db", "Manifest.plist"} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}
