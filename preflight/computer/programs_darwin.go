package computer

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"homeport/preflight"
)

// programs asks the kernel for all processes at once, where a library starts ps.
func programs(context.Context) ([]preflight.Program, error) {
	list, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var names []string
	for i := range list[:min(len(list), maxProcesses)] {
		names = append(names, unix.ByteSliceToString(list[i].Proc.P_comm[:]))
	}
	return programsOf(names), nil
}
