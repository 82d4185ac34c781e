package mobilebackup2

import (
	"context"

	"homeport/usbmux/afc"
)

// lockSync takes the phone's sync lock, which Finder, iTunes and other programs
// respect, and says so to all who listen. It gives the file service that the lock
// lives on.
func (r *run) lockSync() (*afc.Client, error) {
	conn, err := r.open(serviceFiles)
	if err != nil {
		return nil, err
	}
	client := afc.New(conn)
	for _, name := range []string{noteWillStart, noteLockRequest} {
		if err := r.watch.post(name); err != nil {
			return nil, linkCause(r.ctx, err, nil)
		}
	}
	release, err := afc.SyncLock(r.ctx, client)
	if err != nil {
		return nil, linkCause(r.ctx, err, nil)
	}
	r.undo = append(r.undo, func() {
		r.bounded(func() { hangUp(conn) }, func() {
			_ = release() // closing the connection does the same
			_ = r.watch.post(noteDidFinish)
		})
	})
	if err := r.watch.post(noteDidStart); err != nil {
		return nil, linkCause(r.ctx, err, nil)
	}
	return client, nil
}

// readerOf reads the phone's own files that Info.plist repeats.
func readerOf(client *afc.Client) fileReader {
	return func(ctx context.Context, path string, max int64) ([]byte, error) {
		return client.ReadFile(ctx, path, int(max))
	}
}
