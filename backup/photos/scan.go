package photos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"homeport/cause"
	"homeport/usbmux/afc"
)

// Limits on what a phone may make us look at. The largest libraries that people
// have written about hold some 200,000 pictures.
const (
	maxFiles   = 2_000_000
	maxFolders = 250_000
	maxDepth   = 8
	maxPath    = 1000
)

// item is one file on the phone.
type item struct {
	path string
	size int64
	mod  int64 // nanoseconds since 1970, 0 when not told
	born int64
}

func newItem(p string, i afc.Info) item { return item{p, i.Size, nanos(i.ModTime), nanos(i.BirthTime)} }

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Reason says why a file of the phone was left out.
type Reason string

// The reasons.
const (
	OddName   Reason = "odd-name"   // a name that no phone gives, or a path too long
	TooDeep   Reason = "too-deep"   // folders in folders in folders
	NotAFile  Reason = "not-a-file" // a link, which is never followed, or another thing that holds no picture
	Refused   Reason = "refused"    // the phone did not give it
	LengthLie Reason = "length"     // it was longer or shorter than the phone said, twice
	TooLarge  Reason = "too-large"  // for the file system of the folder
)

// Left is a file of the phone that was left out.
type Left struct {
	Path   string `json:"path"`
	Reason Reason `json:"reason"`
	err    error
}

// scan is a look at all of a phone's pictures.
type scan struct {
	files   *afc.Client
	found   func(n int)
	items   []item
	left    leftList
	folders int
	most    int                                // folders that are believed
	refused func(context.Context, error) error // decides whether a refusal ends the run
}

// folder is one that is still to be listed.
type folder struct {
	path  string
	depth int
	edits bool // below Mutations
}

// run lists the three places, deepest first, and sorts what it found by path.
func (s *scan) run(ctx context.Context) error {
	todo := []folder{{path: mutationsRoot, edits: true}, {path: cloudRoot}, {path: cameraRoot}}
	for len(todo) > 0 {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		more, err := s.list(ctx, next)
		if err != nil {
			return err
		}
		if s.folders += len(more); s.folders > s.most {
			return hostile("list photos: more than %d folders", s.most)
		}
		todo = append(todo, more...)
		s.found(len(s.items))
	}
	slices.SortFunc(s.items, func(a, b item) int { return strings.Compare(a.path, b.path) })
	s.items = slices.CompactFunc(s.items, func(a, b item) bool { return a.path == b.path })
	return nil
}

func hostile(format string, args ...any) error {
	return cause.New(cause.DeviceHostile, nil, fmt.Errorf(format, args...))
}

// list looks into one folder, and answers the folders in it.
func (s *scan) list(ctx context.Context, f folder) ([]folder, error) {
	names, odd, err := s.files.ReadDir(ctx, f.path)
	refused, ok := errors.AsType[*afc.StatusError](err)
	switch {
	case ok && f.edits && refused.Code != afc.StatusPermissionDenied:
		return nil, nil // it was taken for a folder by its name alone
	case err != nil:
		return nil, s.failed(ctx, f.path, err)
	}
	for range odd {
		s.left.add(f.path, OddName, nil)
	}
	var more []folder
	for _, name := range names {
		sub, err := s.look(ctx, f, name)
		if err != nil {
			return nil, err
		}
		if sub != nil {
			more = append(more, *sub)
		}
	}
	return more, nil
}

// look examines one name in a folder.
func (s *scan) look(ctx context.Context, f folder, name string) (*folder, error) {
	full := path.Join(f.path, name)
	sub := &folder{full, f.depth + 1, f.edits}
	switch stem, ext := cut(name); {
	case strings.HasPrefix(name, "."): // the phone's own
		return nil, nil
	case !printable(name), len(full) > maxPath:
		s.left.add(full, OddName, nil)
		return nil, nil
	case f.edits && (ext == "" || f.depth == 0) && sub.depth <= maxDepth:
		return sub, nil // there are one or two folders for each edit: none is asked about
	case f.edits && stem != rendered:
		return nil, nil // what the edit was made with
	}
	info, err := s.files.Stat(ctx, full)
	switch {
	case err != nil:
		return nil, s.failed(ctx, full, err)
	case info.Link != "", !info.Dir && !info.Regular:
		s.left.add(full, NotAFile, nil)
	case info.Dir && sub.depth > maxDepth:
		s.left.add(full, TooDeep, nil)
	case info.Dir:
		return sub, nil
	case len(s.items) >= maxFiles:
		return nil, hostile("list photos: more than %d files", maxFiles)
	case f.edits && !fromEdit(full): // nothing that iOS makes
	default:
		s.items = append(s.items, newItem(full, info))
	}
	return nil, nil
}

func fromEdit(p string) bool {
	_, ok := originalOf(p)
	return ok
}

// failed judges an error about one name: what is gone was deleted meanwhile, what
// the phone refuses is left out, and a connection that broke ends it all.
func (s *scan) failed(ctx context.Context, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if !isRefusal(err) {
		return err
	}
	if err := s.refused(ctx, err); err != nil {
		return err
	}
	s.left.add(name, Refused, err)
	return nil
}

// printable tells whether a name can be shown and written down.
func printable(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// maxLeft bounds how many files that were left out are named.
const maxLeft = 100

// leftList counts what was left out, and names the first of it.
type leftList struct {
	count int
	worth int // of these, how many a person would miss
	named []Left
	first error // of those
}

func (l *leftList) add(p string, why Reason, err error) {
	l.count++
	if why != NotAFile {
		if l.worth++; l.first == nil {
			l.first = (&Left{p, why, err}).cause()
		}
	}
	if len(l.named) < maxLeft {
		l.named = append(l.named, Left{p, why, err})
	}
}

// cause is the error for a run that left a file out.
func (l *Left) cause() error {
	if _, ok := cause.Of(l.err); ok {
		return l.err
	}
	if l.Reason == Refused {
		ev := cause.Evidence{"layer": "file service"}
		if refused, ok := errors.AsType[*afc.StatusError](l.err); ok {
			ev["code"] = fmt.Sprintf("AFC %d", refused.Code)
		}
		return cause.New(cause.DeviceInternalError, ev, l.err)
	}
	return cause.New(cause.ProtocolError, cause.Evidence{"layer": "file service"}, fmt.Errorf("copy %q: left out: %s", l.Path, l.Reason))
}
