package store

import "golang.org/x/sys/unix"

// bootID names this start of the system; what was written since it and not synced
// is still in the kernel's memory, and each file was handed to its drive when it was
// closed. It is empty when the system does not tell.
func bootID(string) string { return systemBoot() }

// systemBoot is the same.
func systemBoot() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}
