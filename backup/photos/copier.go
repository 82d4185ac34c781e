package photos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"

	"homeport/backup/tree"
	"homeport/cause"
	"homeport/usbmux/afc"
)

// Job says from which phone, and where to.
type Job struct {
	UDID string
	Dir  string         // exists
	Zone *time.Location // of the months; the computer's when nil
	FS   tree.FS        // where files are written; tree.OS{} when nil

	// Locked asks the phone whether it is locked, when it refuses something. It
	// may be nil.
	Locked func(context.Context) (bool, error)
}

// Step is what a copy is doing.
type Step string

// The steps.
const (
	Looking Step = "looking" // at what is on the phone; Files counts what was found
	Copying Step = "copying"
)

// Progress is how far a copy is.
type Progress struct {
	Step    Step
	Files   int // done
	OfFiles int // to copy in all
	Bytes   int64
	OfBytes int64
}

// Result is what was copied since the Copier was opened.
type Result struct {
	New      int    // files that were never copied before
	Changed  int    // files that changed on the phone, copied beside the earlier ones
	Again    int    // files that were copied before, were no longer in the folder, and are again
	Here     int    // files that were in the folder already
	Bytes    int64  // in the files that were copied
	Left     []Left // files that were left out, the first hundred
	LeftOut  int    // how many were
	BadLines int    // of the record, which could not be read
}

// SumsFile is where the list of sums is, below the folder: for sha256sum -c.
func SumsFile(udid string) string { return homeName + "/" + udid + ".sha256" }

// Copied is how many files were copied.
func (r Result) Copied() int { return r.New + r.Changed + r.Again }

// Copier copies one phone's pictures into one folder. It is for one goroutine.
type Copier struct {
	job    Job
	tree   *tree.Tree
	lock   *flock.Flock
	rec    *record
	buf    []byte
	left   leftList
	seen   []string // what the phone had at the last look, sorted
	result Result
	loose  int64 // bytes, and
	fresh  int   // files, that were copied since the record was written
}

// How much is copied before the record is written: what a killed run has to
// compare again.
const (
	loosestBytes = 512 << 20
	loosestFiles = 2000
)

// udidForm allows every UDID that Apple ever used, and no path.
var udidForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{7,63}$`)

// Open takes the folder for one phone's pictures and reads what the record says
// of earlier copies. The causes are already-running when another run has the
// folder, destination-missing, destination-not-writable, store-too-new for the
// record of a newer Homeport, and host-io-error. The caller closes the Copier.
func Open(job Job) (*Copier, error) {
	if !udidForm.MatchString(job.UDID) {
		return nil, cause.New(cause.NoSuchPhone, cause.Evidence{"name": job.UDID}, fmt.Errorf("copy photos of %q: not a UDID", job.UDID))
	}
	if job.FS == nil {
		job.FS = tree.OS{}
	}
	if job.Zone == nil {
		job.Zone = time.Local
	}
	if job.Locked == nil {
		job.Locked = func(context.Context) (bool, error) { return false, nil }
	}
	c := &Copier{job: job, buf: make([]byte, 1<<20)}
	if err := c.open(); err != nil {
		return nil, errors.Join(c.caused(err), c.release())
	}
	return c, nil
}

func (c *Copier) open() error {
	t, err := tree.Open(c.job.Dir, tree.WithFS(c.job.FS))
	if err != nil {
		return err
	}
	c.tree = t
	home, err := tree.Parse(homeName)
	if err != nil {
		return err
	}
	if err := t.MkdirAll(home); err != nil {
		return err
	}
	if err := c.takeLock(); err != nil {
		return err
	}
	if c.rec, err = loadRecord(t, c.job.UDID); err != nil {
		return err
	}
	c.result.BadLines = c.rec.bad
	return nil
}

// takeLock makes sure that no other run works in the folder, since both would
// give away the same names. A file system without locks goes without.
func (c *Copier) takeLock() error {
	l := flock.New(filepath.Join(c.job.Dir, homeName, lockName), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	case err != nil:
		return err
	case !ok:
		return cause.New(cause.AlreadyRunning, cause.Evidence{"path": c.job.Dir}, fmt.Errorf("copy photos into %s: another run is at it", c.job.Dir))
	}
	c.lock = l
	return nil
}

func (c *Copier) release() error {
	var err error
	if c.lock != nil {
		err = c.lock.Unlock()
	}
	if c.tree != nil {
		err = errors.Join(err, c.tree.Close())
	}
	return err
}

// Copy looks at all pictures of the phone and copies what is not in the folder.
// It can be called again, with a new connection, after it failed: it goes on where
// it stopped. report may be nil.
//
// The causes are those of the connection, locked-during-backup when the phone
// refuses because it is locked, host-disk-full when there is too little room to
// begin, host-disk-full-during and the others of a disk, device-hostile for a
// phone that has more than any phone, and, after everything else was copied,
// device-internal-error, protocol-error or destination-file-limit when files were
// left out.
func (c *Copier) Copy(ctx context.Context, files *afc.Client, report func(Progress)) (Result, error) {
	if report == nil {
		report = func(Progress) {}
	}
	c.left = leftList{}
	err := c.copyAll(ctx, files, report)
	if err == nil {
		err = c.left.first
	}
	c.result.Left, c.result.LeftOut = c.left.named, c.left.count
	return c.result, c.caused(err)
}

// Close makes durable what was copied, writes it into the record, and gives the
// folder back. It takes as long as the disk needs. An error means that the next
// run may have to compare what this one copied.
func (c *Copier) Close() error {
	err := c.settle()
	return c.caused(errors.Join(err, c.release()))
}

// settle writes the record, behind the files that it names.
func (c *Copier) settle() error {
	if c.fresh == 0 {
		return nil
	}
	if err := c.tree.Sync(); err != nil {
		return err
	}
	if err := saveRecord(c.tree, c.rec, c.job.UDID); err != nil {
		return err
	}
	c.fresh, c.loose = 0, 0
	return nil
}

// note remembers a file that the folder has now.
func (c *Copier) note(e entry) {
	c.rec.add(e)
	c.fresh++
	c.loose += e.size
}

// settleSometimes is settle when there is enough to make it worth while. It
// begins a new tree as well, since one remembers every name that it made.
func (c *Copier) settleSometimes() error {
	if c.loose < loosestBytes && c.fresh < loosestFiles {
		return nil
	}
	if err := c.settle(); err != nil {
		return err
	}
	t, err := tree.Open(c.job.Dir, tree.WithFS(c.job.FS))
	if err != nil {
		return err
	}
	old := c.tree
	c.tree = t
	return old.Close()
}

// refused decides what a refusal means: on a phone that is locked, the end for
// now; otherwise this one file is left out, and the answer is nil.
func (c *Copier) refused(ctx context.Context, err error) error {
	locked, lerr := c.job.Locked(ctx)
	switch {
	case lerr != nil:
		return errors.Join(err, lerr)
	case locked:
		return cause.New(cause.LockedDuringBackup, nil, err)
	}
	return nil
}

// folderCause says what an error of the disk means for the folder.
func folderCause(err error) (cause.ID, bool) {
	for _, no := range inTheWay {
		if errors.Is(err, no) {
			return cause.DestinationNotWritable, true
		}
	}
	return tree.Cause(err)
}

// caused gives an error the cause that a person can act on.
func (c *Copier) caused(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := cause.Of(err); ok {
		return err
	}
	ev := cause.Evidence{"path": c.job.Dir}
	if id, ok := folderCause(err); ok {
		if id == cause.HostDiskFullDuring {
			ev["received"] = cause.Bytes(c.result.Bytes)
		}
		return cause.New(id, ev, err)
	}
	if pe, ok := errors.AsType[*tree.PathError](err); ok {
		return cause.New(cause.DeviceHostile, nil, pe)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return cause.New(cause.DestinationNotWritable, ev, err)
	case errors.Is(err, fs.ErrNotExist):
		return cause.New(cause.DestinationMissing, ev, err)
	}
	return err
}
