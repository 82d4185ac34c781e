package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"homeport/backup/tree"
	"homeport/cause"
)

// phone is the folder of one phone below .homeport, held open.
type phone struct {
	store *Store
	name  string // of the folder: the UDID as the phone first spelled it
	dir   tree.Dir
	lock  *flock.Flock // nil when it is only read, or where there are no locks

	keeper *keeper // of the lease; nil when it is only read
}

// udidForm allows every UDID that Apple ever used, and no path.
var udidForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{7,63}$`)

func validUDID(s string) bool { return udidForm.MatchString(s) }

// sameUDID compares without case and dash.
func sameUDID(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
}

// UDIDs lists the phones that the store knows, sorted.
func (s *Store) UDIDs() ([]string, error) {
	if s.home == nil {
		return nil, nil
	}
	names, err := s.home.Names()
	if err != nil {
		return nil, caused(err, s.path)
	}
	var udids []string
	for _, n := range names {
		if !validUDID(n) || n == formatName || strings.HasPrefix(n, "probe-") {
			continue
		}
		if info, err := s.home.Lstat(n); err == nil && info.Dir() {
			udids = append(udids, n)
		}
	}
	slices.Sort(udids)
	return udids, nil
}

// openPhone opens the folder of a phone that has one; fs.ErrNotExist otherwise.
func (s *Store) openPhone(udid string) (*phone, error) {
	if !validUDID(udid) {
		return nil, cause.New(cause.NoSuchPhone, cause.Evidence{"name": udid}, fmt.Errorf("open phone %q: not a UDID", udid))
	}
	if s.home == nil {
		return nil, fmt.Errorf("open phone %s: %w", udid, fs.ErrNotExist)
	}
	known, err := s.UDIDs()
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		if sameUDID(k, udid) {
			udid = k
			break
		}
	}
	d, err := s.home.OpenDir(udid)
	if err != nil {
		return nil, err
	}
	return &phone{store: s, name: udid, dir: d}, nil
}

// preparePhone opens the folder of a phone, makes what is missing in it, and takes
// lock and lease.
func (s *Store) preparePhone(ctx context.Context, udid string, t Task, w patience) (*phone, error) {
	p, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.home.Mkdir(udid); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, caused(err, s.path)
		}
		if err := s.home.Sync(); err != nil {
			return nil, caused(err, s.path)
		}
		p, err = s.openPhone(udid)
	}
	if err != nil {
		return nil, caused(err, s.path)
	}
	if err := cause.Guard(func() error { return p.lockAndMake(ctx, t, w) }); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *phone) lockAndMake(ctx context.Context, t Task, w patience) error {
	if err := p.take(ctx, t, w); err != nil {
		return err
	}
	for _, n := range []string{versionsName, stagingName, trashName} {
		d, err := ensureDir(p.dir, n)
		if err != nil {
			return p.planted(n, err)
		}
		_ = d.Close()
	}
	return caused(p.dir.Sync(), p.path())
}

// planted names what somebody put in the place of one of our folders.
func (p *phone) planted(name string, err error) error {
	if info, lerr := p.dir.Lstat(name); lerr == nil && !info.Dir() {
		return unsafe(filepath.Join(p.path(), name), name+" is not what Homeport made", err)
	}
	return caused(err, p.path())
}

// close gives lease and lock back and closes the folder. It may be called twice.
func (p *phone) close() {
	if p.keeper != nil {
		p.keeper.close()
		p.keeper = nil
	}
	if p.lock != nil {
		_ = p.lock.Close()
		p.lock = nil
	}
	if p.dir != nil {
		_ = p.dir.Close()
		p.dir = nil
	}
}

func (p *phone) path() string { return filepath.Join(p.store.path, homeName, p.name) }
