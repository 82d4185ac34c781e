//go:build unix

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"homeport/backup/store"
	"homeport/backup/tree/treetest"
	"homeport/simulator"
	"homeport/simulator/contents"
)

// killSeed makes the times of the kills.
const killSeed = 11

// keepVersions is how many versions each run leaves, so that kills meet a run that
// removes older ones too.
const keepVersions = 4

// TestKilledAtRandomTimes ends homeport backup by SIGKILL at random times. Nothing
// that was published is lost or changed, what is listed is whole, and the next
// backup goes well with nobody's help. HOMEPORT_TEST_KILLS is how often.
func TestKilledAtRandomTimes(t *testing.T) {
	t.Parallel()
	kills := 6
	if testing.Short() {
		kills = 3
	}
	if s := os.Getenv("HOMEPORT_TEST_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	k := newKilled(t)
	for i := 0; i < kills && !t.Failed(); i++ {
		k.kill(t, i)
	}
	for _, v := range k.list(t) {
		k.prove(t, v)
	}
	t.Logf("seed %d: %d kills, %d of them in mid-run, %d after the version was there; versions lost %d, versions listed and not whole %d; slowest next run %.2f s, recovery included; %s",
		killSeed, kills, k.midRun, k.published, k.lost, k.damaged, k.slowest.Seconds(), treetest.Watched())
	if k.midRun < kills/3 {
		t.Errorf("only %d of %d kills met a run", k.midRun, kills)
	}
}

// killed is a phone, a destination, and what its versions were.
type killed struct {
	sim   *simulator.Simulator
	phone *simulator.Phone
	dest  string
	rng   *rand.Rand
	took  time.Duration // a run that nobody kills
	was   map[store.VersionID]string
	guard treetest.Guard

	midRun, published, lost, damaged int
	slowest                          time.Duration
}

func newKilled(t *testing.T) *killed {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: signalUDID, Seed: killSeed, Files: 300, Bytes: 4 << 20, Profile: "small", Trust: simulator.Trust{Mode: simulator.TrustPaired},
		Disk: simulator.Disk{Total: 1 << 30, Available: 1<<30 - 20<<20},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	k := &killed{
		sim: sim, phone: sim.Phone(signalUDID), dest: filepath.Join(t.TempDir(), "backups"),
		rng: rand.New(rand.NewPCG(killSeed, 0)), was: map[store.VersionID]string{},
	}
	k.backUp(t)
	k.change()
	k.took = k.backUp(t)
	return k
}

func (k *killed) change() {
	k.phone.Modify(60)
	k.phone.Add(5)
	k.phone.Delete(5)
}

func (k *killed) args() []string {
	return []string{"--json", "backup", "--dest", k.dest}
}

// backUp makes a backup that must go well, with all that the phone has, and answers
// how long it took.
func (k *killed) backUp(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	cmd := command(t, k.sim.Addr(), k.args()...)
	cmd.Env = append(cmd.Env, "HOMEPORT_KEEP_LAST="+strconv.Itoa(keepVersions))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(began)
	newest := k.list(t)[0]
	k.prove(t, newest)
	k.holds(t, newest)
	return took
}

// kill begins a backup, ends it at a random time, and looks at what there is.
func (k *killed) kill(t *testing.T, i int) {
	t.Helper()
	k.change()
	newest := k.list(t)[0].ID
	cmd := command(t, k.sim.Addr(), k.args()...)
	cmd.Env = append(cmd.Env, "HOMEPORT_KEEP_LAST="+strconv.Itoa(keepVersions))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its end is what is asked
		close(ended)
	}()
	after := time.NewTimer(time.Duration(k.rng.Float64() * 1.1 * float64(k.took)))
	defer after.Stop()
	select {
	case <-after.C:
		k.midRun++
		_ = cmd.Process.Kill()
		<-ended
	case <-ended:
	}
	list := k.list(t)
	if list[0].ID != newest {
		k.published++
	}
	k.prove(t, list[0])
	took := k.backUp(t)
	k.slowest = max(k.slowest, took)
	k.took = (k.took + took) / 2 // a computer is busy, and then it is not
}

// list gives the versions, newest first, and holds them against what they were. One
// is lost when it is gone and there are not as many newer ones as are kept.
func (k *killed) list(t *testing.T) []store.Version {
	t.Helper()
	s, err := store.Open(k.dest, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.Versions(context.Background(), signalUDID)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d versions, %v", len(list), err)
	}
	if !k.guard.LookAll(t, k.dest) {
		k.damaged++
	}
	there := map[store.VersionID]bool{}
	for _, v := range list {
		there[v.ID] = true
		now := k.describe(t, v.Path)
		if was, known := k.was[v.ID]; !v.Sound() || known && was != now {
			k.damaged++
			t.Errorf("version %s changed, or is not sound: %s", v.ID, v.Damage)
		}
		k.was[v.ID] = now
	}
	maps.DeleteFunc(k.was, func(id store.VersionID, _ string) bool {
		if !there[id] && len(list) < keepVersions {
			k.lost++
			t.Errorf("version %s is lost; there are %d", id, len(list))
		}
		return !there[id]
	})
	return list
}

// prove reads every byte of a version.
func (k *killed) prove(t *testing.T, v store.Version) {
	t.Helper()
	s, err := store.Open(k.dest, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := s.Verify(context.Background(), v, store.Full, nil); err != nil || !r.OK {
		k.damaged++
		t.Errorf("version %s: %+v, %v", v.ID, r.Damage, err)
	}
}

// holds wants a version to have every file of the phone, with its bytes.
func (k *killed) holds(t *testing.T, v store.Version) {
	t.Helper()
	view := k.phone.Contents().View()
	for _, i := range view.ByID() {
		row := view.Row(int(i))
		if row.Kind != contents.File {
			continue
		}
		id := hex.EncodeToString(row.ID[:])
		got, err := os.ReadFile(filepath.Join(v.Path, signalUDID, id[:2], id))
		want, werr := io.ReadAll(io.NewSectionReader(view.Body(int(i)), 0, row.Size))
		if err = errors.Join(err, werr); err != nil || string(got) != string(want) {
			t.Errorf("version %s: %s is not what the phone has: %v", v.ID, id, err)
		}
	}
}

// describe is the inode, time, mode and bytes of every file of a version, in one sum.
func (k *killed) describe(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(h, "%s %d %v %v %x\n", path, inodeOf(info), info.ModTime().UnixNano(), info.Mode(), sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func inodeOf(info fs.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return st.Ino
}
