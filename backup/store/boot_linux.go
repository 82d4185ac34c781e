package store

import (
	"os"
	"strings"
)

// bootID names this start of the system; what was written since it and not synced
// is still in the kernel's memory. It is empty when the system does not tell.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
