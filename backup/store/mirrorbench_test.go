package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"homeport/backup"
)

// BenchmarkMirror times a run on a drive that cannot share files, by how many of
// 100,000 files are new: what it takes before the phone is asked, beside the copy of all
// that a mirror does without, and what it takes to put the new version in the old one's
// place.
func BenchmarkMirror(b *testing.B) {
	const files = 100_000
	dir := b.TempDir()
	plain, err := Open(dir, Options{AllowUnsafe: true})
	must(b, err)
	defer plain.Close()
	v := backUpMany(b, plain, files)
	s, err := Open(dir, asMirror(Options{AllowUnsafe: true}))
	must(b, err)
	defer s.Close()
	for _, fresh := range []int{0, files / 100, files} {
		b.Run(fmt.Sprintf("new=%d", fresh), func(b *testing.B) {
			for b.Loop() {
				var st *Stage
				b.ReportMetric(took(func() { st = begin(b, s, udidA) }).Seconds(), "s-begin")
				sendAgain(b, v, st, fresh)
				b.ReportMetric(took(func() {
					v, err = st.Publish(b.Context(), backup.Result{Proof: backup.ProofReceived})
					must(b, err)
				}).Seconds(), "s-publish")
				if !v.Mirror || v.Files != files || !verify(b, s, v, Quick).OK {
					b.Fatalf("%+v", v)
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	noMirror, err := Open(dir, Options{AllowUnsafe: true, FS: s.options.FS})
	must(b, err)
	defer noMirror.Close()
	b.Run("copied", func(b *testing.B) {
		for b.Loop() {
			var st *Stage
			b.ReportMetric(took(func() { st = begin(b, noMirror, udidA) }).Seconds(), "s-begin")
			must(b, st.Discard())
		}
		b.ReportMetric(0, "ns/op")
	})
}

// sendAgain puts so many bodies of the version into the stage, as the phone had sent
// them.
func sendAgain(b *testing.B, v Version, st *Stage, most int) {
	b.Helper()
	home, done := filepath.Join(v.Path, v.UDID), 0
	must(b, filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		body, _ := filepath.Rel(home, path)
		if err != nil || d.IsDir() || len(body) != 43 || done == most {
			return err
		}
		done++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(st.Dir(), st.state.UDID, body), data, 0o600)
	}))
}
