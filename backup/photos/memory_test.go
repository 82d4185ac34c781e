package photos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// mostMemory is what a library of 50,000 files may take: about 1 KB for each, the
// record of them all and the plan to copy them all together.
const mostMemory = 64 << 20

// crowd is a phone with n small pictures.
func crowd(n int) *fake {
	phone := &fake{dirs: map[string][]string{}, infos: map[string][]string{}, data: map[string][]byte{}}
	info := regular(20)
	for i := range n {
		dir := fmt.Sprintf("%03dAPPLE", 100+i/1000)
		if i%1000 == 0 {
			phone.dirs[cameraRoot] = append(phone.dirs[cameraRoot], dir)
		}
		dir = cameraRoot + "/" + dir
		name := fmt.Sprintf("IMG_%04d.HEIC", i%9999+1)
		phone.dirs[dir] = append(phone.dirs[dir], name)
		phone.infos[dir+"/"+name] = info
		phone.data[dir+"/"+name] = fmt.Appendf(nil, "picture number %05d", i)[:20]
	}
	return phone
}

func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A library of 50,000 files fits into a modest memory, when it is planned anew and
// when all of it was copied before. Not parallel: it measures the whole process.
func TestMemory(t *testing.T) {
	n := 50_000
	if testing.Short() {
		n = 10_000
	}
	phone := crowd(n)
	client := phone.serve(t)
	for name, known := range map[string]bool{"nothing copied": false, "all copied, and gone": true} {
		job, _ := hostileJob(t)
		if known {
			writeCrowd(t, job.Dir, phone)
		}
		before := live()
		c, err := Open(job)
		if err != nil {
			t.Fatal(err)
		}
		stop := errors.New("seen enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		var peak uint64
		_, err = c.Copy(ctx, client, func(p Progress) {
			if p.Step == Copying && p.Files == 0 && p.Bytes == 0 {
				if p.OfFiles != n {
					t.Errorf("%s: %d files to copy", name, p.OfFiles)
				}
				peak = live()
				cancel(stop)
			}
		})
		if !errors.Is(err, stop) {
			t.Errorf("%s: %v", name, err)
		}
		took := int64(peak) - int64(before)
		t.Logf("%s: %d KB for %d files", name, took>>10, n)
		if limit := int64(mostMemory) * int64(n) / 50_000; took > limit {
			t.Errorf("%s: %d bytes, at most %d", name, took, limit)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		client = phone.serve(t) // the cancelled one is broken
	}
}

// writeCrowd writes a record of all of a phone's pictures.
func writeCrowd(t *testing.T, dir string, phone *fake) {
	t.Helper()
	r := newRecord()
	for p, data := range phone.data {
		r.add(entry{item{path: p, size: 20, mod: 1700000000000000000}, sha(string(data)), "2023/2023-11/" + filepath.Base(p)})
	}
	if err := os.Mkdir(filepath.Join(dir, homeName), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, homeName, udid+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.write(io.Writer(f), udid), f.Close()); err != nil {
		t.Fatal(err)
	}
}
