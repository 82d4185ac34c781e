package agent

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"homeport/backup/tree/treetest"
	"homeport/cause"
)

// errStop is how tests stop an agent: as a service manager does.
var errStop = cause.New(cause.HostShutdown, nil, errors.New("the test is over"))

// TestMain fails the whole when goroutines or descriptors are left at the end.
// Some tests wait seconds for the agent to look again, so more of them go at the
// same time than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(max(6, runtime.GOMAXPROCS(0)))); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	before := descriptors()
	code := m.Run()
	if testing.Verbose() {
		fmt.Println(treetest.Watched())
	}
	if code == 0 {
		code = leaks(before)
	}
	os.Exit(code)
}

func leaks(before int) int {
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if after := descriptors(); after > before {
		fmt.Fprintf(os.Stderr, "%d descriptors at the end, %d at the beginning\n", after, before)
		return 1
	}
	return 0
}

func goroutines() int { return runtime.NumGoroutine() }

// descriptors counts the open files and sockets of this process, but not those
// that the Go runtime opens for itself; 0 where the system does not tell.
func descriptors() int {
	const dir = "/proc/self/fd"
	list, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	n := 0
	for _, e := range list {
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err == nil && !strings.HasPrefix(target, "anon_inode:") && !strings.HasPrefix(target, "/sys/") {
			n++
		}
	}
	return n
}
