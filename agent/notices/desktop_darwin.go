package notices

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"time"
)

// Desktop shows notices in the Notification Centre of the user who runs this, with
// osascript: a program without a bundle may not post there itself. They appear under the name
// Script Editor, which the user may have silenced.
func Desktop() Shower { return desktop{} }

type desktop struct{}

// osascript is the system's own, whatever stands in PATH.
const osascript = "/usr/bin/osascript"

func (desktop) Show(ctx context.Context, n Notice) error {
	cmd := exec.CommandContext(ctx, osascript, appleScript(n)...)
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("show notice: osascript: %w: %s", err, clean(said.String(), mostText))
	}
	return nil
}

// Withdraw does nothing: what osascript has shown is nobody's to take back.
func (desktop) Withdraw(context.Context, string) error { return nil }
