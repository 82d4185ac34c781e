package mobilebackup2

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/backup"
	"homeport/cause"
)

// verdict is what must become of a path.
type verdict int

const (
	fine    verdict = iota // accepted
	denied                 // an error, the session goes on
	outside                // harmless, but of nobody's concern: not found
	hostile                // denied and counted
)

type hostilePath struct {
	path string
	want verdict
}

// hostilePaths are H-01 to H-40 of the threat list; U is this phone's folder.
var hostilePaths = []hostilePath{
	{"..", hostile}, {"../x", hostile}, {"U/../../x", hostile}, {"U/../OTHER/keep", hostile},
	{"/etc/passwd", outside}, {"/U/aa/f", fine}, {"/.b/6/Containers/x", outside},
	{"//server/share/x", hostile}, {`\\server\share\x`, hostile},
	{`C:\x`, hostile}, {"C:x", hostile}, {"c:/x", hostile},
	{`\\?\C:\x`, hostile}, {`\\.\PhysicalDrive0`, hostile}, {`\??\C:\x`, hostile},
	{`U\..\..\x`, hostile}, {"U/..%2f..%2fx", hostile}, {"U/%2e%2e/x", hostile},
	{"U/\uff0e\uff0e/x", hostile}, {"U/\u2025/x", hostile},
	{"U/.. /x", hostile}, {`U/...\x`, hostile}, {"U/..\t/x", hostile},
	{"~/.ssh/id_rsa", denied}, {"$HOME/x", denied},
	{"", denied}, {"/", denied}, {".", denied}, {"U", fine}, {"U/", fine}, {"U/.", denied}, {"U/..", hostile},
	{"U//a///b", fine}, {"U/" + strings.Repeat("n", 4000), hostile},
	{"U/" + strings.Repeat("n", 256), hostile}, {"U/" + strings.Repeat("\U0001F600", 255), hostile},
	{"U" + strings.Repeat("/a", 3000), hostile}, {"U" + strings.Repeat("/a", 40), hostile},
	{"U/a\x00/../../x", hostile}, {"U/\x01", hostile}, {"U/a\r\nb", hostile}, {"U/\x1b[2J", hostile}, {"U/\x7f", hostile},
	{"U/\u202ex", hostile}, {"U/a\u200bb", hostile}, {"U/ a", denied}, {"U/a ", denied}, {"U/-rf", denied},
	{"U/CON", hostile}, {"U/nul.txt", hostile}, {"U/COM1", hostile}, {"U/COM\u00b9", hostile}, {"U/LPT0", hostile}, {"U/CONIN$", hostile},
	{"U/a:b", hostile}, {"U/a::$DATA", hostile}, {"U/a.", denied},
	{"U/MANIFEST.DB", denied}, {"U/\u00e9", denied}, {"U/e\u0301", denied}, {"U/\u017f", denied}, {"U/\u212a", denied},
	{"U/PROGRA~1", denied},
	{".homeport", outside}, {"lock", outside}, {"marks.json", outside}, {"SHA256SUMS", outside}, {"../../lease.json", hostile},
	{"versions/x", outside}, {"staging/x", outside}, {".agent", outside},
	{"U/Manifest.db-wal", denied}, {"U/Manifest.db-shm", denied}, {"U/Manifest.db-journal", denied},
	{"U/.DS_Store", denied}, {"U/desktop.ini", denied}, {"U/._x", denied},
	{"U/.hp-part-0-1", hostile}, {"OTHER/keep", outside},
}

// deviceMessages are the messages that take a path. They answer the status that
// the path got.
var deviceMessages = map[string]func(d *device, path string) answer{
	"upload": func(d *device, path string) answer {
		if path == "" || len(path) > maxName {
			return answer{code: -1} // ends the session, see TestFraming
		}
		return d.upload(file{path, "evil"})
	},
	"download": func(d *device, path string) answer {
		if path == "" {
			return answer{code: -1}
		}
		got, a := d.download(path)
		if strings.Contains(got[path], "canary") {
			d.t.Errorf("download %q gave away %q", path, got[path])
		}
		return a
	},
	"move from": func(d *device, path string) answer {
		return d.ask("DLMessageMoveItems", map[string]any{path: testUDID + "/to"})
	},
	"move to": func(d *device, path string) answer {
		return d.ask("DLMessageMoveFiles", map[string]any{testUDID + "/from": path})
	},
	"remove":      func(d *device, path string) answer { return d.ask("DLMessageRemoveItems", []string{path}) },
	"remove file": func(d *device, path string) answer { return d.ask("DLMessageRemoveFiles", []string{path}) },
	"copy from":   func(d *device, path string) answer { return d.ask("DLMessageCopyItem", path, testUDID+"/copied") },
	"copy to":     func(d *device, path string) answer { return d.ask("DLMessageCopyItem", testUDID+"/from", path) },
	"mkdir":       func(d *device, path string) answer { return d.ask("DLMessageCreateDirectory", path) },
	"list":        func(d *device, path string) answer { return d.ask("DLContentsOfDirectory", path) },
}

// canary is a job whose folder lies among things that must not change.
func canary(t *testing.T) (prepare func(*backup.Job), check func()) {
	top := t.TempDir()
	dir := filepath.Join(top, "staging", "v1")
	for _, p := range []string{"canary", "staging/canary", "staging/v1/OTHER/keep", "staging/v1/canary"} {
		p = filepath.Join(top, p)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("canary"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outsideOf := func() map[string][32]byte {
		sums := hashTree(t, top)
		for p := range sums {
			if strings.HasPrefix(p, "staging/v1/"+testUDID+"/") {
				delete(sums, p)
			}
		}
		return sums
	}
	before := outsideOf()
	return func(job *backup.Job) {
			job.Dir = dir
			base(t, *job, file{"aa/f", "keep"}, file{"from", "from"})
		}, func() {
			t.Helper()
			after := outsideOf()
			for p, sum := range after {
				if before[p] != sum {
					t.Errorf("%s was made or changed", p)
				}
			}
			if len(after) < len(before) {
				t.Errorf("%d files of %d are left", len(after), len(before))
			}
		}
}

// perSession is how many hostile paths one session still forgives.
const perSession = maxHostile - 1

func TestHostilePaths(t *testing.T) {
	t.Parallel()
	for message, ask := range deviceMessages {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			for batch := range slices.Chunk(hostilePaths, perSession) {
				hostilePathSession(t, message, ask, batch)
			}
		})
	}
}

func hostilePathSession(t *testing.T, message string, ask func(*device, string) answer, batch []hostilePath) {
	prepare, check := canary(t)
	r, job, err := play(t, prepare, func(d *device) {
		for _, c := range batch {
			if c.want != fine {
				judge(t, message, c, ask(d, c.real()))
			}
		}
		if got, a := d.download(testUDID + "/aa/f"); a.code != 0 || got[testUDID+"/aa/f"] != "keep" {
			t.Errorf("%s: a good file is gone: %+v %q", message, a, got)
		}
		for _, c := range batch { // last, since some of them remove what is there
			if c.want == fine {
				judge(t, message, c, ask(d, c.real()))
			}
		}
		d.complete()
	})
	if err != nil {
		t.Errorf("%s: the session failed: %v", message, err)
	}
	check()
	if content(job, "Status.plist") == "" {
		t.Errorf("%s: nothing was written", message)
	}
	want := 0
	for _, c := range batch {
		if c.want == hostile && len(c.real()) <= maxName {
			want++
		}
	}
	if got := strings.Count(strings.Join(r.Odd, "\n"), "refused: path"); got < want {
		t.Errorf("%s: %d refusals of %d were told: %.2000q", message, got, want, r.Odd)
	}
}

// real is the path with this phone's folder in it.
func (c hostilePath) real() string {
	if rest, ok := strings.CutPrefix(strings.TrimLeft(c.path, "/"), "U"); ok && (rest == "" || strings.ContainsAny(rest[:1], `/\`)) {
		return strings.Replace(c.path, "U", testUDID, 1)
	}
	return c.path
}

// judge holds the status against the verdict.
func judge(t *testing.T, message string, c hostilePath, got answer) {
	t.Helper()
	code := got.code
	for _, c := range got.codes() {
		if got.code == codeMulti {
			code = c
		}
	}
	path, removes := c.path, strings.HasPrefix(message, "remove")
	switch c.want {
	case hostile, denied:
		if code == codeOK {
			t.Errorf("%q: accepted", path)
		}
	case outside:
		if code != codeNotFound && !removes {
			t.Errorf("%q: code %d, want not found", path, code)
		}
	case fine:
		// U itself, and what is not there, have answers of their own.
		if code == codeFailed && path != "U" && path != "U/" {
			t.Errorf("%q: denied", path)
		}
	}
}

func TestTooManyHostilePaths(t *testing.T) {
	t.Parallel()
	prepare, check := canary(t)
	asked := 0
	_, _, err := play(t, prepare, func(d *device) {
		for range 100 {
			d.ask("DLMessageRemoveItems", []string{"../OTHER"})
			asked++
		}
		d.complete()
	})
	if id, _ := cause.Of(err); id != cause.DeviceHostile {
		t.Errorf("err = %v", err)
	}
	if asked > maxHostile+1 {
		t.Errorf("%d forbidden paths were answered", asked)
	}
	check()
}

// Paths outside that real phones have sent must not end a backup, however often.
func TestPathsOutsideAreForgiven(t *testing.T) {
	t.Parallel()
	prepare, check := canary(t)
	r, _, err := play(t, prepare, func(d *device) {
		for range 100 {
			if a := d.upload(file{"/.b/6/Containers/x", "x"}); a.code != codeMulti || a.codes()["/.b/6/Containers/x"] != codeNotFound {
				d.t.Errorf("upload: %+v", a)
			}
			if got, a := d.download("/.b/6/y"); a.code != codeMulti || got["/.b/6/y"] != "!"+textNotFound {
				d.t.Errorf("download: %+v %v", a, got)
			}
		}
		d.complete()
	})
	if err != nil || len(r.Odd) == 0 {
		t.Errorf("%v %v", r, err)
	}
	check()
}

// Symbolic links that are in the folder are not followed by any message.
func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	for message, ask := range deviceMessages {
		for _, link := range []string{"/ln", "/ln/f", "/ab/ln"} {
			prepare, check := canary(t)
			_, _, err := play(t, func(job *backup.Job) {
				prepare(job)
				target := filepath.Join(job.Dir, "OTHER")
				if err := os.Mkdir(filepath.Join(home(*job), "ab"), 0o700); err != nil {
					t.Fatal(err)
				}
				for _, at := range []string{"ln", "ab/ln"} {
					if err := os.Symlink(target, filepath.Join(home(*job), at)); err != nil {
						t.Fatal(err)
					}
				}
			}, func(d *device) {
				ask(d, testUDID+link)
				d.complete()
			})
			if err != nil {
				t.Errorf("%s %s: %v", message, link, err)
			}
			check()
		}
	}
}
