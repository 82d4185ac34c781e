package computer

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

const (
	asking    = 5 * time.Second // for one of the system's own programs
	maxOutput = 1 << 20         // bytes of its output that are kept
)

// output runs one of the system's own programs, named by its full path, and gives
// the first of what it prints.
func output(ctx context.Context, path string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	var out head
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"}
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return nil, fmt.Errorf("run %s: %w", path, err)
	}
	return out, nil
}

// head keeps the first maxOutput bytes that are written to it.
type head []byte

func (h *head) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), maxOutput-len(*h))]...)
	return len(p), nil
}
