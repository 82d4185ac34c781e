package photos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/cause"
)

// hostileJob is a folder beside a canary that nothing may touch.
func hostileJob(t *testing.T) (Job, func()) {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, "photos")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	canary := filepath.Join(top, "canary")
	if err := os.WriteFile(canary, []byte("alive"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Job{UDID: udid, Dir: dir, Zone: time.UTC, FS: quick{}}, func() {
		t.Helper()
		if got, err := os.ReadFile(canary); err != nil || string(got) != "alive" {
			t.Errorf("the canary: %q, %v", got, err)
		}
		if left, _ := os.ReadDir(top); len(left) != 2 {
			t.Errorf("outside the folder: %v", left)
		}
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	bad := []string{"../../canary", "/etc/passwd", `..\canary`, "..", "", "a\nb.JPG", "\x1b[2J.JPG", "\xff\xfe.JPG", "\u0085.JPG"}
	odd := []string{"CON.JPG", "a:b.JPG", "Zoë.HEIC", "写真.jpg", "desktop.ini", "a?.JPG", "trailing. ", "~1.JPG", "-rf.JPG", strings.Repeat("x", 400) + ".JPG", "NUL", "..jpg"}
	phone := &fake{
		dirs: map[string][]string{"/DCIM": {"..", "100APPLE", "../../etc"}, "/DCIM/100APPLE": append([]string{".", ".."}, append(bad, odd...)...)},
		data: map[string][]byte{"/etc/passwd": []byte("secret"), "/canary": []byte("secret")},
	}
	for _, name := range append(bad, odd...) {
		phone.data["/DCIM/100APPLE/"+name] = []byte("picture " + name)
	}
	job, canary := hostileJob(t)
	result, err := copyWith(t, job, phone.serve(t))
	canary()
	// "..jpg" begins with a dot, as the phone's own files do.
	if want := len(odd) - 1; result.New != want || !is(err, cause.ProtocolError) || result.LeftOut != len(bad)+1 {
		t.Errorf("%+v, %v", result, err)
	}
	for _, name := range listing(t, job.Dir) {
		if !strings.HasPrefix(name, "2023/2023-11/") || strings.ContainsAny(name, ":?\\~") {
			t.Errorf("a file %q", name)
		}
	}
	if again, _ := copyWith(t, job, phone.serve(t)); again.Copied() != 0 || again.Here != result.New {
		t.Errorf("again: %+v", again)
	}
}

func TestLengthsThatLie(t *testing.T) {
	t.Parallel()
	phone := &fake{
		dirs: map[string][]string{"/DCIM": {"100APPLE"}, "/DCIM/100APPLE": {"good.JPG", "long.JPG", "short.JPG", "endless.JPG", "nosize.JPG", "empty.JPG"}},
		data: map[string][]byte{},
		infos: map[string][]string{
			"/DCIM/100APPLE/short.JPG":  regular(1000),
			"/DCIM/100APPLE/nosize.JPG": {"st_ifmt", "S_IFREG", "st_size", "x"},
		},
		more: map[string]int{"/DCIM/100APPLE/long.JPG": 1, "/DCIM/100APPLE/endless.JPG": -4096},
	}
	for _, name := range phone.dirs["/DCIM/100APPLE"] {
		phone.data["/DCIM/100APPLE/"+name] = []byte("ten bytes!")
	}
	phone.data["/DCIM/100APPLE/empty.JPG"] = nil
	job, _ := hostileJob(t)
	result, err := copyWith(t, job, phone.serve(t))
	if result.New != 2 || result.LeftOut != 4 || !is(err, cause.ProtocolError) || result.Left[0].Reason != LengthLie {
		t.Errorf("%+v, %v", result, err)
	}
	if got := listing(t, job.Dir); fmt.Sprint(got) != "[2023/2023-11/empty.JPG 2023/2023-11/good.JPG]" {
		t.Errorf("there are %v", got)
	}
}

// A file that grows while it is read, as a film that is being taken, is read anew.
func TestLengthThatChanged(t *testing.T) {
	t.Parallel()
	phone := &fake{
		dirs:  map[string][]string{"/DCIM": {"100APPLE"}, "/DCIM/100APPLE": {"IMG_0001.MOV"}},
		data:  map[string][]byte{"/DCIM/100APPLE/IMG_0001.MOV": []byte("as long as it is now")},
		infos: map[string][]string{"/DCIM/100APPLE/IMG_0001.MOV": regular(3)},
	}
	phone.asked = func(op uint64, _ string) {
		if op == 0x0F {
			delete(phone.infos, "/DCIM/100APPLE/IMG_0001.MOV")
		}
	}
	job, _ := hostileJob(t)
	phone.infos["/DCIM"] = []string{"st_ifmt", "S_IFDIR"}
	result, err := copyWith(t, job, phone.serve(t))
	// Without a date of its own it is undated only by the second look; its folder was planned by the first.
	if got, _ := os.ReadFile(filepath.Join(job.Dir, "2023/2023-11/IMG_0001.MOV")); err != nil || result.New != 1 || string(got) != "as long as it is now" {
		t.Errorf("%+v, %v, %q", result, err, got)
	}
}

func TestLinksLoopsAndOtherThings(t *testing.T) {
	t.Parallel()
	phone := &fake{
		dirs: map[string][]string{"/DCIM": {"loop", "link", "pipe", ".MISC", "100APPLE"}, "/DCIM/100APPLE": {"IMG_0001.JPG"}, "/DCIM/.MISC": {"x.JPG"}},
		data: map[string][]byte{"/DCIM/100APPLE/IMG_0001.JPG": []byte("x"), "/DCIM/link": []byte("secret")},
		infos: map[string][]string{
			"/DCIM/link": {"st_ifmt", "S_IFLNK", "LinkTarget", "/etc", "st_size", "6"},
			"/DCIM/pipe": {"st_ifmt", "S_IFIFO", "st_size", "0"},
		},
	}
	at := "/DCIM/loop"
	for range 40 {
		phone.dirs[at] = []string{"loop"}
		at += "/loop"
	}
	deepest := 0
	phone.asked = func(op uint64, name string) {
		if strings.Contains(name, "link") && op != 0x0A {
			t.Errorf("asked %#x about %s", op, name)
		}
		deepest = max(deepest, strings.Count(name, "loop"))
	}
	job, _ := hostileJob(t)
	result, err := copyWith(t, job, phone.serve(t))
	if result.New != 1 || result.LeftOut != 3 || !is(err, cause.ProtocolError) || deepest > maxDepth+1 {
		t.Errorf("%+v, %v, %d deep", result, err, deepest)
	}
	// Links alone are no reason to fail.
	delete(phone.dirs, "/DCIM/loop")
	phone.dirs["/DCIM"] = []string{"link", "pipe", "100APPLE"}
	if result, err := copyWith(t, job, phone.serve(t)); err != nil || result.LeftOut != 2 || result.Here != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestSizesThatDoNotExist(t *testing.T) {
	t.Parallel()
	phone := &fake{
		dirs:  map[string][]string{"/DCIM": {"100APPLE"}, "/DCIM/100APPLE": {"A.JPG", "B.JPG"}},
		data:  map[string][]byte{"/DCIM/100APPLE/A.JPG": []byte("x"), "/DCIM/100APPLE/B.JPG": []byte("x")},
		infos: map[string][]string{"/DCIM/100APPLE/A.JPG": regular(1<<63 - 1), "/DCIM/100APPLE/B.JPG": regular(1<<63 - 1)},
	}
	job, _ := hostileJob(t)
	if result, err := copyWith(t, job, phone.serve(t)); !is(err, cause.HostDiskFull) || result.New != 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

// A phone whose folders never end is left, and not followed for ever.
func TestTooManyFolders(t *testing.T) {
	t.Parallel()
	many := make([]string, 900)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	phone := &fake{dirs: map[string][]string{mutationsRoot: many, mutationsRoot + "/899": many}}
	refused := func(context.Context, error) error { return nil }
	for most, want := range map[int]bool{1000: true, 1800: false} {
		s := &scan{files: phone.serve(t), most: most, refused: refused, found: func(int) {}}
		if err := s.run(t.Context()); is(err, cause.DeviceHostile) != want {
			t.Errorf("at most %d: %v", most, err)
		}
	}
}
