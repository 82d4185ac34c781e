package simulator

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func photoPhone(t *testing.T, photos Photos) (*Simulator, *Phone) {
	return start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, Photos: photos})
}

func (c *client) list(name string) []string {
	c.t.Helper()
	_, body := c.afc(opReadDir, path0(name), nil)
	return strings.Split(strings.Trim(string(body), "\x00"), "\x00")[2:]
}

func TestPhotosAsAFCShowsThem(t *testing.T) {
	t.Parallel()
	s, phone := photoPhone(t, Photos{Count: 1001, Live: 1, Edits: 2, Synced: 1})
	c := open(t, s, serviceAFC)
	if got := c.list("/DCIM"); !slices.Equal(got, []string{"100APPLE", "101APPLE"}) {
		t.Errorf("folders %v", got)
	}
	if got := c.list("/DCIM/100APPLE"); len(got) != 1003 || !slices.Equal(got[:5], []string{"IMG_0001.AAE", "IMG_0001.HEIC", "IMG_0001.MOV", "IMG_0002.AAE", "IMG_0002.HEIC"}) {
		t.Errorf("%d files, first %v", len(got), got[:5])
	}
	if got := c.list("/PhotoData/Mutations/DCIM/100APPLE/IMG_0002/Adjustments"); !slices.Equal(got, []string{"FullSizeRender.heic"}) {
		t.Errorf("edits %v", got)
	}
	if got := c.list("/PhotoData/CPLAssets/group100"); len(got) != 1 || len(got[0]) != 41 {
		t.Errorf("from iCloud: %v", got)
	}
	_, info := c.afc(opInfo, path0("/DCIM/100APPLE/IMG_0002.HEIC"), nil)
	if want := fmt.Sprintf("st_birthtime\x00%d\x00", phone.gallery.date(1).UnixNano()); !bytes.Contains(info, []byte(want)) {
		t.Errorf("info %q", info)
	}
	whole, _ := phone.MediaFile("/DCIM/100APPLE/IMG_0002.HEIC")
	h := c.afcOpen("/DCIM/100APPLE/IMG_0002.HEIC", 1)
	_, first := c.afc(opRead, words(h, 33_000), nil)
	_, second := c.afc(opRead, words(h, 1<<20), nil)
	if !bytes.Equal(slices.Concat(first, second), whole) || len(first) != 33_000 {
		t.Errorf("%d and %d bytes of %d", len(first), len(second), len(whole))
	}
	if twin, _ := phone.MediaFile("/DCIM/100APPLE/IMG_0003.HEIC"); bytes.Contains(twin, whole[40<<10:40<<10+32]) {
		t.Error("two pictures share bytes")
	}
}

func TestPhotosChange(t *testing.T) {
	t.Parallel()
	s, phone := photoPhone(t, Photos{Count: 2, Live: 1, Edits: 1})
	c := open(t, s, serviceAFC)
	before, _ := phone.MediaFile("/DCIM/100APPLE/IMG_0002.HEIC")
	for _, line := range []string{"delete-photos 1", "take-photos 1", "retouch-photos 1"} {
		if answer, err := s.Command(line); err != nil || !strings.Contains(answer, "1 files") {
			t.Errorf("%s: %q, %v", line, answer, err)
		}
	}
	if got := c.list("/DCIM/100APPLE"); !slices.Equal(got, []string{"IMG_0002.HEIC", "IMG_0003.HEIC", "IMG_0003.MOV"}) {
		t.Errorf("left %v", got)
	}
	if after, _ := phone.MediaFile("/DCIM/100APPLE/IMG_0002.HEIC"); len(after) != len(before)+1 || bytes.Equal(after[:64], before[:64]) {
		t.Errorf("retouched: %d bytes of %d", len(after), len(before))
	}
	h := c.afcOpen("/DCIM/100APPLE/IMG_0002.HEIC", 2)
	if got := c.afcStatus(opWrite, words(h), []byte("x")); got != afcDenied {
		t.Errorf("write into a picture: %d", got)
	}
}

func TestPhotosOfALockedPhone(t *testing.T) {
	t.Parallel()
	s, phone := photoPhone(t, Photos{})
	c := open(t, s, serviceAFC)
	h := c.afcOpen("/DCIM/100APPLE/IMG_0001.HEIC", 1)
	phone.Lock()
	if got := c.afcStatus(opRead, words(h, 1), nil); got != afcDenied {
		t.Errorf("read while locked: %d", got)
	}
	if got := c.afcStatus(opOpen, append(words(1), path0("/DCIM/../DCIM/100APPLE/IMG_0001.HEIC")...), nil); got != afcDenied {
		t.Errorf("open while locked: %d", got)
	}
	c.afcOpen("/com.apple.itunes.lock_sync", 2)
	phone.Unlock()
	if op, data := c.afc(opRead, words(h, 1), nil); op != opData || len(data) != 1 {
		t.Errorf("unlocked again: %#x", op)
	}
}

func TestFileRefused(t *testing.T) {
	t.Parallel()
	s, _ := photoPhone(t, Photos{})
	c := open(t, s, serviceAFC)
	for _, line := range []string{"play file read IMG_0001.HEIC 20", "play file list . 10 2", "play file open IMG_0002.HEIC 7"} {
		if _, err := s.Command(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, line := range []string{"play file seek . 20", "play file read x y", "play file read"} {
		if _, err := s.Command(line); err == nil {
			t.Errorf("%s: planned", line)
		}
	}
	for range 2 {
		if got := c.afcStatus(opReadDir, path0("/DCIM"), nil); got != afcDenied {
			t.Errorf("list: %d", got)
		}
	}
	c.list("/DCIM")
	if got := c.afcStatus(opOpen, append(words(1), path0("/DCIM/100APPLE/IMG_0002.HEIC")...), nil); got != afcInvalid {
		t.Errorf("open: %d", got)
	}
	h := c.afcOpen("/DCIM/100APPLE/IMG_0001.HEIC", 1)
	if got := c.afcStatus(opRead, words(h, 1), nil); got != 20 {
		t.Errorf("read: %d", got)
	}
	c.afcStatus(opClose, words(h), nil)
	if left := s.Unfired(); len(left) != 0 {
		t.Errorf("not fired: %v", left)
	}
}

// TestIfuseReadsThePhotos mounts the phone's media folder with the stock client and reads every picture through it.
func TestIfuseReadsThePhotos(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("this machine has no /dev/fuse")
	}
	s, phone := photoPhone(t, Photos{Count: 5, Live: 2, Edits: 1, Synced: 2, Size: 300_000})
	at := t.TempDir()
	if out, code := tool(t, s.Addr(), "ifuse", "-u", testUDID, at); code != 0 {
		if strings.Contains(out, "fuse") && (strings.Contains(out, "permitted") || strings.Contains(out, "denied")) {
			t.Skipf("this account may not mount: %s", out)
		}
		t.Fatalf("ifuse: exit %d\n%s", code, out)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "fusermount", "-u", at).CombinedOutput(); err != nil {
			t.Errorf("unmount: %v\n%s", err, out)
		}
	})
	read := 0
	for _, dir := range []string{"DCIM", "PhotoData"} {
		must(t, filepath.WalkDir(filepath.Join(at, dir), func(name string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(at, name)
			if want, ok := phone.MediaFile(rel); !ok || !bytes.Equal(data, want) {
				t.Errorf("%s: %d bytes, want %d", rel, len(data), len(want))
			}
			read++
			return nil
		}))
	}
	if read != 5+2+1+1+2 {
		t.Errorf("read %d files", read)
	}
	i, err := os.Stat(filepath.Join(at, "DCIM/100APPLE/IMG_0003.HEIC"))
	if must(t, err); i.ModTime().Unix() != phone.gallery.date(2).Unix() {
		t.Errorf("dated %v", i.ModTime())
	}
}
