package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io/fs"
	"slices"
	"strings"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// besides are the files of a backup besides its bodies.
var besides = []string{mobilesync.InfoFile, mobilesync.StatusFile, mobilesync.ManifestFile, mobilesync.DatabaseFile}

// fingerprint tells whether anything of what is copied was touched: the sum of names,
// lengths, times and inodes.
type fingerprint [sha256.Size]byte

// surveyor goes over all that an import would copy.
type surveyor struct {
	ctx    context.Context
	src    *Source
	hash   hash.Hash
	files  int
	bytes  int64
	left   int
	shards []string
}

// survey counts what is to be copied, and refuses what is no file.
func (src *Source) survey(ctx context.Context) error {
	s, err := src.look(ctx)
	if err != nil {
		return err
	}
	src.Files, src.Bytes, src.Left = s.files, s.bytes, s.left
	s.hash.Sum(src.print[:0])
	return nil
}

// unchanged proves that nothing was touched since the survey.
func (src *Source) unchanged(ctx context.Context) error {
	s, err := src.look(ctx)
	if id, _ := cause.Of(err); err != nil && id == cause.ImportRefused {
		return src.changing("the folder")
	}
	if err != nil {
		return err
	}
	var now fingerprint
	if s.hash.Sum(now[:0]); now != src.print {
		return src.changing("the folder")
	}
	return nil
}

func (src *Source) look(ctx context.Context) (*surveyor, error) {
	s := &surveyor{ctx: ctx, src: src, hash: sha256.New()}
	return s, s.top()
}

func (s *surveyor) top() error {
	names, err := s.src.dir.Names()
	if err != nil {
		return s.src.reading(err)
	}
	slices.Sort(names)
	for _, n := range names {
		info, err := s.lstat(s.src.dir, "", n)
		if err != nil {
			return err
		}
		switch {
		case shardForm.MatchString(n) && info.Dir():
			err = s.shard(n)
		case shardForm.MatchString(n):
			err = s.src.refused(n+" is a file, where a folder must be", nil)
		case slices.Contains(besides, n) && info.Regular():
			s.take(n, info)
		case slices.Contains(besides, n):
			err = s.src.refused(n+" is a folder, where a file must be", nil)
		default:
			err = s.other(n, info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// other judges an entry that is not copied. A journal with something in it holds what
// belongs into Manifest.db: a program has it open, or died over it.
func (s *surveyor) other(name string, info tree.Info) error {
	s.left++
	suffix, ours := strings.CutPrefix(name, mobilesync.DatabaseFile)
	if ours && (suffix == "-wal" || suffix == "-journal") && info.Size > 0 {
		return cause.New(cause.FileLocked, cause.Evidence{"path": s.src.Path, "file": name},
			fmt.Errorf("import %s: %s holds changes that are not in %s yet", s.src.Path, name, mobilesync.DatabaseFile))
	}
	return nil
}

func (s *surveyor) shard(name string) error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	d, err := s.src.dir.OpenDir(name)
	if err != nil {
		return s.src.reading(err)
	}
	defer d.Close()
	s.shards = append(s.shards, name)
	names, err := d.Names()
	if err != nil {
		return s.src.reading(err)
	}
	slices.Sort(names)
	for _, n := range names {
		info, err := s.lstat(d, name, n)
		if err != nil {
			return err
		}
		if isBody(name, n) && !info.Regular() {
			return s.src.refused(name+"/"+n+" is a folder, where a file must be", nil)
		}
		if !isBody(name, n) {
			s.left++
			continue
		}
		s.take(name+"/"+n, info)
	}
	return nil
}

// isBody says whether name is that of a body in its folder.
func isBody(shard, name string) bool {
	_, ok := mobilesync.ParseFileID(name)
	return ok && name[:2] == shard
}

// lstat refuses what is neither a file nor a folder, whatever its name.
func (s *surveyor) lstat(d tree.Dir, in, name string) (tree.Info, error) {
	info, err := d.Lstat(name)
	if err != nil {
		return info, s.src.reading(err)
	}
	if !info.Regular() && !info.Dir() {
		if in != "" {
			name = in + "/" + name
		}
		return info, s.src.refused(fmt.Sprintf("%s is %s", clippedName(name), kindOfEntry(info.Mode)), nil)
	}
	return info, nil
}

// clippedName is a name from a disk, short and fit to be told.
func clippedName(name string) string {
	q := fmt.Sprintf("%q", name[:min(len(name), 80)])
	return q[1 : len(q)-1]
}

func kindOfEntry(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a link and no file"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe and no file"
	case m&fs.ModeSocket != 0:
		return "a socket and no file"
	}
	return "a device and no file"
}

// take counts one file.
func (s *surveyor) take(path string, info tree.Info) {
	s.files++
	s.bytes += info.Size
	fmt.Fprintf(s.hash, "%s\x00%d\x00%d\x00%d\x00%d\x00%d\n", path, info.Size,
		info.ModTime.UnixNano(), info.Changed.UnixNano(), info.ID.Device, info.ID.Number)
}
