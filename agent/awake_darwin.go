package agent

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// HostWaker runs caffeinate(8), which ends with us: -i keeps the Mac from idle sleep, -s from
// all sleep while it is on its charger.
func HostWaker() Waker { return caffeinate{} }

type caffeinate struct{}

func (caffeinate) Hold(_ context.Context, _ string) (func(), error) {
	cmd := exec.Command("/usr/bin/caffeinate", "-i", "-s", "-w", strconv.Itoa(os.Getpid()))
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("run caffeinate: %w", err)
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it has been killed
	}, nil
}
