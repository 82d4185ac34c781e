package computer

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"homeport/preflight"
)

func programs(ctx context.Context) ([]preflight.Program, error) {
	names, err := processNames(ctx, os.DirFS("/proc"))
	if err != nil {
		return nil, err
	}
	return programsOf(names), nil
}

// processNames reads <pid>/comm of every process: one small read for each, where
// a library reads several files.
func processNames(ctx context.Context, proc fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(proc, ".")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var names []string
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if c := e.Name()[0]; c < '1' || c > '9' || len(names) == maxProcesses {
			continue
		}
		if comm, err := readSome(proc, e.Name()+"/comm", 64); err == nil {
			names = append(names, strings.TrimSuffix(string(comm), "\n"))
		}
	}
	return names, nil
}
