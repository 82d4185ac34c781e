package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent"
	"homeport/backup/photos"
	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/afc"
	"homeport/usbmux/lockdown"
)

type photosOptions struct {
	noWait bool
}

func newPhotosCommand(a *app) *cobra.Command {
	var o photosOptions
	cmd := &cobra.Command{
		Use:   "photos PHONE DIR",
		Short: "Copy the camera roll when a backup is not possible",
		Long: `Copies the photos and videos that are on PHONE into DIR, when a backup is not
possible: there is no room for one, a passcode is asked for that nobody knows, or a
rule forbids it. It needs nothing but a phone that is unlocked and trusts this
computer, and no encryption password.

DIR is made if only its last part is missing. Photos go to DIR/2026/2026-11, by
the month in which they were taken. A Live Photo and its video keep one name, and so
do an edited photo (IMG_E0001) and its original. Each file keeps its date.

Run it again whenever you like: only what is new or changed is copied. Nothing that
is in DIR is ever replaced or removed: a photo that changed on the phone is copied
beside the earlier one, and one that was deleted on the phone stays. When it is
interrupted, the next run goes on where it stopped.

What is only in iCloud is not on the phone and cannot be copied; if the phone tells,
it says how many those are.

Every file can be checked later, without Homeport:
  cd DIR && sha256sum -c .homeport-photos/UDID.sha256

This has not been tried on a real iPhone yet.`,
		Example:           `  homeport photos "Anna's iPhone" ~/Pictures/Anna`,
		Args:              argsBetween(2, 2),
		ValidArgsFunction: a.validPhones,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPhotos(cmd.Context(), a, o, args[0], args[1])
		},
	}
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "do not wait for unlock or trust: fail")
	return cmd
}

func runPhotos(ctx context.Context, a *app, o photosOptions, name, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return usageError{err}
	}
	here, err := a.present(ctx, name, chooseOne)
	if err != nil {
		return err
	}
	defer here.close()
	if err := makeLast(dir); err != nil {
		return err
	}
	ctx, done := whilePlugged(ctx, here.watcher, here.phones[0].link)
	defer done()
	handset := a.handset(here.mux, here.phones[0].link)
	defer handset.Close()
	r := &photoRun{app: a, o: o, phone: here.phones[0].phone, handset: handset, dir: dir, tell: newPhotoTeller(a, here.phones[0].phone), begun: time.Now()}
	return r.run(ctx)
}

// makeLast makes a folder, but not those above it: the folder of a drive that is
// not there stays missing.
func makeLast(dir string) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil, errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return cause.New(cause.DestinationMissing, cause.Evidence{"path": dir}, err)
	}
	return cause.New(cause.DestinationNotWritable, cause.Evidence{"path": dir}, err)
}

// whilePlugged is a context that ends when the link does.
func whilePlugged(ctx context.Context, w *usbmux.Watcher, link usbmux.Link) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := make(chan struct{})
	var follower sync.WaitGroup
	follower.Go(func() {
		for {
			select {
			case <-stop:
				return
			case e, ok := <-w.Events():
				if !ok {
					return
				}
				if e.Kind == usbmux.Detached && e.Link.DeviceID == link.DeviceID {
					cancel(cause.New(cause.DeviceDisconnected, nil, errors.New("copy photos: the phone was unplugged")))
				}
			}
		}
	})
	return ctx, func() {
		close(stop)
		follower.Wait()
		cancel(nil)
	}
}

// photoRun is one run of the verb.
type photoRun struct {
	app     *app
	o       photosOptions
	phone   agent.Phone
	handset *lockdown.Phone
	dir     string
	tell    *photoTeller
	begun   time.Time

	result photos.Result
	cloud  photos.Library
}

func (r *photoRun) run(ctx context.Context) error {
	if err := r.ready(ctx); err != nil {
		return r.failed(err)
	}
	c, err := photos.Open(photos.Job{UDID: r.phone.UDID, Dir: r.dir, Locked: r.locked})
	if err != nil {
		return r.failed(err)
	}
	err = r.copy(ctx, c)
	if err == nil || r.result.LeftOut > 0 && ctx.Err() == nil {
		r.cloud = r.ask(ctx, c)
	}
	r.tell.still()
	if err != nil {
		// The failure is told first: to make durable what was copied takes as long as
		// the disk needs.
		err = r.failed(err)
		if cerr := c.Close(); cerr != nil {
			fmt.Fprintf(r.app.stderr, "error: write down what was copied: %s\n", clean(cerr.Error()))
		}
		return err
	}
	if err := c.Close(); err != nil {
		return r.failed(err)
	}
	r.tell.done(r.report(nil))
	return nil
}

// failed tells a failure, and what was copied before it.
func (r *photoRun) failed(err error) error {
	r.tell.still()
	r.tell.failed(r.report(err))
	if !r.app.json {
		r.app.tellError(err)
	}
	return said{err}
}

// copy copies, and waits in between for a phone that locked itself.
func (r *photoRun) copy(ctx context.Context, c *photos.Copier) error {
	for {
		err := r.copyOnce(ctx, c)
		if !r.isLocked(ctx, err) {
			return err
		}
		if r.o.noWait {
			return err
		}
		if err := r.waitUnlock(ctx, err); err != nil {
			return err
		}
	}
}

// hangUpLimit bounds the question why a phone hung up: when it is gone, that has
// to be told within 5 s.
const hangUpLimit = 3 * time.Second

// isLocked tells whether err came because the phone is locked: it said so, or it
// hung up.
func (r *photoRun) isLocked(ctx context.Context, err error) bool {
	switch id, _ := cause.Of(err); id {
	case cause.LockedDuringBackup, cause.DeviceLocked, cause.DeviceNotUnlockedSinceBoot:
		return ctx.Err() == nil
	case cause.DeviceDisconnected:
		ctx, cancel := context.WithTimeout(ctx, hangUpLimit)
		defer cancel()
		locked, lerr := r.locked(ctx)
		return ctx.Err() == nil && lerr == nil && locked
	}
	return false
}

func (r *photoRun) copyOnce(ctx context.Context, c *photos.Copier) error {
	files, err := r.files(ctx)
	if err != nil {
		return err
	}
	defer files.Close()
	r.result, err = c.Copy(ctx, files, r.tell.progress)
	return err
}

// ask asks the phone how many originals are only in iCloud. Not to know is no
// failure, whatever the reason.
func (r *photoRun) ask(ctx context.Context, c *photos.Copier) photos.Library {
	r.tell.asking()
	files, err := r.files(ctx)
	if err != nil {
		return photos.Library{}
	}
	defer files.Close()
	l, err := c.Library(ctx, files)
	if err != nil {
		return photos.Library{}
	}
	return l
}

func (r *photoRun) files(ctx context.Context) (*afc.Client, error) {
	conn, err := r.handset.Open(ctx, "com.apple.afc")
	if err != nil {
		return nil, fmt.Errorf("open the phone's files: %w", err)
	}
	return afc.New(conn), nil
}
