//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// TestUnwanted tells a reader that has gone from everything else that breaks.
func TestUnwanted(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	out := &output{w: w}
	if _, err := out.Write([]byte("read")); err != nil || out.unwanted(errors.New("x")) {
		t.Errorf("while there is a reader: %v", err)
	}
	r.Close()
	_, first := out.Write([]byte("not read"))
	_, later := out.Write([]byte("nor this"))
	for _, err := range []error{first, later, fmt.Errorf("list: %w", first)} {
		if err == nil || !out.unwanted(err) {
			t.Errorf("the reader has gone, and yet it matters: %v", err)
		}
	}
	for _, err := range []error{syscall.EPIPE, fmt.Errorf("send to the phone: %w", syscall.EPIPE), errors.New("x")} {
		if out.unwanted(err) {
			t.Errorf("swallowed: %v", err)
		}
	}
	if out.lost() != nil {
		t.Error("it is told as lost")
	}
}
