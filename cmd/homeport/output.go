package main

import (
	"errors"
	"io"
	"os"
	"sync"
)

// output is stdout, which remembers that something could not be written: what was
// asked for is then not there, and the exit code says so. Once its reader has gone
// nothing more is written; what goes on goes on without.
type output struct {
	w io.Writer

	mu  sync.Mutex
	err error // the first error
}

// Write writes to the underlying stream.
func (o *output) Write(p []byte) (int, error) {
	if err := o.failure(); err != nil && brokenPipe(err) {
		return 0, err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil {
			o.err = err
		}
	}
	return n, err
}

// failure is the first error of a write, or nil.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// lost is the error that a person has to know: what was printed did not arrive, and
// that was not the reader's own choice.
func (o *output) lost() error {
	if err := o.failure(); err != nil && !brokenPipe(err) {
		return err
	}
	return nil
}

// unwanted reports whether err is nothing but that the reader has gone: whoever
// closes a pipe has seen what they wanted. A phone's connection that breaks is the
// same error to the system, and another one here.
func (o *output) unwanted(err error) bool {
	gone := o.failure()
	return gone != nil && brokenPipe(gone) && errors.Is(err, gone)
}

// file is the file that w writes to, or nil.
func file(w io.Writer) *os.File {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, _ := w.(*os.File)
	return f
}
