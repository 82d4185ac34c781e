package idevicebackup2

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"homeport/cause"

	"homeport/backup"
)

// child is the running tool, with all that it may have started.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and its output is read

	keyboard [2]*os.File // both ends of the program's input; nil without one

	mu    sync.Mutex
	ended bool
	err   error // of Wait

	misread error // the reading of its output panicked; there once done is closed

	group group // what the system needs to end all of it
}

// drain is how long output may still come when the program itself has ended: a
// child of it may hold the terminal open.
const drain = time.Second

// start runs the program; its output goes to w until it ends. What it may ask for
// is typed in advance, each with a line end: a few bytes, that a pipe takes at
// once. The pipe stays open while the program runs: it does not know an end.
func start(path string, args, env []string, dir string, typed []backup.Secret, w io.Writer) (*child, error) {
	c := &child{cmd: exec.Command(path, args...), done: make(chan struct{})}
	c.cmd.Env, c.cmd.Dir = env, dir
	ours, theirs, err := openOutput()
	if err != nil {
		return nil, err
	}
	c.cmd.Stdout, c.cmd.Stderr = theirs, theirs
	ownSession(c.cmd, isTerminal(theirs))
	if len(typed) > 0 {
		if err := c.typeAhead(typed); err != nil {
			_, _ = ours.Close(), theirs.Close()
			return nil, err
		}
	}
	started := make(chan error, 1)
	go c.run(ours, theirs, w, started)
	return c, <-started
}

// run starts the program and waits for it, on one thread of the system: Linux
// ends the child when the thread that started it does.
func (c *child) run(ours, theirs *os.File, w io.Writer, started chan<- error) {
	defer close(c.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	if err == nil {
		err = c.hold()
	}
	_ = theirs.Close()
	defer c.hush()
	started <- err
	if err != nil {
		_ = ours.Close()
		return
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		from := struct{ io.Reader }{ours}
		c.misread = cause.Guard(func() error {
			_, _ = io.Copy(w, from) // ends with EOF, or EIO on a terminal
			return nil
		})
		_, _ = io.Copy(io.Discard, from) // after a panic: a tool that cannot write would not end
	}()
	err = c.cmd.Wait()
	c.mu.Lock()
	c.err, c.ended = err, true
	c.mu.Unlock()
	c.endGroup()
	late := time.NewTimer(drain)
	defer late.Stop()
	select {
	case <-read:
	case <-late.C:
	}
	_ = ours.Close()
	<-read
}

// typeAhead puts lines into the program's input.
func (c *child) typeAhead(typed []backup.Secret) error {
	far, near, err := os.Pipe()
	if err != nil {
		return err
	}
	c.cmd.Stdin, c.keyboard = far, [2]*os.File{near, far}
	var lines []byte
	for _, s := range typed {
		lines = append(append(lines, string(s)...), '\n')
	}
	_, err = near.Write(lines)
	clear(lines)
	if err != nil {
		c.hush()
	}
	return err
}

// hush closes the program's input.
func (c *child) hush() {
	for _, f := range c.keyboard {
		if f != nil {
			_ = f.Close()
		}
	}
}

// grace is how long the tool may take to end when it was asked to. It has nothing
// to save: its connections are gone.
const grace = 700 * time.Millisecond

// stop asks the tool to end, and ends it with its children when it does not. It
// returns when all of it is gone.
func (c *child) stop() {
	c.signal(false)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
		return
	case <-timer.C:
	}
	c.signal(true)
	<-c.done
}

// signal asks the group to end, or with force ends it.
func (c *child) signal(force bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.signalGroup(force)
}

// status says how the program ended, once it has: nil for status 0.
func (c *child) status() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
