//go:build unix

package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkTenVersions prints what ten versions take on the disk, of a phone on which
// one file in a hundred changes between two of them, against one full copy: as many
// bytes as the files have, each inode once. On a drive that clones files by reflink
// the figure is that of inodes, and too high; see Store.Plan for what is shared.
func BenchmarkTenVersions(b *testing.B) {
	const files, size = 2000, 20_000
	for b.Loop() {
		s, err := Open(b.TempDir(), Options{})
		must(b, err)
		r := rand.New(rand.NewPCG(1, 2))
		blob := func() string {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(r.Uint32())
			}
			return string(data)
		}
		c := contents{}
		for i := range files {
			c[fmt.Sprintf("Media/IMG_%05d.JPG", i)] = blob()
		}
		backUp(b, s, udidA, c)
		one := onDisk(b, s, udidA)
		for range 9 {
			for range files / 100 {
				c[fmt.Sprintf("Media/IMG_%05d.JPG", r.IntN(files))] = blob()
			}
			backUp(b, s, udidA, c)
		}
		ten := onDisk(b, s, udidA)
		must(b, s.Close())
		b.ReportMetric(float64(one)/1e6, "MB/one")
		b.ReportMetric(float64(ten)/1e6, "MB/ten")
		b.ReportMetric(float64(ten)/float64(one), "ten/one")
	}
}
