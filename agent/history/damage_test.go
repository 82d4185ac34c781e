package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// filled is a history with enough in it to have several pages.
func filled(t testing.TB, folder string) string {
	t.Helper()
	d, _ := open(t, folder)
	for i := range 40 {
		r := good(anna, noon.Add(time.Duration(i)*time.Hour), fmt.Sprintf("v%d", i))
		r.Message = strings.Repeat("x", 500)
		must(t, d.End(t.Context(), 0, r))
	}
	must(t, d.Close())
	return d.Path()
}

// TestDamage spoils the file in every way, and wants the old file kept and the new one
// to work, told once.
func TestDamage(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string){
		"cut in the middle": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			must(t, err)
			must(t, os.Truncate(path, info.Size()/2+100))
		},
		"cut in the header": func(t *testing.T, path string) { must(t, os.Truncate(path, 50)) },
		"not a database": func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("hello ", 2000)), 0o600))
		},
		"a folder": func(t *testing.T, path string) {
			must(t, os.Remove(path))
			must(t, os.MkdirAll(filepath.Join(path, "sub"), 0o700))
		},
		"zeroed pages":      func(t *testing.T, path string) { overwrite(t, path, 4096, 8) },
		"zeroed to its end": func(t *testing.T, path string) { overwrite(t, path, 0, 1000) },
		"another's database": func(t *testing.T, path string) {
			must(t, os.Remove(path))
			statement(t, path, "CREATE TABLE notes (text)")
		},
		"a table missing": func(t *testing.T, path string) { statement(t, path, "DROP TABLE runs") },
		"a column missing": func(t *testing.T, path string) {
			statement(t, path, "DROP INDEX runs_open; ALTER TABLE runs DROP COLUMN owner")
		},
	} {
		for _, first := range []string{"write", "read"} {
			t.Run(name+"/"+first, func(t *testing.T) {
				t.Parallel()
				path := filled(t, t.TempDir())
				spoil(t, path)
				d, aside := open(t, filepath.Dir(path))
				if first == "read" {
					_ = runsOf(t, d, Filter{})
				}
				for range 2 {
					must(t, d.End(t.Context(), 0, good(anna, noon, "new")))
				}
				if list := runsOf(t, d, Filter{}); len(list) != 2 || list[0].Version != "new" {
					t.Errorf("%d runs", len(list))
				}
				if len(*aside) != 1 || !strings.HasPrefix((*aside)[0].Path, path+".damaged-") || (*aside)[0].Err == nil {
					t.Fatalf("set aside %+v", *aside)
				}
				if _, err := os.Lstat((*aside)[0].Path); err != nil {
					t.Error(err)
				}
				if left, _ := filepath.Glob(path + "*"); len(left) != 2 {
					t.Errorf("left are %q", left)
				}
			})
		}
	}
}

// overwrite puts zeroes over pages of the file, up to its end.
func overwrite(t *testing.T, path string, from int64, pages int) {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	_, err = f.WriteAt(make([]byte, min(int64(pages)*4096, info.Size()-from)), from)
	must(t, err)
}

// statement changes a database as another program would.
func statement(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	_, err = db.Exec(text)
	must(t, err)
}

// TestEmptyFile is what a power cut leaves of a new file: no damage.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	d, aside := open(t, t.TempDir())
	must(t, os.WriteFile(d.Path(), nil, 0o644))
	if list := runsOf(t, d, Filter{}); list != nil {
		t.Errorf("%+v", list)
	}
	must(t, d.End(t.Context(), 0, good(anna, noon, "v1")))
	if len(runsOf(t, d, Filter{})) != 1 || len(*aside) != 0 {
		t.Errorf("set aside %+v", *aside)
	}
}

// TestNewerFile leaves what a newer version has made as it is.
func TestNewerFile(t *testing.T) {
	t.Parallel()
	path := filled(t, t.TempDir())
	statement(t, path, fmt.Sprintf("PRAGMA user_version = %d; ALTER TABLE runs RENAME TO tries", len(migrations)+1))
	before, err := os.ReadFile(path)
	must(t, err)
	d, aside := open(t, filepath.Dir(path))
	if err := d.End(t.Context(), 0, good(anna, noon, "new")); !errors.Is(err, ErrNewer) {
		t.Errorf("write: %v", err)
	}
	if _, err := d.Runs(t.Context(), Filter{}); !errors.Is(err, ErrNewer) {
		t.Errorf("read: %v", err)
	}
	after, err := os.ReadFile(path)
	must(t, err)
	if string(before) != string(after) || len(*aside) != 0 {
		t.Errorf("the file was touched; set aside %+v", *aside)
	}
}

// TestMigrations reads a file of each version that there was.
func TestMigrations(t *testing.T) {
	t.Parallel()
	for v := range len(migrations) {
		t.Run(fmt.Sprintf("v%d", v+1), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(fmt.Sprintf("testdata/v%d.sql", v+1))
			must(t, err)
			for _, first := range []string{"read", "write"} {
				d, aside := open(t, t.TempDir())
				statement(t, d.Path(), string(text))
				if first == "write" {
					must(t, d.See(t.Context(), Phone{UDID: ben, LastSeen: noon}))
				}
				list := runsOf(t, d, Filter{})
				if len(list) != 3 || list[0].Outcome != Interrupted || list[1].Times != 4 || list[2].Version != "20261101T080000Z-0001" ||
					len(list[2].Findings) != 1 || len(list[2].Phases) != 2 || len(*aside) != 0 {
					t.Errorf("%s: %+v, set aside %+v", first, list, *aside)
				}
			}
		})
	}
}

// TestNoPermission has a folder in which nothing may be made.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	if os.Getuid() <= 0 {
		t.Skip("root may write anywhere")
	}
	path := filled(t, t.TempDir())
	must(t, os.Chmod(path, 0o400))
	must(t, os.Chmod(filepath.Dir(path), 0o500))
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o700) })
	d, _ := open(t, filepath.Dir(path))
	if list := runsOf(t, d, Filter{}); len(list) != 40 {
		t.Errorf("%d runs", len(list))
	}
	if err := d.End(t.Context(), 0, good(anna, noon, "new")); err == nil {
		t.Error("it was written")
	}
}

// TestLocked has another process hold the file for longer than anybody waits, and then
// let go.
func TestLocked(t *testing.T) {
	t.Parallel()
	path := filled(t, t.TempDir())
	d, aside := open(t, filepath.Dir(path))
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec("BEGIN EXCLUSIVE")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := d.End(ctx, 0, good(anna, noon, "new")); err == nil {
		t.Error("it was written beside the lock")
	}
	_, err = db.Exec("ROLLBACK")
	must(t, err)
	must(t, d.End(t.Context(), 0, good(anna, noon, "new")))
	if len(*aside) != 0 {
		t.Errorf("set aside %+v", *aside)
	}
}

// TestTogether writes and reads from several at the same time, as processes do: each DB
// has connections of its own. The file is damaged at the beginning, and all find it.
func TestTogether(t *testing.T) {
	t.Parallel()
	path := filled(t, t.TempDir())
	overwrite(t, path, 0, 1)
	const writers, each = 4, 10
	var wg sync.WaitGroup
	var asides [writers]*[]SetAside
	for w := range writers {
		d, aside := open(t, filepath.Dir(path))
		asides[w] = aside
		wg.Go(func() {
			for i := range each {
				id, err := d.Begin(t.Context(), Run{UDID: anna, Started: noon, Version: fmt.Sprintf("%d-%d", w, i)})
				if err == nil {
					err = d.End(t.Context(), id, good(anna, noon, fmt.Sprintf("%d-%d", w, i)))
				}
				if err == nil {
					_, err = d.Runs(t.Context(), Filter{})
				}
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	d, _ := open(t, filepath.Dir(path))
	if list := runsOf(t, d, Filter{}); len(list) != writers*each {
		t.Errorf("%d runs", len(list))
	}
	told := 0
	for _, a := range asides {
		told += len(*a)
	}
	if told != 1 {
		t.Errorf("set aside %d times", told)
	}
}

// TestKilled kills a process that writes, again and again, and wants each time a whole
// file with all that it said it had written.
func TestKilled(t *testing.T) {
	if path := os.Getenv("HISTORY_TEST_WRITE"); path != "" {
		writeForever(t, path)
		return
	}
	t.Parallel()
	folder := t.TempDir()
	written := 0
	for range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v")
		cmd.Env = append(os.Environ(), "HISTORY_TEST_WRITE="+filepath.Join(folder, "history.db"))
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		written += countLines(t, out, 5)
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		d, aside := open(t, folder)
		list, err := d.Left(t.Context())
		if err != nil || len(list) < written || len(*aside) != 0 {
			t.Fatalf("%d left of %d written, %v, set aside %+v", len(list), written, err, *aside)
		}
		must(t, use(t.Context(), d.Path(), func(conn *sql.Conn) error { return examine(t.Context(), conn) }))
	}
}

func writeForever(t *testing.T, path string) {
	d := Open(path, Options{})
	for i := 0; ; i++ {
		if _, err := d.Begin(t.Context(), Run{UDID: anna, Started: time.Now(), Version: fmt.Sprint(os.Getpid(), i)}); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println("written")
	}
}

func countLines(t *testing.T, r interface{ Read([]byte) (int, error) }, n int) int {
	t.Helper()
	var text strings.Builder
	buf := make([]byte, 1024)
	for strings.Count(text.String(), "written\n") < n {
		m, err := r.Read(buf)
		text.Write(buf[:m])
		if err != nil {
			t.Fatalf("the writer ended: %v, %s", err, text.String())
		}
	}
	return strings.Count(text.String(), "written\n")
}

// TestJournalOfACut has what a power cut in the middle of a write leaves: a file with
// half a change, and the journal that undoes it.
func TestJournalOfACut(t *testing.T) {
	t.Parallel()
	path := filled(t, t.TempDir())
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	// A tiny cache spills half of a large change into the file before its end.
	_, err = db.Exec("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE; UPDATE runs SET message = hex(zeroblob(1000))")
	must(t, err)
	cut := t.TempDir()
	for _, suffix := range []string{"", "-journal"} {
		data, err := os.ReadFile(path + suffix)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(cut, "history.db"+suffix), data, 0o600))
	}
	d, aside := open(t, cut)
	list := runsOf(t, d, Filter{})
	if len(list) != 40 || strings.Trim(list[0].Message, "x") != "" || len(*aside) != 0 {
		t.Errorf("%d runs, set aside %+v", len(list), *aside)
	}
}
