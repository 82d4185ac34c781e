package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var moment = time.Unix(1_795_600_800, 0).UTC()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func few() common {
	return common{
		man:         []file{{"homeport.1", []byte(".TH HOMEPORT 1\n"), 0o644}},
		completions: map[string][]byte{"bash": []byte("b"), "zsh": []byte("z"), "fish": []byte("f"), "powershell": []byte("p")},
		docs:        []file{{"LICENSE", []byte("MIT"), 0o644}, {"README.md", []byte("# x"), 0o644}, {"docs/causes.md", []byte("c"), 0o644}},
		settings:    []byte("destination: \"\"\n"),
		monitoring:  []file{{"homeport.rules.yml", []byte("groups: []\n"), 0o644}},
	}
}

// TestTwiceTheSame builds every kind of archive twice, from lists in another order of
// the map, and compares the bytes.
func TestTwiceTheSame(t *testing.T) {
	t.Parallel()
	r := release{version: "1.2.3", when: moment}
	for _, target := range targets {
		var sums [2][32]byte
		for i := range sums {
			dir := t.TempDir()
			files, err := archiveFiles(target, []byte("program"), few())
			must(t, err)
			path := filepath.Join(dir, target.archiveName(r.version))
			must(t, writeArchive(path, files, r.when))
			data, err := os.ReadFile(path)
			must(t, err)
			if target.os == "linux" {
				deb, err := r.deb(dir, target, []byte("program"), few())
				must(t, err)
				more, err := os.ReadFile(deb)
				must(t, err)
				data = append(data, more...)
			}
			sums[i] = sha256.Sum256(data)
		}
		if sums[0] != sums[1] {
			t.Errorf("%v differs", target)
		}
	}
}

// TestArchives looks into them as those do who unpack them.
func TestArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tt := range []struct {
		target target
		want   []string
	}{
		{target{"linux", "arm64"}, []string{"homeport", "service/homeport.service", "man/man1/homeport.1", "completions/zsh/_homeport", "config.yaml", "LICENSE", "README.md", "docs/causes.md", "monitoring/homeport.rules.yml"}},
		{target{"darwin", "arm64"}, []string{"homeport", "service/homeport.agent.plist"}},
		{target{"windows", "amd64"}, []string{"homeport.exe", "service/Homeport.xml", "completions/powershell/homeport.ps1"}},
	} {
		files, err := archiveFiles(tt.target, []byte("program"), few())
		must(t, err)
		path := filepath.Join(dir, tt.target.archiveName("1.2.3"))
		must(t, writeArchive(path, files, moment))
		modes := unpacked(t, path)
		folder := tt.target.folder("1.2.3") + "/"
		for i, want := range tt.want {
			mode, there := modes[folder+want]
			if !there || (i == 0) != (mode&0o111 != 0) {
				t.Errorf("%s: %s has mode %o, %v", path, want, mode, there)
			}
		}
		for name := range modes {
			if !strings.HasPrefix(name, folder) {
				t.Errorf("%s lies outside of its folder", name)
			}
		}
	}
}

// unpacked lists the files of an archive with their modes.
func unpacked(t *testing.T, path string) map[string]os.FileMode {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	modes := map[string]os.FileMode{}
	if strings.HasSuffix(path, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		must(t, err)
		for _, f := range z.File {
			if !f.Modified.Equal(moment) {
				t.Errorf("%s is of %v", f.Name, f.Modified)
			}
			modes[f.Name] = f.Mode()
		}
		return modes
	}
	zr, err := gzip.NewReader(bytes.NewReader(data))
	must(t, err)
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return modes
		}
		must(t, err)
		if !h.ModTime.Equal(moment) || h.Uid != 0 || h.Uname != "root" {
			t.Errorf("%s is of %v and %s", h.Name, h.ModTime, h.Uname)
		}
		if h.Typeflag == tar.TypeReg {
			modes[h.Name] = os.FileMode(h.Mode)
		}
	}
}

// TestDeb has dpkg read the package.
func TestDeb(t *testing.T) {
	t.Parallel()
	path, err := release{version: "v1.2.3-4-gabc", when: moment}.deb(t.TempDir(), target{"linux", "amd64"}, []byte("program"), few())
	must(t, err)
	if want := "homeport_1.2.3+4+gabc_amd64.deb"; filepath.Base(path) != want {
		t.Errorf("%s, not %s", filepath.Base(path), want)
	}
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is not here")
	}
	info, err := exec.Command("dpkg-deb", "--info", path).CombinedOutput()
	if err != nil || !strings.Contains(string(info), "Version: 1.2.3+4+gabc") || !strings.Contains(string(info), "prerm") {
		t.Errorf("%v\n%s", err, info)
	}
	list, err := exec.Command("dpkg-deb", "--contents", path).CombinedOutput()
	for _, want := range []string{"./usr/bin/homeport", "./usr/lib/systemd/user/homeport.service", "./usr/share/man/man1/homeport.1.gz", "./usr/share/doc/homeport/copyright", "root/root"} {
		if err != nil || !strings.Contains(string(list), want) {
			t.Errorf("%s is missing: %v\n%s", want, err, list)
		}
	}
	root := t.TempDir()
	if out, err := exec.Command("dpkg-deb", "--extract", path, root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, err := os.ReadFile(filepath.Join(root, "usr/bin/homeport")); err != nil || string(got) != "program" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDebScripts has a shell read the scripts, and wants them to speak to accounts only in
// their own name.
func TestDebScripts(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"postinst": debPostinst, "prerm": debPrerm} {
		cmd := exec.Command("sh", "-n")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if !strings.Contains(text, "runuser -u") || strings.Contains(text, "/home") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	if all, err := chosen(""); err != nil || len(all) != 6 {
		t.Errorf("%v, %v", all, err)
	}
	if some, err := chosen("windows/amd64,linux/arm64"); err != nil || len(some) != 2 || some[1].arch != "arm64" {
		t.Errorf("%v, %v", some, err)
	}
	for _, bad := range []string{"linux", "linux/amd64,", "plan9/386"} {
		if _, err := chosen(bad); err == nil {
			t.Errorf("%q is good", bad)
		}
	}
}

func TestDebVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"v1.2.3": "1.2.3", "1.2.3-rc1": "1.2.3~rc1", "a4cdc7c": "0~git+a4cdc7c", "7e14a2": "0~git+7e14a2", "dev": "0~git+dev"} {
		if got := debVersion(version); got != want {
			t.Errorf("%s: %s, not %s", version, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, r := range []release{{}, {version: "1.0"}, {version: "../1", when: moment}, {version: "-x", when: moment}, {version: "a b", when: moment}, {version: "1.0", when: time.Unix(0, 0)}} {
		if r.check() == nil {
			t.Errorf("%+v is good", r)
		}
	}
	if err := (release{version: "v1.2.3-4-gabc", when: moment}).check(); err != nil {
		t.Error(err)
	}
}
