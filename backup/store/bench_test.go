package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
)

// BenchmarkUnchanged times a run in which nothing changed, with 100,000 files:
// clone, publish and a quick check, beside `cp -al` of the same version.
func BenchmarkUnchanged(b *testing.B) {
	const files = 100_000
	s, err := Open(b.TempDir(), Options{})
	must(b, err)
	defer s.Close()
	v := backUpMany(b, s, files)
	for b.Loop() {
		copied := filepath.Join(s.Path(), "cp")
		began := time.Now()
		out, err := exec.Command("cp", "-al", v.Path, copied).CombinedOutput()
		if err != nil {
			b.Fatal(err, string(out))
		}
		cp := time.Since(began)
		must(b, os.RemoveAll(copied))

		began = time.Now()
		st := begin(b, s, udidA)
		begun := time.Since(began)
		began = time.Now()
		v2, err := st.Publish(b.Context(), backup.Result{Proof: backup.ProofReceived})
		must(b, err)
		published := time.Since(began)
		began = time.Now()
		r, err := s.Verify(b.Context(), v2, Quick, nil)
		must(b, err)
		if !r.OK || r.Files != files || v2.NewBytes != 0 {
			b.Fatalf("%+v %+v", r, v2)
		}
		b.Logf("cp -al %v; begin %v, of which clone %v (%s); publish %v; quick check %v; peak memory %s", cp, begun,
			st.Info().Clone, st.Info().Strategy, published, time.Since(began), peakMemory())
		b.ReportMetric(float64(st.Info().Clone)/float64(cp), "clone/cp")
		b.ReportMetric(float64(begun+published+time.Since(began))/float64(cp), "all/cp")
		_, err = s.Prune(b.Context(), udidA, Policy{Last: 1})
		must(b, err)
		v = v2
	}
}

// backUpMany makes a version of many small files, without the detours that fill
// takes.
func backUpMany(b *testing.B, s *Store, files int) Version {
	b.Helper()
	st := begin(b, s, udidA)
	home := filepath.Join(st.Dir(), udidA)
	c := contents{}
	for i := range files {
		c[fmt.Sprintf("Media/%d/IMG_%06d.JPG", i%100, i)] = "a small body of some bytes"
	}
	for i := range 256 {
		must(b, os.MkdirAll(filepath.Join(home, fmt.Sprintf("%02x", i)), 0o700))
	}
	for p, data := range c {
		must(b, os.WriteFile(filepath.Join(home, filepath.FromSlash(mobilesync.NewFileID(domain, p).Body())), []byte(data), 0o600))
	}
	for name, data := range manifests(b, udidA, c, script{}) {
		must(b, os.WriteFile(filepath.Join(home, name), data, 0o600))
	}
	v, err := st.Publish(b.Context(), backup.Result{Proof: backup.ProofReceived})
	must(b, err)
	databases.Clear()
	runtime.GC()
	return v
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

// BenchmarkMemory says how much memory a process of its own needs at each step
// for 100,000 files.
func BenchmarkMemory(b *testing.B) {
	const files = 100_000
	s, err := Open(b.TempDir(), Options{})
	must(b, err)
	defer s.Close()
	backUpMany(b, s, files)
	for b.Loop() {
		cmd := exec.Command(os.Args[0], s.Path(), fmt.Sprint(files))
		cmd.Env = append(os.Environ(), childEnv+"=measure")
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.Fatal(err, string(out))
		}
		b.Logf("%s", out)
	}
}
