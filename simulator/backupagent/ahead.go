package backupagent

import "io"

// Bodies from aheadFrom bytes on are encrypted in a goroutine of their own, so that
// a run is as fast as AES-CBC, which has to take each block after the one before,
// and not as that and TLS together.
const (
	aheadFrom  = 1 << 20
	aheadPiece = 256 << 10
	aheadCount = 3
)

// ahead reads from a reader a few pieces before they are wanted. Its buffers are
// kept from one body to the next.
type ahead struct {
	buffers [aheadCount][]byte
}

// piece is a part of what was read, and the error after it.
type piece struct {
	b   []byte
	err error
}

// run gives use a reader of what r holds. No goroutine is left when it returns.
func (a *ahead) run(r io.Reader, use func(io.Reader) error) error {
	free := make(chan []byte, aheadCount)
	for k := range a.buffers {
		if a.buffers[k] == nil {
			a.buffers[k] = make([]byte, aheadPiece)
		}
		free <- a.buffers[k]
	}
	full := make(chan piece, aheadCount)
	go func() {
		defer close(full)
		for b := range free {
			n, err := io.ReadFull(r, b)
			full <- piece{b[:n], err}
			if err != nil {
				return
			}
		}
	}()
	err := use(&aheadReader{free: free, full: full})
	close(free)
	for range full { // until the goroutine has ended
	}
	return err
}

type aheadReader struct {
	free  chan<- []byte
	full  <-chan piece
	piece piece
	rest  []byte
}

// Read implements io.Reader.
func (a *aheadReader) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		switch {
		case a.piece.err == io.ErrUnexpectedEOF:
			return 0, io.EOF
		case a.piece.err != nil:
			return 0, a.piece.err
		case a.piece.b != nil:
			a.free <- a.piece.b[:aheadPiece]
		}
		a.piece = <-a.full
		a.rest = a.piece.b
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}
