package history

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk writes where nothing fits any more: what is there stays readable and is
// not taken for damage, and it goes on when there is room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting needs root: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	d, aside := open(t, dir)
	must(t, d.End(t.Context(), 0, good(anna, noon, "v1")))
	filler := filepath.Join(dir, "filler")
	data := make([]byte, 1<<20)
	for len(data) > 0 {
		f, err := os.OpenFile(filler, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		must(t, err)
		if _, err := f.Write(data); err != nil {
			data = data[:len(data)/2]
		}
		must(t, f.Close())
	}
	big := good(anna, noon, "v2")
	for range maxFindings {
		big.Findings = append(big.Findings, Finding{Cause: "x", Status: "warn", Sentence: strings.Repeat("x", maxMessage)})
	}
	if err := d.End(t.Context(), 0, big); err == nil || spoiled(err) {
		t.Errorf("on the full disk: %v", err)
	}
	if list := runsOf(t, d, Filter{}); len(list) != 1 || list[0].Version != "v1" {
		t.Errorf("%+v", list)
	}
	must(t, os.Remove(filler))
	must(t, d.End(t.Context(), 0, big))
	if list := runsOf(t, d, Filter{}); len(list) != 2 || len(*aside) != 0 {
		t.Errorf("%d runs, set aside %+v", len(list), *aside)
	}
}
