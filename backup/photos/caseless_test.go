package photos

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup/tree"
)

// caseless is a file system to which "A" and "a" are one name, as those of a Mac
// and a PC are.
type caseless struct{ quick }

func (c caseless) OpenDir(path string) (tree.Dir, error) {
	d, err := c.quick.OpenDir(path)
	return caselessDir{d}, err
}

type caselessDir struct{ tree.Dir }

// known is the spelling of a name that is there, or the name itself.
func (d caselessDir) known(name string) string {
	names, _ := d.Dir.Names()
	for _, each := range names {
		if strings.EqualFold(each, name) {
			return each
		}
	}
	return name
}

func (d caselessDir) OpenDir(name string) (tree.Dir, error) {
	sub, err := d.Dir.OpenDir(d.known(name))
	if err != nil {
		return nil, err
	}
	return caselessDir{sub}, nil
}

func (d caselessDir) Mkdir(name string) error                    { return d.Dir.Mkdir(d.known(name)) }
func (d caselessDir) Create(name string) (tree.File, error)      { return d.Dir.Create(d.known(name)) }
func (d caselessDir) Open(name string) (tree.File, error)        { return d.Dir.Open(d.known(name)) }
func (d caselessDir) Lstat(name string) (i tree.Info, err error) { return d.Dir.Lstat(d.known(name)) }
func (d caselessDir) Remove(name string) error                   { return d.Dir.Remove(d.known(name)) }

func (d caselessDir) Rename(name string, to tree.Dir, newName string) error {
	t := to.(caselessDir)
	return d.Dir.Rename(name, t.Dir, t.known(newName))
}

func (d caselessDir) RenameNew(name string, to tree.Dir, newName string) error {
	t := to.(caselessDir)
	if _, err := t.Lstat(newName); err == nil {
		return fs.ErrExist
	}
	return d.Dir.RenameNew(name, t.Dir, newName)
}

// On a file system without case no picture takes the place of another, of the
// phone or of a person.
func TestTwinsWithoutCase(t *testing.T) {
	t.Parallel()
	names := []string{"IMG_0001.HEIC", "img_0001.heic", "Img_0001.Mov", "IMG_0001.MOV", "IMG_0002.HEIC"}
	phone := &fake{dirs: map[string][]string{"/DCIM": {"100APPLE", "100apple"}}, data: map[string][]byte{}}
	for _, dir := range phone.dirs["/DCIM"] {
		phone.dirs["/DCIM/"+dir] = names
		for _, name := range names {
			phone.data["/DCIM/"+dir+"/"+name] = []byte("picture " + dir + name)
		}
	}
	job, _ := hostileJob(t)
	job.FS = caseless{}
	theirs := filepath.Join(job.Dir, "2023/2023-11/img_0002.HEIC")
	if err := os.MkdirAll(filepath.Dir(theirs), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(theirs, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []Result{{New: 10}, {Here: 10}} {
		if got, err := copyWith(t, job, phone.serve(t)); err != nil || got.New != want.New || got.Here != want.Here {
			t.Errorf("run %d: %+v, %v", i+1, got, err)
		}
	}
	list := listing(t, job.Dir)
	contents := map[string]bool{}
	for i, name := range list {
		for _, other := range list[:i] {
			if strings.EqualFold(name, other) {
				t.Errorf("%s and %s are one file there", other, name)
			}
		}
		data, err := os.ReadFile(filepath.Join(job.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		contents[string(data)] = true
	}
	if len(list) != 11 || len(contents) != 11 || !contents["theirs"] {
		t.Errorf("%d files with %d contents: %v", len(list), len(contents), list)
	}
}
