package mobilebackup2

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"syscall"

	"homeport/backup/tree"
	"homeport/cause"
	"homeport/usbmux/afc"
	"homeport/usbmux/plist"
)

// openSealed opens a file of the version, if it is part of it. After a failure of
// ours nothing is given out any more.
func (s *restoring) openSealed(rel tree.Rel) (io.ReadCloser, error) {
	if s.own != nil {
		return nil, s.own
	}
	return s.prove(rel, s.prog.received)
}

// prove opens a file of the version that tells sent how it is read.
func (s *restoring) prove(rel tree.Rel, sent func(bytes int64, files int)) (io.ReadCloser, error) {
	sum, sealed := s.job.Sum(rel)
	if !sealed {
		s.note("the phone asked for %q, which is not part of the version", rel)
		return nil, fs.ErrNotExist
	}
	f, _, err := s.folder.OpenRead(rel)
	if err != nil {
		return nil, broken(rel, err)
	}
	return &proven{file: f, rel: rel, want: sum, hash: sha256.New(), sent: sent}, nil
}

// proven reads a sealed file and holds it against its sum at the end: then it
// fails instead of ending when the bytes were other ones.
type proven struct {
	file io.ReadCloser
	rel  tree.Rel
	want [sha256.Size]byte
	hash hash.Hash
	sent func(bytes int64, files int)
}

func (p *proven) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	p.hash.Write(b[:n])
	p.sent(int64(n), 0)
	switch {
	case errors.Is(err, io.EOF) && [sha256.Size]byte(p.hash.Sum(nil)) != p.want:
		return n, broken(p.rel, errors.New("not the bytes that it was sealed with"))
	case errors.Is(err, io.EOF):
		p.sent(0, 1)
	case err != nil:
		err = broken(p.rel, err)
	}
	return n, err
}

func (p *proven) Close() error { return p.file.Close() }

// broken is the error of a sealed file that cannot be given out as it was sealed.
// To the phone it is an I/O error, whatever it is: one that is not there may not
// look as if it had never been.
func broken(rel tree.Rel, err error) error {
	return cause.New(cause.VersionDamaged, cause.Evidence{"path": rel.String(), "reason": err.Error()},
		fmt.Errorf("read %s: %v: %w", rel, err, syscall.EIO))
}

// Where the phone looks for what it should install again after a restore.
const (
	restoreFolder = "/iTunesRestore"
	restoreApps   = restoreFolder + "/RestoreApplications.plist"
)

// maxInfo is far above what an Info.plist has: icons and receipts of some hundred
// apps are tens of megabytes.
const maxInfo = 64 << 20

// announceApps tells the phone which apps were installed, as the dictionary that
// Info.plist has of them, so that it fetches them again once it has restarted. A
// phone that takes none is restored without; the error is one of the version.
// takeBack undoes it.
func (s *restoring) announceApps(ctx context.Context, files *afc.Client) (takeBack func(), err error) {
	apps, err := s.apps()
	if err != nil || apps == nil {
		return func() {}, err
	}
	if err = files.MakeDir(ctx, restoreFolder); err == nil {
		err = files.WriteFile(ctx, restoreApps, apps)
	}
	if err != nil {
		s.note("the phone was not told which apps to install again: %v", err)
	}
	return func() {
		ctx := context.WithoutCancel(ctx)
		_ = files.Remove(ctx, restoreApps) // the link may be gone, and then so is the chance
		_ = files.Remove(ctx, restoreFolder)
	}, nil
}

// apps is the dictionary of apps as XML; nil when the version has none.
func (s *restoring) apps() ([]byte, error) {
	rel, err := s.home.Join("Info.plist")
	if err != nil {
		return nil, err
	}
	f, err := s.prove(rel, func(int64, int) {})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxInfo+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxInfo {
		return nil, fmt.Errorf("read Info.plist: more than %d bytes", maxInfo)
	}
	var info struct {
		Applications map[string]any
	}
	if err := plist.Unmarshal(data, &info); err != nil || info.Applications == nil {
		s.note("which apps to install again is not known: %v", err)
		return nil, nil
	}
	return plist.MarshalXML(info.Applications)
}
