package photos

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/afc"
	"homeport/usbmux/lockdown"
)

const udid = "00008110-000A1B2C3D4E801E"

// world is a simulated phone and a folder for its pictures.
type world struct {
	t     *testing.T
	phone *simulator.Phone
	shake *lockdown.Phone
	dir   string
}

func newWorld(t *testing.T, photos simulator.Photos) *world {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: udid, Files: 30, Bytes: 1000, Trust: simulator.Trust{Mode: simulator.TrustPaired}, Photos: photos,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, phone: sim.Phone(udid), dir: t.TempDir()}
	w.connect(sim.Addr())
	return w
}

func (w *world) connect(addr string) {
	address, err := usbmux.ParseAddress(addr)
	if err != nil {
		w.t.Fatal(err)
	}
	client := usbmux.NewClient(address)
	links, _, err := client.Devices(w.t.Context())
	if err != nil || len(links) != 1 {
		w.t.Fatalf("%v, %v", links, err)
	}
	w.shake = lockdown.New(client, links[0])
	w.t.Cleanup(func() { _ = w.shake.Close() })
}

// files opens the phone's file service.
func (w *world) files() *afc.Client {
	w.t.Helper()
	conn, err := w.shake.Open(w.t.Context(), "com.apple.afc")
	if err != nil {
		w.t.Fatal(err)
	}
	c := afc.New(conn)
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (w *world) job() Job {
	return Job{UDID: udid, Dir: w.dir, Zone: time.UTC, FS: quick{}, Locked: func(context.Context) (bool, error) { return w.phone.Locked(), nil }}
}

// copy makes one whole run.
func (w *world) copy(files *afc.Client) (Result, error) {
	w.t.Helper()
	return copyWith(w.t, w.job(), files)
}

func copyWith(t testing.TB, job Job, files *afc.Client) (Result, error) {
	t.Helper()
	c, err := Open(job)
	if err != nil {
		return Result{}, err
	}
	result, err := c.Copy(t.Context(), files, nil)
	return result, errors.Join(err, c.Close())
}

// must is copy that has to work.
func (w *world) must() Result {
	w.t.Helper()
	result, err := w.copy(w.files())
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// wants checks that the folder has exactly these files of ours and of others.
func (w *world) wants(names ...string) {
	w.t.Helper()
	if got := listing(w.t, w.dir); !slices.Equal(got, names) {
		w.t.Errorf("there are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(names, "\n"))
	}
}

// same checks that a file in the folder is the one on the phone.
func (w *world) same(name, onPhone string) {
	w.t.Helper()
	want, ok := w.phone.MediaFile(onPhone)
	if got, err := os.ReadFile(filepath.Join(w.dir, name)); !ok || err != nil || !bytes.Equal(got, want) {
		w.t.Errorf("%s: %d bytes, %v; the phone's %s has %d", name, len(got), err, onPhone, len(want))
	}
}

// write puts a file into the folder, as a person does.
func (w *world) write(name, content string) {
	w.t.Helper()
	full := filepath.Join(w.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o700), os.WriteFile(full, []byte(content), 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

// listing names all files below dir but the ones of our own.
func listing(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Name() == homeName {
			return fs.SkipDir
		}
		if !e.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func is(err error, want cause.ID) bool {
	id, _ := cause.Of(err)
	return id == want
}

// fake is a phone that answers what a test wants, good or bad. Paths that it does
// not have are status 8.
type fake struct {
	dirs  map[string][]string
	infos map[string][]string
	data  map[string][]byte
	more  map[string]int // so many bytes behind the data, or, below zero, endless ones
	asked func(op uint64, path string)
}

// serve answers on a connection of its own until the client closes it.
func (f *fake) serve(t testing.TB) *afc.Client {
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.answer(theirs)
		_ = theirs.Close()
	}()
	c := afc.New(ours)
	t.Cleanup(func() {
		_ = c.Close()
		<-done
	})
	return c
}

func (f *fake) answer(conn net.Conn) {
	head, body := make([]byte, 40), make([]byte, 4096)
	open, at := []byte(nil), 0
	more, name := 0, ""
	for {
		if _, err := readFull(conn, head); err != nil {
			return
		}
		args := body[:binary.LittleEndian.Uint64(head[8:])-40]
		if _, err := readFull(conn, args); err != nil {
			return
		}
		op := binary.LittleEndian.Uint64(head[32:])
		reply, data := uint64(1), binary.LittleEndian.AppendUint64(nil, 0)
		switch op {
		case 0x03, 0x0A:
			name = string(bytes.TrimSuffix(args, []byte{0}))
			list, ok := f.dirs[name]
			if op == 0x0A {
				list, ok = f.info(name)
			}
			if reply, data = 1, binary.LittleEndian.AppendUint64(nil, 8); ok {
				reply, data = 2, []byte(strings.Join(list, "\x00")+"\x00")
			}
		case 0x0D:
			name = string(bytes.TrimSuffix(args[8:], []byte{0}))
			open, at, more = f.data[name], 0, f.more[name]
			reply, data = 0x0E, binary.LittleEndian.AppendUint64(nil, 1)
		case 0x0F:
			n := int(binary.LittleEndian.Uint64(args[8:]))
			reply = 2
			data = open[at:min(len(open), at+n)]
			if at += len(data); len(data) == 0 && more != 0 {
				data = make([]byte, min(n, max(more, -more)))
				more = min(more, 0)
			}
		}
		if f.asked != nil {
			f.asked(op, name)
		}
		out := append([]byte("CFA6LPAA"), binary.LittleEndian.AppendUint64(nil, uint64(40+len(data)))...)
		out = binary.LittleEndian.AppendUint64(out, 40)
		out = append(append(out, head[24:32]...), binary.LittleEndian.AppendUint64(nil, reply)...)
		if _, err := conn.Write(append(out, data...)); err != nil {
			return
		}
	}
}

func (f *fake) info(name string) ([]string, bool) {
	if list, ok := f.infos[name]; ok {
		return list, true
	}
	if data, ok := f.data[name]; ok {
		return regular(int64(len(data))), true
	}
	if _, ok := f.dirs[name]; ok {
		return []string{"st_ifmt", "S_IFDIR"}, true
	}
	return nil, false
}

func regular(size int64) []string {
	return []string{"st_ifmt", "S_IFREG", "st_size", fmt.Sprint(size), "st_mtime", "1700000000000000000"}
}

func readFull(conn net.Conn, p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k, err := conn.Read(p[n:])
		if n += k; err != nil {
			return n, err
		}
	}
	return n, nil
}

func sha(s string) [32]byte { return sha256.Sum256([]byte(s)) }
