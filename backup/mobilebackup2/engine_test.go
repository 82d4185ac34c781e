package mobilebackup2

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/simulator/contents"
	"homeport/usbmux/plist"
)

// hashTree hashes every file below dir.
func hashTree(t testing.TB, dir string) map[string][32]byte {
	t.Helper()
	sums := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		sums[filepath.ToSlash(rel)] = sha256.Sum256(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func TestFirstAndIncremental(t *testing.T) {
	t.Parallel()
	p, agent, c := agentPhone(t, contents.Config{Seed: 1, Files: 300, Bytes: 8 << 20})
	job := testJob(t, p)
	told := map[string][32]byte{}
	job.Wrote = func(rel tree.Rel, n int64, sum [32]byte) { told[rel.String()] = sum }
	last := backup.Progress{}
	report := func(now backup.Progress) {
		if now.Percent < last.Percent || now.Bytes < last.Bytes {
			t.Errorf("progress went back from %+v to %+v", last, now)
		}
		last = now
	}
	e := New(testOptions())
	r, err := e.Backup(t.Context(), job, report)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Full || r.Engine != "native" || r.Proof != backup.ProofReceived || r.Files < 250 || r.Bytes < 8<<20 {
		t.Errorf("first: %+v", r)
	}
	if st := agent.Stats(); st.Finished != 1 || !st.Full {
		t.Errorf("the phone: %+v", st)
	}
	disk := hashTree(t, job.Dir)
	for name, sum := range disk {
		if told[name] != sum {
			t.Errorf("%s: not told, or told otherwise", name)
		}
	}
	checkInfo(t, job)

	c.Modify(10)
	c.Add(5)
	c.Delete(7)
	clear(told)
	r, err = e.Backup(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Full || r.Files > 30 {
		t.Errorf("incremental: %+v", r)
	}
	after := hashTree(t, job.Dir)
	for name, sum := range after {
		if got, ok := told[name]; ok && got != sum {
			t.Errorf("%s: told otherwise", name)
		} else if !ok && disk[name] != sum {
			t.Errorf("%s: changed and not told", name)
		}
	}
}

func checkInfo(t *testing.T, job backup.Job) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(home(job), "Info.plist"))
	if err != nil {
		t.Fatal(err)
	}
	info := map[string]any{}
	if err := plist.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	if info["Target Identifier"] != testUDID || info["Device Name"] != "Test" || info["Product Version"] != "18.5" || len(info["GUID"].(string)) != 32 {
		t.Errorf("Info.plist: %v", info)
	}
}

func TestForcedFull(t *testing.T) {
	t.Parallel()
	p, agent, _ := agentPhone(t, contents.Config{Seed: 2, Files: 50, Bytes: 1 << 20})
	job := testJob(t, p)
	e := New(testOptions())
	for _, full := range []bool{false, true} {
		job.Full = full
		if _, err := e.Backup(t.Context(), job, nil); err != nil {
			t.Fatal(err)
		}
		if st := agent.Stats(); !st.Full || st.Files < 40 {
			t.Errorf("full=%v: %+v", full, st)
		}
	}
}
