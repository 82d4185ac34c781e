package mobilesync

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup/tree"
)

// BenchmarkExtract takes everything out of an encrypted backup of 20,000 files
// (about 330 MB), beside decrypting the same files to nowhere: the ratio is what
// making files costs.
func BenchmarkExtract(b *testing.B) {
	const files = 20_000
	w := newWorld(0)
	w.crypt = newCrypt("p")
	for i := range files {
		size := int64(1<<10 + i*7919%(31<<10))
		w.rows = append(w.rows, rowSpec{domain: "CameraRollDomain", path: fmt.Sprintf("Media/DCIM/%dAPPLE/IMG_%06d.JPG", 100+i/1000, i), flags: FlagFile, size: size})
	}
	f := open(b, w.build(b))
	unlock(b, f, "p")
	var bytes int64
	rate := func(b *testing.B) {
		b.SetBytes(bytes)
		b.ReportMetric(files*float64(b.N)/b.Elapsed().Seconds(), "files/s")
		b.ReportMetric(peak(), "MiB-peak")
	}
	b.Run("decrypt", func(b *testing.B) {
		for b.Loop() {
			r, err := f.CheckContents(context.Background(), 0, nil)
			must(b, err)
			if r.Files != files {
				b.Fatalf("%+v", r.Counts)
			}
			bytes = r.Bytes
		}
		rate(b)
	})
	b.Run("extract", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			dir := filepath.Join(b.TempDir(), fmt.Sprint(n))
			must(b, os.Mkdir(dir, 0o700))
			to, err := tree.OS{}.OpenDir(dir)
			must(b, err)
			r, err := f.Extract(context.Background(), to, ExtractOptions{})
			must(b, err)
			must(b, to.Close())
			if r.Files != files {
				b.Fatalf("%+v", r)
			}
		}
		rate(b)
	})
}

// peak is the most memory that this process had, in MiB; 0 where the system does
// not say.
func peak() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	_, _ = fmt.Sscan(rest, &kib)
	return kib / 1024
}
