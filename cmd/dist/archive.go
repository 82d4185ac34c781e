package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// archiveName is the file that people download: .zip is what Windows opens by itself.
func (t target) archiveName(version string) string {
	name := t.folder(version)
	if t.os == "windows" {
		return name + ".zip"
	}
	return name + ".tar.gz"
}

// folder is what an archive unpacks into.
func (t target) folder(version string) string {
	return "homeport-" + version + "-" + strings.Replace(t.os, "darwin", "macos", 1) + "-" + t.arch
}

// writeArchive writes files, below a folder of the archive's own name.
func writeArchive(name string, files []file, when time.Time) error {
	base := filepath.Base(name)
	pack := tarball
	folder, ok := strings.CutSuffix(base, ".tar.gz")
	if !ok {
		folder, pack = strings.TrimSuffix(base, ".zip"), zipped
	}
	under := make([]file, len(files))
	for i, f := range files {
		under[i] = file{folder + "/" + f.name, f.data, f.mode}
	}
	var out bytes.Buffer
	if err := pack(&out, under, when); err != nil {
		return fmt.Errorf("write %s: %w", base, err)
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

// folders are the folders of files, the outer ones first, as a tar names them.
func folders(files []file) []string {
	var list []string
	for _, f := range files {
		for dir := path.Dir(f.name); dir != "." && dir != "/"; dir = path.Dir(dir) {
			list = append(list, dir+"/")
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// tarball writes a tar.gz whose bytes depend on nothing but its arguments.
func tarball(w io.Writer, files []file, when time.Time) error {
	zw, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	tw := tar.NewWriter(zw)
	for _, dir := range folders(files) {
		h := &tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755, ModTime: when, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
	}
	for _, f := range files {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode.Perm()), Size: int64(len(f.data)), ModTime: when, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		if _, err := tw.Write(f.data); err != nil {
			return err
		}
	}
	if err := tw.Close(); err != nil {
		return err
	}
	return zw.Close()
}

// zipped writes a zip whose bytes depend on nothing but its arguments.
func zipped(w io.Writer, files []file, when time.Time) error {
	zw := zip.NewWriter(w)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: when}
		h.SetMode(f.mode)
		fw, err := zw.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := fw.Write(f.data); err != nil {
			return err
		}
	}
	return zw.Close()
}

// gzipped compresses without a name and a time.
func gzipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	zw, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zw.Write(data); err != nil {
		return nil, err
	}
	err = zw.Close()
	return out.Bytes(), err
}

// writeSums writes the list that sha256sum -c reads.
func writeSums(name string, paths []string) error {
	slices.Sort(paths)
	var list strings.Builder
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(data), filepath.Base(p))
	}
	return os.WriteFile(name, []byte(list.String()), 0o644)
}
