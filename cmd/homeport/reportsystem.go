package main

import (
	"context"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v3/host"
)

// systemLimit bounds the question for the system's version, which starts a program
// on some systems.
const systemLimit = 5 * time.Second

// systemFacts are the system and its version, and nothing of whose it is.
func systemFacts(ctx context.Context) any {
	ctx, cancel := context.WithTimeout(ctx, systemLimit)
	defer cancel()
	facts := map[string]any{"os": runtime.GOOS, "arch": runtime.GOARCH, "processors": runtime.NumCPU()}
	if platform, _, release, err := host.PlatformInformationWithContext(ctx); err == nil {
		facts["platform"], facts["release"] = platform, release
	}
	if kernel, err := host.KernelVersionWithContext(ctx); err == nil {
		facts["kernel"] = kernel
	}
	return facts
}
