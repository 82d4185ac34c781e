package usbmux

import (
	"bytes"
	"errors"
)

// errTooMuch ends a program that writes more than anybody asked for.
var errTooMuch = errors.New("more output than expected")

// cappedBuffer takes the output of a program up to a limit.
type cappedBuffer struct {
	buf  bytes.Buffer // not embedded: its ReadFrom would go round the limit
	most int
}

func (b *cappedBuffer) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > b.most {
		return 0, errTooMuch
	}
	return b.buf.Write(p)
}
