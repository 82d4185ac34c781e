package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"homeport/cause"
)

// The files of the single instance, in the state folder: whoever holds the lock of
// the first is the daemon, and the second says who that is. They are two because on
// Windows nobody can read a file whose lock another holds.
const (
	instanceLock = "daemon.lock"
	instanceInfo = "daemon.json"
)

// maxInstanceInfo bounds daemon.json, in bytes.
const maxInstanceInfo = 4 << 10

// How a daemon was started.
const (
	inTerminal = "terminal"
	asService  = "service"
)

// daemonInfo is who the daemon of a state folder is.
type daemonInfo struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	How   string    `json:"how"` // inTerminal or asService
	// Program is the file that runs, as it was at the start; zero from a Homeport that
	// did not say.
	Program programFile `json:"program,omitzero"`
}

// programFile tells the file of a program from the one that takes its place.
type programFile struct {
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
}

// programNow is what lies under a path; zero when nothing does.
func programNow(path string) programFile {
	info, err := os.Stat(path)
	if err != nil {
		return programFile{}
	}
	return programFile{info.Size(), info.ModTime().UTC()}
}

// replaced says that something else lies under the path of the program that runs: an
// upgrade. Its time alone does not tell, since packages keep the one of their making.
func (i daemonInfo) replaced(path string) bool {
	now := programNow(path)
	switch {
	case now == programFile{}:
		return false
	case i.Program == programFile{}:
		return now.Modified.After(i.Since)
	}
	return now.Size != i.Program.Size || !now.Modified.Equal(i.Program.Modified)
}

// String tells it to a person: "as a service since 10:15 (process 4711)".
func (i daemonInfo) String() string {
	how := "in a terminal"
	if i.How == asService {
		how = "as a service"
	}
	return fmt.Sprintf("%s since %s (process %d)", how, moment(i.Since, time.Now()), i.PID)
}

// moment is a time as a person reads it: without the day when that is today.
func moment(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// instance is the right to be the only daemon of a state folder, until close. The
// system takes the lock back when the process ends in whatever way.
type instance struct {
	lock *flock.Flock // nil where there are no locks
	mu   sync.Mutex
	info string // the file that says who is the daemon; "" for none; guarded by mu
	is   daemonInfo
	died *daemonInfo // the one before, when it ended without a word
}

// errInstance is what another daemon's lock looks like from here.
var errInstance = errors.New("another daemon holds the lock")

// becomeDaemon takes the state folder. Held by another it is the cause
// already-running. A folder that takes no lock is told on stderr and nothing more:
// what keeps two runs out of one backup folder are the locks there.
func (a *app) becomeDaemon(how string) (*instance, error) {
	dir := a.stateFolder()
	if dir == "" {
		return &instance{}, nil
	}
	lock, err := lockInstance(a.ctx, dir)
	switch {
	case errors.Is(err, errInstance):
		return nil, runsAlready(dir)
	case err != nil:
		fmt.Fprintf(a.stderr, "warning: nothing keeps a second homeport run from starting: %s\n", clean(err.Error()))
		return &instance{}, nil
	}
	i := &instance{lock: lock}
	if before, err := readInstance(dir); err == nil { // whoever ends by itself takes it away
		i.died = &before
	}
	i.is = daemonInfo{PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second), How: how}
	if path, err := os.Executable(); err == nil {
		i.is.Program = programNow(path)
	}
	_ = i.write(dir) // a full disk: nobody can say who this is, and that is all
	return i, nil
}

// write says who the daemon is.
func (i *instance) write(dir string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.info = ""
	data, err := json.Marshal(i.is)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, instanceInfo)
	if err := replaceFile(name, append(data, '\n')); err != nil {
		return err
	}
	i.info = name
	return nil
}

// instancePatience is how long the lock is tried: somebody who only looks whether
// it is free holds it for a moment.
const instancePatience = 500 * time.Millisecond

func lockInstance(ctx context.Context, dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, instanceLock), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, instancePatience)
	defer cancel()
	got, err := lock.TryLockContext(ctx, 50*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) || err == nil && !got {
		return nil, errInstance
	}
	return lock, err
}

// forget takes back who the daemon is.
func (i *instance) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.info != "" {
		_ = os.Remove(i.info)
	}
}

// close lets another daemon in.
func (i *instance) close() {
	i.forget()
	if i.lock != nil {
		_ = i.lock.Close()
	}
}

// runsAlready is the error of a state folder that has its daemon.
func runsAlready(dir string) error {
	ev := cause.Evidence{"daemon": "in this account"}
	if info, err := readInstance(dir); err == nil {
		ev["daemon"], ev["pid"], ev["since"], ev["how"] = info.String(), info.PID, info.Since.Format(time.RFC3339), info.How
	}
	return cause.New(cause.AlreadyRunning, ev, fmt.Errorf("lock %s: %w", filepath.Join(dir, instanceLock), errInstance))
}

// runningDaemon tells who the daemon of a state folder is; false when there is none.
// What cannot be read of it is zero.
func runningDaemon(dir string) (daemonInfo, bool) {
	name := filepath.Join(dir, instanceLock)
	if info, err := os.Lstat(name); dir == "" || err != nil || !info.Mode().IsRegular() {
		return daemonInfo{}, false
	}
	lock := flock.New(name, flock.SetFlag(os.O_RDWR)) // never makes the file
	defer lock.Close()
	if free, err := lock.TryLock(); err != nil || free {
		return daemonInfo{}, false
	}
	info, _ := readInstance(dir)
	return info, true
}

func readInstance(dir string) (daemonInfo, error) {
	f, err := os.Open(filepath.Join(dir, instanceInfo))
	if err != nil {
		return daemonInfo{}, err
	}
	defer f.Close()
	var i daemonInfo
	if err := json.NewDecoder(io.LimitReader(f, maxInstanceInfo)).Decode(&i); err != nil {
		return daemonInfo{}, fmt.Errorf("read %s: %w", instanceInfo, err)
	}
	if i.PID <= 0 || i.Since.IsZero() {
		return daemonInfo{}, fmt.Errorf("read %s: it names no process", instanceInfo)
	}
	return i, nil
}
