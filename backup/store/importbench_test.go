package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkImport times the import of 100,000 small files, beside `cp -a` of them.
func BenchmarkImport(b *testing.B) {
	const files = 100_000
	from, err := Open(b.TempDir(), Options{})
	must(b, err)
	defer from.Close()
	found := filepath.Join(b.TempDir(), udidA)
	must(b, os.Rename(filepath.Join(backUpMany(b, from, files).Path, udidA), found))
	for b.Loop() {
		copied := filepath.Join(b.TempDir(), "cp")
		began := time.Now()
		if out, err := exec.Command("cp", "-a", found, copied).CombinedOutput(); err != nil {
			b.Fatal(err, string(out))
		}
		cp := time.Since(began)
		s, err := Open(b.TempDir(), Options{})
		must(b, err)
		began = time.Now()
		got, err := s.Import(b.Context(), found, ImportOptions{})
		must(b, err)
		took := time.Since(began)
		if got.Version.Files != files || !got.Version.Imported.Proven {
			b.Fatalf("%+v", got)
		}
		b.Logf("cp -a %v; import %v (%s); peak memory %s", cp, took, got.Way, peakMemory())
		b.ReportMetric(float64(took)/float64(cp), "import/cp")
		must(b, s.Close())
	}
}
