package main

import (
	"slices"
	"strings"
	"testing"
)

func TestCodeOf(t *testing.T) {
	t.Parallel()
	const maps = `00400000-00a1f000 r-xp 00000000 fe:00 131 /opt/my programs/homeport
00a1f000-01653000 r--p 0061f000 fe:00 131 /opt/my programs/homeport
01653000-016f4000 rw-p 01253000 fe:00 131 /opt/my programs/homeport
016f4000-0177d000 rw-p 00000000 00:00 0 
7f00-7e00 r-xp 00000000 fe:00 131 /opt/my programs/homeport
7f3c000-7f3d000 r-xp 00000000 fe:00 77 /usr/lib/libc.so.6
7fff000-8000000 r-xp 00000000 00:00 0 [vdso]
`
	if got := codeOf(strings.NewReader(maps), "/opt/my programs/homeport"); !slices.Equal(got, []mapped{{0x400000, 0xa1f000}}) {
		t.Errorf("got %x", got)
	}
	giveBack() // and the program goes on
}
