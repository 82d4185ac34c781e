package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree/treetest"
	simulated "homeport/simulator/contents"
)

// BenchmarkUnchanged times a run in which nothing changed, from 10,000 files to a
// million, part by part, beside `cp -al` of the same version, in turns; what is printed
// is the median of the turns. The first three are on the file system of TMPDIR.
func BenchmarkUnchanged(b *testing.B) {
	for _, files := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) { unchanged(b, b.TempDir(), files, "cp", "-al") })
	}
	b.Run("tmpfs/files=100000", func(b *testing.B) {
		unchanged(b, treetest.NewMount(b, "tmpfs", 2<<30, "").Dir, 100_000, "cp", "-al")
	})
	b.Run("xfs/files=100000", func(b *testing.B) {
		unchanged(b, treetest.NewMount(b, "xfs", 3<<30, "").Dir, 100_000, "cp", "--reflink=always", "-r")
	})
}

// gcPercent is how the command sets the collector.
const gcPercent = 30

// turn is how long the parts of one turn took.
type turn struct {
	cp     time.Duration // the yardstick
	begin  time.Duration // Begin: a quick check of the base, and the clone
	clone  time.Duration
	finish time.Duration // Publish
	quick  time.Duration // a quick check of what was published
}

func unchanged(b *testing.B, dir string, files int, yardstick ...string) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	s, err := Open(dir, Options{AllowUnsafe: true})
	must(b, err)
	defer s.Close()
	v := backUpMany(b, s, files)
	var turns []turn
	for b.Loop() {
		for range 5 {
			var t turn
			t, v = unchangedOnce(b, s, v, yardstick)
			turns = append(turns, t)
		}
	}
	reportTurns(b, turns, files)
	for _, reported := range []int{0, files} {
		b.Logf("on %s, a process of its own, %d bodies reported as new:\n%s", fileSystem(dir), reported, measure(b, s, reported))
	}
}

// unchangedOnce takes one turn and leaves one version.
func unchangedOnce(b *testing.B, s *Store, v Version, yardstick []string) (turn, Version) {
	b.Helper()
	var t turn
	copied := filepath.Join(s.Path(), "cp")
	cp := append(yardstick[1:len(yardstick):len(yardstick)], v.Path, copied)
	t.cp = took(func() {
		if out, err := exec.Command(yardstick[0], cp...).CombinedOutput(); err != nil {
			b.Fatal(err, string(out))
		}
	})
	must(b, os.RemoveAll(copied))
	var st *Stage
	t.begin = took(func() { st = begin(b, s, udidA) })
	t.clone = st.Info().Clone
	var next Version
	t.finish = took(func() {
		var err error
		next, err = st.Publish(b.Context(), backup.Result{Proof: backup.ProofReceived})
		must(b, err)
	})
	var r Report
	t.quick = took(func() { r = verify(b, s, next, Quick) })
	if !r.OK || r.Files != v.Files || next.NewBytes != 0 {
		b.Fatalf("%+v %+v", r, next)
	}
	_, err := s.Prune(b.Context(), udidA, Policy{Last: 1})
	must(b, err)
	return t, next
}

func took(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// reportTurns prints the median of each figure: ratios to the yardstick of the same
// turn, and microseconds for each file.
func reportTurns(b *testing.B, turns []turn, files int) {
	b.Helper()
	median := func(of func(turn) float64) float64 {
		list := make([]float64, len(turns))
		for i, t := range turns {
			list[i] = of(t)
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	for _, row := range []struct {
		name string
		of   func(turn) time.Duration
	}{
		{"cp", func(t turn) time.Duration { return t.cp }},
		{"clone", func(t turn) time.Duration { return t.clone }},
		{"publish", func(t turn) time.Duration { return t.finish }},
		{"quick", func(t turn) time.Duration { return t.quick }},
		{"all", func(t turn) time.Duration { return t.clone + t.finish + t.quick }},
		{"begin", func(t turn) time.Duration { return t.begin }},
	} {
		b.ReportMetric(median(func(t turn) float64 { return row.of(t).Seconds() * 1e6 / float64(files) }), "µs/file-"+row.name)
		if row.name != "cp" {
			b.ReportMetric(median(func(t turn) float64 { return float64(row.of(t)) / float64(t.cp) }), row.name+"/cp")
		}
	}
	b.ReportMetric(0, "ns/op") // of five turns and what they clean up
}

// backUpMany makes a version of many small files, with the lists that a phone sends.
func backUpMany(b *testing.B, s *Store, files int) Version {
	b.Helper()
	st := begin(b, s, udidA)
	home := filepath.Join(st.Dir(), udidA)
	for i := range 256 {
		must(b, os.MkdirAll(filepath.Join(home, fmt.Sprintf("%02x", i)), 0o700))
	}
	anna := simulated.New(simulated.Config{Seed: 1, Profile: simulated.Small, Files: files, Bytes: int64(files) * 64})
	writeBodies(b, home, anna.View())
	for name, data := range manifests(b, udidA, contents{}, script{}) {
		must(b, os.WriteFile(filepath.Join(home, name), data, 0o600))
	}
	db, err := os.Create(filepath.Join(home, mobilesync.DatabaseFile))
	must(b, err)
	_, err = anna.View().WriteManifest(db, anna.Keybag())
	must(b, err)
	must(b, db.Close())
	v, err := st.Publish(b.Context(), backup.Result{Proof: backup.ProofReceived})
	must(b, err)
	if v.Files != files || len(v.Notes) > 0 {
		b.Fatalf("%d files of %d; %v", v.Files, files, v.Notes)
	}
	return v
}

func writeBodies(b *testing.B, home string, v *simulated.View) {
	b.Helper()
	const writers = 4
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := w; i < v.Len(); i += writers {
				row := v.Row(i)
				if row.Kind != simulated.File {
					continue
				}
				f, err := os.OpenFile(filepath.Join(home, filepath.FromSlash(mobilesync.FileID(row.ID).Body())), os.O_CREATE|os.O_WRONLY, 0o600)
				if err == nil {
					_, err = v.Body(i).WriteTo(f)
					_ = f.Close()
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// measure makes an unchanged version in a process of its own, of which so many bodies
// are reported as new, and gives what it says about its memory.
func measure(b *testing.B, s *Store, reported int) string {
	b.Helper()
	cmd := exec.Command(os.Args[0], s.Path(), fmt.Sprint(reported))
	cmd.Env = append(os.Environ(), childEnv+"=measure")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatal(err, string(out))
	}
	return string(out)
}

func peakMemory() string {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}
