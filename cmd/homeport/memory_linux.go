package main

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropProgram takes the program's own code out of what is counted as resident. A backup has
// touched nearly all of it, an idle program needs little, and the kernel has it in its cache
// all the same: what is needed again is there at once.
func dropProgram() {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for _, m := range codeOf(maps, exe) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.start, m.end-m.start, syscall.MADV_DONTNEED)
	}
}

// mapped is a range of addresses.
type mapped struct{ start, end uintptr }

// codeOf finds the code of a program in /proc/PID/maps, as proc(5) describes it: what is mapped
// from its file to be run, and so was never written to. Anything else is left alone.
func codeOf(maps io.Reader, exe string) (list []mapped) {
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 6 || f[1] != "r-xp" || strings.Join(f[5:], " ") != exe {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil && start < end {
			list = append(list, mapped{uintptr(start), uintptr(end)})
		}
	}
	return list
}
