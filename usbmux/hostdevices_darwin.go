package usbmux

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

const (
	ioregPath = "/usr/sbin/ioreg"
	ioregWait = 2 * time.Second
)

// hostDevices asks ioreg, because the I/O Registry itself can be read through cgo
// only. The USB plane holds controllers, hubs and devices and no drivers, so that
// the hubs above a phone are its ancestors and the answer stays small; asking for
// a class (-r -c) would lose the hubs, and its name changed with macOS 10.11.
func hostDevices(ctx context.Context) ([]HostDevice, error) {
	ctx, cancel := context.WithTimeout(ctx, ioregWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, ioregPath, "-a", "-l", "-w0", "-p", "IOUSB")
	cmd.WaitDelay = 200 * time.Millisecond
	out := &cappedBuffer{most: maxIoreg}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ended(ctx, "ask ioreg")
		}
		return nil, fmt.Errorf("ask ioreg: %w", errors.Join(err, errors.ErrUnsupported))
	}
	return parseIoreg(out.buf.Bytes())
}
