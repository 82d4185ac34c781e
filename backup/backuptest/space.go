package backuptest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
)

// full are the causes of a disk without room: of a phone that did not even begin,
// and of one that had.
var full = []cause.ID{cause.HostDiskFull, cause.HostDiskFullDuring}

// spaceUsedUp takes the grant away while the phone sends: another run has claimed
// it.
func spaceUsedUp(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 41, Files: 4000, Bytes: 512 << 20, Profile: "small"})
	job := w.job(t.TempDir())
	var none atomic.Bool
	job.Free = func(context.Context) (int64, error) {
		if none.Load() {
			return 0, nil
		}
		return 1 << 30, nil
	}
	_, err := w.engine.Backup(t.Context(), job, func(p backup.Progress) {
		if p.Phase == backup.PhaseReceiving {
			none.Store(true)
		}
	})
	want(t, err, full...)
	w.gone(job.Dir)
}

// spaceNone has nothing granted from the beginning.
func spaceNone(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 42, Files: 50, Bytes: 1 << 20})
	job := w.job(t.TempDir())
	job.Free = func(context.Context) (int64, error) { return 0, nil }
	_, err := w.engine.Backup(t.Context(), job, nil)
	want(t, err, full...)
}

// purgeAsked is a phone with more than any disk takes: it asks the computer to
// make room, and is not helped.
func purgeAsked(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 43, Files: 50, Bytes: 1 << 52, Disk: simulator.Disk{Total: 1 << 53, Available: 1 << 20}})
	_, err := w.engine.Backup(t.Context(), w.job(t.TempDir()), nil)
	want(t, err, full...)
}

// diskFull fills a real disk under a backup: a small one that the test mounts, on
// which something else takes nearly all that is left while the phone sends.
func diskFull(t *testing.T, traits Traits, maker Maker) {
	disk := smallDisk(t, 200<<20)
	dir := filepath.Join(disk, "backup")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 44, Files: 400, Bytes: 24 << 20, Profile: "small"})
	slow := w.device.Play(simulator.SlowLink{Channel: simulator.ChannelBackup, BytesPerSecond: 16 << 20})[0]
	defer slow.Cancel()
	var once sync.Once
	_, err := w.engine.Backup(t.Context(), w.job(dir), func(p backup.Progress) {
		if p.Phase == backup.PhaseReceiving {
			once.Do(func() { fill(t, filepath.Join(disk, "other")) })
		}
	})
	want(t, err, cause.HostDiskFullDuring)
	w.gone(dir)
}

// fill writes to path until the disk has only 1 MiB left.
func fill(t testing.TB, path string) {
	f, err := os.Create(path)
	if err != nil {
		t.Error(err)
		return
	}
	block := make([]byte, 1<<20)
	n := 0
	for ; err == nil; n++ {
		_, err = f.Write(block)
	}
	_ = f.Truncate(int64(n-2) << 20)
	_ = f.Close()
}
