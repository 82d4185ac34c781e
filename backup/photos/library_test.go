package photos

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/simulator"
	"homeport/usbmux/afc"
)

// askLibrary copies and then asks, as the verb does.
func askLibrary(t *testing.T, job Job, files *afc.Client) (Library, error) {
	t.Helper()
	c, err := Open(job)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Copy(t.Context(), files, nil); err != nil {
		t.Error(err)
	}
	l, err := c.Library(t.Context(), files)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	home, rerr := os.ReadDir(filepath.Join(job.Dir, homeName))
	if rerr != nil || len(home) > 3 || bytes.Contains(fmt.Append(nil, home), []byte("library")) {
		t.Errorf("left behind: %v, %v", home, rerr)
	}
	return l, err
}

func TestOriginalsOnlyInCloud(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 3, Cloud: 57})
	if l, err := askLibrary(t, w.job(), w.files()); err != nil || l != (Library{true, 57}) {
		t.Errorf("%+v, %v", l, err)
	}
	// One of them is fetched, and one that was copied is given to iCloud.
	if err := w.phone.SetMediaFile("/DCIM/200APPLE/IMG_0001.HEIC", []byte("fetched")); err != nil {
		t.Fatal(err)
	}
	w.phone.DeletePhotos(1)
	if l, err := askLibrary(t, w.job(), w.files()); err != nil || l != (Library{true, 56}) {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestNoLibrary(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 1})
	if l, err := askLibrary(t, w.job(), w.files()); err == nil || l.Known {
		t.Errorf("%+v, %v", l, err)
	}
	whole := newWorld(t, simulator.Photos{Count: 1, Library: true})
	if l, err := askLibrary(t, whole.job(), whole.files()); err != nil || l != (Library{true, 0}) {
		t.Errorf("%+v, %v", l, err)
	}
}

// database makes a phone's database of statements.
func database(t *testing.T, statements string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.sqlite")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(statements)
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Databases of another form, and such as no phone has: nothing is told.
func TestHostileLibraries(t *testing.T) {
	t.Parallel()
	const resources = `CREATE TABLE ZINTERNALRESOURCE (Z_PK INTEGER PRIMARY KEY, ZASSET, ZRECIPEID, ZLOCALAVAILABILITY, ZREMOTEAVAILABILITY);
		INSERT INTO ZINTERNALRESOURCE VALUES (1, 1, 0, -1, 1), (2, 'text', 0, -1, 1), (3, NULL, 0, -1, 1), (4, 2, 0, -1, 1);`
	const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS Z_PK, 'DCIM/1' AS ZDIRECTORY, i AS ZFILENAME, 0 AS ZTRASHEDSTATE FROM n`
	good := database(t, strings.ReplaceAll(resources, "(2, 'text', 0, -1, 1), ", "")+`CREATE TABLE ZGENERICASSET (Z_PK INTEGER PRIMARY KEY, ZDIRECTORY, ZFILENAME, ZTRASHEDSTATE);
		INSERT INTO ZGENERICASSET VALUES (1, 'DCIM/1', 'a', 0), (2, 'PhotoData/PhotoCloudSharingData/1', 'shared', 0), (3, 'DCIM/1', NULL, 0), (4, 'DCIM/1', 'b', 1);`)
	torn := bytes.Clone(good)
	for i := 5000; i < len(torn); i++ {
		torn[i] = byte(i * 31)
	}
	for name, tc := range map[string]struct {
		data []byte
		want Library
	}{
		"an earlier iOS":  {good, Library{true, 1}},
		"empty":           {nil, Library{}},
		"no database":     {[]byte(strings.Repeat("no database ", 1000)), Library{}},
		"cut":             {good[:len(good)/2], Library{}},
		"overwritten":     {torn, Library{}},
		"other tables":    {database(t, "CREATE TABLE T (x)"), Library{}},
		"no pictures":     {database(t, strings.ReplaceAll(resources, "'text'", "7")), Library{}},
		"another column":  {database(t, resources+"CREATE TABLE ZASSET (Z_PK, ZDIRECTORY, ZNAME, ZTRASHEDSTATE)"), Library{}},
		"an endless view": {database(t, resources+"CREATE VIEW ZASSET AS "+endless), Library{}},
		"computed":        {database(t, resources+"CREATE TABLE ZASSET (Z_PK, ZDIRECTORY, ZFILENAME AS (hex(zeroblob(100000000))), ZTRASHEDSTATE)"), Library{}},
		"another type":    {database(t, resources+"CREATE TABLE ZASSET (Z_PK, ZDIRECTORY, ZFILENAME, ZTRASHEDSTATE)"), Library{}},
	} {
		phone := &fake{dirs: map[string][]string{}, data: map[string][]byte{libraryPath: tc.data}}
		job, canary := hostileJob(t)
		l, err := askLibrary(t, job, phone.serve(t))
		if l != tc.want || l.Known != (err == nil) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
		canary()
	}
}

// A database that changes while it is copied tells nothing.
func TestRestlessLibrary(t *testing.T) {
	t.Parallel()
	phone := &fake{data: map[string][]byte{libraryPath: database(t, "CREATE TABLE T (x)")}, infos: map[string][]string{}}
	looks := int64(0)
	phone.asked = func(op uint64, name string) {
		if op == 0x0A && name == libraryPath {
			looks++
			phone.infos[libraryPath] = regular(looks)
		}
	}
	job, _ := hostileJob(t)
	if l, err := askLibrary(t, job, phone.serve(t)); l.Known || !errors.Is(err, errUntold) || looks > 4 {
		t.Errorf("%+v, %v after %d looks", l, err, looks)
	}
	phone.infos[libraryPath] = regular(maxLibrary + 1)
	phone.asked = nil
	if l, err := askLibrary(t, job, phone.serve(t)); l.Known || !errors.Is(err, errUntold) {
		t.Errorf("%+v, %v", l, err)
	}
}
