//go:build unix

package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"homeport/backup/mobilesync"
	"homeport/usbmux/plist"
)

// injuries lists every damage that is tried, class after class.
func injuries(t *testing.T, v, other Version) []injury {
	t.Helper()
	return slices.Concat(bodyInjuries(v), databaseInjuries(t, v), plistInjuries(), sealInjuries(t, v, other), strayInjuries(), markInjuries(t, v))
}

// rewritten changes the bytes of a file of the version.
func rewritten(path string, change func([]byte) []byte) func(Version) error {
	return func(v Version) error {
		name := filepath.Join(v.Path, path)
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.Remove(name); err != nil {
			return err
		}
		return os.WriteFile(name, change(data), 0o600)
	}
}

// flipped flips one bit, spread over the file by i of n.
func flipped(path string, i, n int) func(Version) error {
	return rewritten(path, func(b []byte) []byte {
		at := i * (len(b) - 1) / max(1, n-1)
		b[at] ^= 1 << (i % 8)
		return b
	})
}

func cutTo(path string, n func(size int) int) func(Version) error {
	return rewritten(path, func(b []byte) []byte { return b[:n(len(b))] })
}

func takenAway(path string) func(Version) error {
	return func(v Version) error { return os.RemoveAll(filepath.Join(v.Path, path)) }
}

func replacedBy(path string, put func(string) error) func(Version) error {
	return func(v Version) error {
		name := filepath.Join(v.Path, path)
		if err := os.RemoveAll(name); err != nil {
			return err
		}
		return put(name)
	}
}

func bodyInjuries(v Version) (list []injury) {
	add := func(class, path, named string, do func(Version) error) {
		list = append(list, injury{class: class, do: do, path: path, named: named})
	}
	body := func(name string) string { return v.UDID + "/" + mobilesync.NewFileID(domain, name).Body() }
	names := []string{"Media/big.MOV", "Media/twin1.JPG", "Media/one", "Media/IMG_0001.JPG", "Media/IMG_0005.JPG", "Media/IMG_0007.JPG", "Media/IMG_0010.JPG", "Media/IMG_0011.JPG"}
	for _, name := range names {
		p := body(name)
		for i := range 3 {
			add("body: a bit flipped", p, name, flipped(p, i, 3))
		}
		add("body: short by 1", p, name, cutTo(p, func(n int) int { return n - 1 }))
		add("body: half", p, name, cutTo(p, func(n int) int { return n / 2 }))
		add("body: emptied", p, name, cutTo(p, func(int) int { return 0 }))
		add("body: grown by 1", p, name, rewritten(p, func(b []byte) []byte { return append(b, 0) }))
		add("body: grown by a block", p, name, rewritten(p, func(b []byte) []byte { return append(b, make([]byte, 4096)...) }))
		add("body: zeroed", p, name, rewritten(p, func(b []byte) []byte { clear(b); return b }))
		add("body: missing", p, name, takenAway(p))
		add("body: a folder", p, name, replacedBy(p, func(p string) error { return os.Mkdir(p, 0o700) }))
		add("body: a link", p, name, replacedBy(p, func(p string) error { return os.Symlink("/etc/hostname", p) }))
		add("body: a FIFO", p, name, replacedBy(p, func(p string) error { return syscall.Mkfifo(p, 0o600) }))
		list = append(list, injury{class: "body: cannot be read", path: p, named: name, eio: true})
	}
	big := body("Media/big.MOV")
	for at := 0; at+4096 <= 15000; at += 4096 {
		add("body: a block zeroed", big, "Media/big.MOV", rewritten(big, func(b []byte) []byte { clear(b[at : at+4096]); return b }))
	}
	for i, pair := range [][2]string{{"twin1.JPG", "twin2.JPG"}, {"twin2.JPG", "twin3.JPG"}, {"twin1.JPG", "twin3.JPG"}, {"big.MOV", "one"}, {"IMG_0001.JPG", "IMG_0002.JPG"}} {
		a, b := body("Media/"+pair[0]), body("Media/"+pair[1])
		class := "body: swapped, same size"
		if i > 2 {
			class = "body: swapped"
		}
		add(class, a, "Media/"+pair[0], func(v Version) error { return swapFiles(filepath.Join(v.Path, a), filepath.Join(v.Path, b)) })
	}
	return append(list, injury{class: "body: its folder is missing", path: big, named: "Media/big.MOV", do: func(v Version) error {
		return os.RemoveAll(filepath.Dir(filepath.Join(v.Path, big)))
	}})
}

func swapFiles(a, b string) error {
	if err := os.Rename(a, a+"x"); err != nil {
		return err
	}
	if err := os.Rename(b, a); err != nil {
		return err
	}
	return os.Rename(a+"x", b)
}

func databaseInjuries(t *testing.T, v Version) (list []injury) {
	t.Helper()
	p := v.UDID + "/" + mobilesync.DatabaseFile
	add := func(class string, do func(Version) error) {
		list = append(list, injury{class: "Manifest.db: " + class, do: do, path: p})
	}
	for i := range 60 {
		add("a bit flipped", flipped(p, i, 60))
	}
	for i := range 4 {
		add("a page zeroed", rewritten(p, func(b []byte) []byte {
			at := i * (len(b) / 4096) / 4 * 4096
			clear(b[at : at+4096])
			return b
		}))
	}
	for _, n := range []int{0, 1, 16, 100, 4096} {
		add("cut short", cutTo(p, func(int) int { return n }))
	}
	add("short by 1", cutTo(p, func(n int) int { return n - 1 }))
	add("grown", rewritten(p, func(b []byte) []byte { return append(b, make([]byte, 4096)...) }))
	add("missing", takenAway(p))
	add("not SQLite", rewritten(p, func(b []byte) []byte { return bytes.Repeat([]byte("no"), len(b)/2) }))
	for i := range 4 {
		row := func(format string, args ...any) func(Version) error { return execSQL(p, fmt.Sprintf(format, args...)) }
		add("a row removed", row("DELETE FROM Files WHERE rowid IN (SELECT rowid FROM Files LIMIT 1 OFFSET %d)", i))
		add("a row added", row("INSERT INTO Files VALUES ('%s', '%s', 'Media/added%d', 1, NULL)", mobilesync.NewFileID(domain, fmt.Sprint("Media/added", i)), domain, i))
		add("an id changed", row("UPDATE Files SET fileID='%040d' WHERE rowid IN (SELECT rowid FROM Files LIMIT 1 OFFSET %d)", i, i))
		add("a size changed", func(v Version) error {
			return execSQL(p, fmt.Sprintf("UPDATE Files SET file=x'%x' WHERE rowid IN (SELECT rowid FROM Files LIMIT 1 OFFSET %d)", mbfile(t, 9999+i), i))(v)
		})
		add("a domain changed", row("UPDATE Files SET domain='HomeDomain' WHERE rowid IN (SELECT rowid FROM Files LIMIT 1 OFFSET %d)", i))
	}
	return list
}

func execSQL(path, statement string) func(Version) error {
	return func(v Version) error {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(v.Path, path))
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.Exec(statement)
		return err
	}
}

func plistInjuries() (list []injury) {
	for _, file := range []string{mobilesync.InfoFile, mobilesync.StatusFile, mobilesync.ManifestFile} {
		p := udidA + "/" + file
		add := func(class string, do func(Version) error) {
			list = append(list, injury{class: file + ": " + class, do: do, path: p})
		}
		for i := range 12 {
			add("a bit flipped", flipped(p, i, 12))
		}
		add("missing", takenAway(p))
		add("emptied", cutTo(p, func(int) int { return 0 }))
		add("half", cutTo(p, func(n int) int { return n / 2 }))
		add("of another type", remade(p, func(map[string]any) any { return []any{"a list"} }))
		add("a link", replacedBy(p, func(p string) error { return os.Symlink("/etc/hostname", p) }))
		for key, value := range map[string]any{
			"Target Identifier": udidB, "SnapshotState": "uploading", "BackupState": "empty", "IsEncrypted": true,
			"BackupKeyBag": []byte("VERT"), "Lockdown": map[string]any{"UniqueDeviceID": udidB},
		} {
			if holds := map[string]string{"Target Identifier": mobilesync.InfoFile, "SnapshotState": mobilesync.StatusFile, "BackupState": mobilesync.StatusFile}[key]; holds != file && (holds != "" || file != mobilesync.ManifestFile) {
				continue
			}
			add("another "+key, remade(p, func(m map[string]any) any { m[key] = value; return m }))
		}
	}
	return list
}

// remade writes a property list anew with something else in it.
func remade(path string, change func(map[string]any) any) func(Version) error {
	return func(v Version) error {
		name := filepath.Join(v.Path, path)
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var m map[string]any
		if err := plist.Unmarshal(data, &m); err != nil {
			return err
		}
		if data, err = plist.MarshalBinary(change(m)); err != nil {
			return err
		}
		if err := os.Remove(name); err != nil {
			return err
		}
		return os.WriteFile(name, data, 0o600)
	}
}

func sealInjuries(t *testing.T, v, other Version) (list []injury) {
	t.Helper()
	foreign, err := os.ReadFile(filepath.Join(other.Path, sumsName))
	must(t, err)
	otherRecord, err := os.ReadFile(filepath.Join(other.Path, recordName))
	must(t, err)
	for _, file := range []string{sumsName, recordName} {
		add := func(class string, do func(Version) error) {
			list = append(list, injury{class: file + ": " + class, do: do, path: file})
		}
		for i := range 24 {
			add("a bit flipped", flipped(file, i, 24))
		}
		add("missing", takenAway(file))
		add("emptied", cutTo(file, func(int) int { return 0 }))
		add("half", cutTo(file, func(n int) int { return n / 2 }))
		add("a folder", replacedBy(file, func(p string) error { return os.Mkdir(p, 0o700) }))
		add("another version's", rewritten(file, func([]byte) []byte {
			if file == sumsName {
				return foreign
			}
			return otherRecord
		}))
	}
	lines := func(class string, change func([][]byte) [][]byte) {
		list = append(list, injury{class: sumsName + ": " + class, path: sumsName, do: rewritten(sumsName, func(b []byte) []byte {
			return bytes.Join(change(bytes.SplitAfter(b, []byte("\n"))), nil)
		})})
	}
	for i := range 4 {
		lines("a line removed", func(l [][]byte) [][]byte { return slices.Delete(l, i, i+1) })
		lines("a line twice", func(l [][]byte) [][]byte { return slices.Insert(l, i, l[i]) })
		lines("lines out of order", func(l [][]byte) [][]byte { l[i], l[i+1] = l[i+1], l[i]; return l })
	}
	for _, key := range []string{"device", "finished", "engine", "files", "bytes", "encrypted"} {
		list = append(list, injury{class: recordName + ": another value", path: recordName, do: rewritten(recordName, func(b []byte) []byte {
			at := bytes.Index(b, []byte(`"`+key+`": `)) + len(key) + 5
			b[at] ^= 1
			return b
		})})
	}
	return list
}

func strayInjuries() (list []injury) {
	put := func(class, path string, do func(string) error) {
		list = append(list, injury{class: "stray: " + class, path: udidA + "/" + path, do: func(v Version) error {
			name := filepath.Join(v.Path, udidA, path)
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				return err
			}
			return do(name)
		}})
	}
	file := func(p string) error { return os.WriteFile(p, []byte("x"), 0o600) }
	for _, n := range []string{"x", ".DS_Store", "Manifest.db-wal", "Manifest.db-shm", "Manifest.db-journal", "MANIFEST.DB", "info.plist", "zz/x", "ab/x", "ab/ab" + "00000000000000000000000000000000000000"} {
		put("a file", n, file)
	}
	put("a link", "l", func(p string) error { return os.Symlink("/", p) })
	put("a FIFO", "f", func(p string) error { return syscall.Mkfifo(p, 0o600) })
	put("the phone's staging", "Snapshot", func(p string) error { return os.Mkdir(p, 0o700) })
	put("the phone's staging", "Snapshot/ab/x", file)
	return append(list,
		injury{class: "the whole folder: missing", path: udidA, do: takenAway(udidA)},
		injury{class: "the whole folder: a link", path: udidA, do: replacedBy(udidA, func(p string) error { return os.Symlink("/", p) })},
		injury{class: "the whole folder: emptied", path: udidA, do: func(v Version) error {
			return replacedBy(udidA, func(p string) error { return os.Mkdir(p, 0o700) })(v)
		}},
		injury{class: "the whole version: another phone's", path: recordName, do: rewritten(recordName, func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(udidA), []byte(udidB))
		})},
	)
}

func markInjuries(t *testing.T, v Version) (list []injury) {
	t.Helper()
	path := filepath.Join("..", "..", marksName)
	add := func(class string, do func(Version) error) {
		list = append(list, injury{class: marksName + ": " + class, path: marksName, do: func(v Version) error {
			return do(v)
		}})
	}
	for i := range 24 {
		add("a bit flipped", flipped(path, i, 24))
	}
	add("emptied", cutTo(path, func(int) int { return 0 }))
	add("half", cutTo(path, func(n int) int { return n / 2 }))
	add("of another type", rewritten(path, func([]byte) []byte { return []byte("[]") }))
	add("a folder", replacedBy(path, func(p string) error { return os.Mkdir(p, 0o700) }))
	return list
}
