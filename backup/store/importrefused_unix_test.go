//go:build unix

package store

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"homeport/backup/mobilesync"
	"homeport/cause"
)

// Everything that makes a folder unfit to be imported, each with its cause, and nothing
// of it is in the store afterwards.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	c := numbered(12, "old")
	body := mobilesync.NewFileID(domain, "Media/IMG_0003.JPG").Body()
	replace := func(name string, put func(path string) error) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			must(t, os.RemoveAll(path))
			must(t, put(path))
		}
	}
	write := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o644) }
	}
	link := func(to string) func(string) error {
		return func(path string) error { return os.Symlink(to, path) }
	}
	for name, tt := range map[string]struct {
		how  script
		do   func(t *testing.T, dir string)
		want cause.ID
		says string
	}{
		"a body is a link":            {do: replace(body, link("/etc/passwd")), want: cause.ImportRefused, says: "is a link"},
		"a body is a dangling link":   {do: replace(body, link("nowhere")), want: cause.ImportRefused, says: "is a link"},
		"a shard is a link":           {do: replace(body[:2], link("/tmp")), want: cause.ImportRefused, says: "is a link"},
		"a shard is a file":           {do: replace(body[:2], write("x")), want: cause.ImportRefused, says: "where a folder must be"},
		"a body is a folder":          {do: replace(body, func(p string) error { return os.Mkdir(p, 0o755) }), want: cause.ImportRefused, says: "where a file must be"},
		"the list is a link":          {do: replace("Manifest.db", link("/etc/passwd")), want: cause.ImportRefused, says: "is a link"},
		"Info.plist is a link":        {do: replace("Info.plist", link("Status.plist")), want: cause.ImportRefused, says: "is a link"},
		"a pipe":                      {do: replace(body, func(p string) error { return syscall.Mkfifo(p, 0o644) }), want: cause.ImportRefused, says: "is a pipe"},
		"Status.plist is a pipe":      {do: replace("Status.plist", func(p string) error { return syscall.Mkfifo(p, 0o644) }), want: cause.ImportRefused, says: "is a pipe"},
		"a link that is no part":      {do: replace("note", link("/")), want: cause.ImportRefused, says: "is a link"},
		"a socket":                    {do: socketAt("s"), want: cause.ImportRefused, says: "is a socket"},
		"not finished":                {how: script{state: "uploading"}, want: cause.ImportRefused, says: "was not finished"},
		"no Info.plist":               {do: replace("Info.plist", func(string) error { return nil }), want: cause.ImportRefused, says: "Info.plist is missing"},
		"Info.plist is no plist":      {do: replace("Info.plist", write("hello")), want: cause.ImportRefused, says: "Info.plist is unreadable"},
		"no list":                     {do: replace("Manifest.db", func(string) error { return nil }), want: cause.ImportRefused, says: "Manifest.db is missing"},
		"the list is none":            {do: replace("Manifest.db", write("not a database, at all")), want: cause.ImportRefused, says: "Manifest.db is unreadable"},
		"a body is missing":           {do: replace(body, func(string) error { return nil }), want: cause.ImportRefused, says: "one of its files is missing"},
		"a body is cut":               {do: replace(body, write("x")), want: cause.ImportRefused, says: "one of its files is missing or not whole"},
		"another phone's Info.plist":  {do: replace("Info.plist", write(infoOf(udidB))), want: cause.PreviousBackupOtherDevice},
		"the name of another phone":   {do: func(t *testing.T, dir string) { must(t, os.Rename(dir, filepath.Join(filepath.Dir(dir), udidB))) }, want: cause.PreviousBackupOtherDevice},
		"a journal with changes":      {do: replace("Manifest.db-journal", write("x")), want: cause.FileLocked},
		"a write-ahead log":           {do: replace("Manifest.db-wal", write("x")), want: cause.FileLocked},
		"an empty folder":             {do: emptied, want: cause.ImportRefused, says: "no iPhone backup"},
		"of an old iOS":               {do: old, want: cause.IOSTooOld},
		"a UDID that names a path":    {do: claiming("../../../../tmp/x"), want: cause.PreviousBackupOtherDevice},
		"a UDID that names our files": {do: claiming("probe-00000000"), want: cause.PreviousBackupOtherDevice},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := importStore(t)
			in := fastDir(t)
			dir := foundFolder(t, in, udidA, c, tt.how)
			if tt.do != nil {
				tt.do(t, dir)
			}
			if _, err := os.Lstat(dir); err != nil {
				dir = filepath.Join(in, udidB)
			}
			_, err := s.Import(t.Context(), dir, ImportOptions{})
			if id, _ := cause.Of(err); id != tt.want || !strings.Contains(cause.From(err).Sentence(), tt.says) {
				t.Errorf("%v: %v, want %s %q", id, err, tt.want, tt.says)
			}
			nothingLeft(t, s)
			if names, _ := os.ReadDir(filepath.Join(s.path, homeName)); len(names) != 1 {
				t.Errorf("the store holds %v", names)
			}
		})
	}
}

func infoOf(udid string) string {
	return `<plist version="1.0"><dict><key>Target Identifier</key><string>` + udid + `</string></dict></plist>`
}

// named makes the folder one that says so and has no name of its own.
func claiming(udid string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		must(t, os.WriteFile(filepath.Join(dir, "Info.plist"), []byte(infoOf(udid)), 0o644))
	}
}

func emptied(t *testing.T, dir string) {
	must(t, os.RemoveAll(dir))
	must(t, os.Mkdir(dir, 0o755))
}

func old(t *testing.T, dir string) {
	must(t, os.Rename(filepath.Join(dir, "Manifest.db"), filepath.Join(dir, "Manifest.mbdb")))
}

func socketAt(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		l, err := net.Listen("unix", filepath.Join(dir, name))
		must(t, err)
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		must(t, l.Close())
	}
}

// Names that a backup may have besides its UDID.
func TestImportNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{udidA + "-20240301-101530", "old iPhone of mine", strings.ToLower(udidA), strings.ReplaceAll(udidA, "-", "")} {
		s, in := importStore(t), fastDir(t)
		dir := foundFolder(t, in, udidA, numbered(3, "old"), script{})
		must(t, os.Rename(dir, filepath.Join(in, name)))
		must(t, os.Symlink(name, filepath.Join(in, "link")))
		v := importFolder(t, s, filepath.Join(in, "link"))
		if v.UDID != udidA {
			t.Errorf("%s: imported as %s", name, v.UDID)
		}
		if _, err := s.Import(t.Context(), filepath.Join(s.path, udidA), ImportOptions{}); err == nil {
			t.Error("a version was imported")
		}
	}
}

// While somebody swaps a folder of bodies for a link, nothing from where the link leads
// gets into a version.
func TestImportFollowsNoSwappedLink(t *testing.T) {
	t.Parallel()
	in, c := fastDir(t), numbered(12, "old")
	dir := foundFolder(t, in, udidA, c, script{})
	body := mobilesync.NewFileID(domain, "Media/IMG_0003.JPG").Body()
	shard, aside, secret := filepath.Join(dir, body[:2]), filepath.Join(in, "aside"), filepath.Join(in, "secret")
	must(t, os.Mkdir(secret, 0o755))
	must(t, os.WriteFile(filepath.Join(secret, filepath.Base(body)), []byte("old S xxx"), 0o644)) // as long as the real one
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		swaps := 0
		for {
			select {
			case <-stop:
				done <- swaps
				return
			default:
			}
			_ = os.Rename(shard, aside)
			_ = os.Symlink(secret, shard)
			_ = os.Remove(shard)
			_ = os.Rename(aside, shard)
			swaps++
		}
	}()
	s, imported, tries := importStore(t), 0, 200
	if testing.Short() {
		tries = 40
	}
	for range tries {
		got, err := s.Import(t.Context(), dir, ImportOptions{})
		if err != nil {
			continue
		}
		imported++
		data, err := os.ReadFile(filepath.Join(got.Version.Path, udidA, body))
		if err != nil || string(data) != c["Media/IMG_0003.JPG"] {
			t.Fatalf("the body is %q (%v)", data, err)
		}
	}
	close(stop)
	t.Logf("%d swaps, %d of %d imports came to an end", <-done, imported, tries)
}
