//go:build unix

package store

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"homeport/backup/tree"
	"homeport/cause"
)

// racesEnv is how many races are run: HOMEPORT_TEST_RACES=200.
const racesEnv = "HOMEPORT_TEST_RACES"

// leaseChildEnv makes TestLeaseChild another computer: "folder, its name, operation".
const leaseChildEnv = "HOMEPORT_TEST_LEASE_CHILD"

// hurried has the times of a lease of which a race does not take a minute.
func hurried(o *Options) { o.leaseEvery, o.leaseStale = 50*time.Millisecond, 500*time.Millisecond }

// TestLeaseChild is one computer's run in a process of its own, which stops itself
// before the operation that it is told. It says how it ended.
func TestLeaseChild(t *testing.T) {
	args := strings.Split(os.Getenv(leaseChildEnv), "\n")
	if len(args) != 3 {
		return // it is nobody's child
	}
	n, err := strconv.Atoi(args[2])
	must(t, err)
	faults := tree.NewFaults(tree.OS{})
	if n > 0 {
		faults.At(n, stopHere)
	}
	s := computer(t, args[0], args[1], func(o *Options) { hurried(o); o.FS = faults })
	v, err := wholeRun(t, s, stateB(8).with("Media/who.JPG", args[1]))
	if log := faults.Log(); n > 0 && n <= len(log) {
		fmt.Println("stopped:", log[n-1])
	}
	switch id, _ := cause.Of(err); {
	case err == nil:
		fmt.Println("ended: published", v.ID)
	case id != "":
		fmt.Println("ended:", id)
	default:
		fmt.Println("ended:", err)
	}
}

// stopHere stops the process, and returns when it goes on: the kernel may stop another
// thread first, and this one would do some more.
func stopHere() {
	on := make(chan os.Signal, 1)
	signal.Notify(on, syscall.SIGCONT)
	defer signal.Stop(on)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-on
}

// child is one computer.
type child struct {
	cmd *exec.Cmd
	out bytes.Buffer
}

func startChild(t *testing.T, dir, name string, n int) *child {
	t.Helper()
	c := &child{cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLeaseChild$")}
	c.cmd.Env = append(os.Environ(), leaseChildEnv+"="+strings.Join([]string{dir, name, strconv.Itoa(n)}, "\n"))
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	must(t, c.cmd.Start())
	return c
}

// end waits for the end and answers what was said.
func (c *child) end() string {
	_ = c.cmd.Wait()
	if said := c.word("ended: "); said != "" {
		return said
	}
	return "said nothing: " + c.out.String()
}

// word is what the process said after a word.
func (c *child) word(after string) string {
	for line := range strings.Lines(c.out.String()) {
		if said, ok := strings.CutPrefix(line, after); ok {
			return strings.TrimSpace(said)
		}
	}
	return ""
}

// stops waits until the process has stopped itself; false when it ended instead.
func (c *child) stops(t *testing.T) bool {
	t.Helper()
	var ws syscall.WaitStatus
	for {
		_, err := syscall.Wait4(c.cmd.Process.Pid, &ws, syscall.WUNTRACED, nil)
		if err == syscall.EINTR {
			continue
		}
		must(t, err)
		return ws.Stopped()
	}
}

// A process that writes to the store is stopped, with SIGSTOP, at each operation from
// when it knows that it has its lease to the rename that publishes. Another computer, or two, come,
// wait, take over and publish; then it goes on. One of them publishes, the stopped one
// is told lease-lost, and what was published is whole and stays what it was.
func TestStoppedBeforeItsRename(t *testing.T) {
	t.Parallel()
	races := 4
	if testing.Short() {
		races = 2
	}
	if s := os.Getenv(racesEnv); s != "" {
		var err error
		races, err = strconv.Atoi(s)
		must(t, err)
	}
	x := newTemplate(t, stories(8)[1])
	first, last := holding(t, x)
	sum := &stopRaces{ends: map[string]int{}, systems: map[string]int{}}
	var g errgroup.Group
	g.SetLimit(4) // most of it is waiting
	for i := range races {
		// Every fifth at the rename itself, the others spread over what comes before.
		n := last
		if i%5 != 0 {
			n = last - i*(last-first)/max(1, races-1)
		}
		g.Go(func() error {
			sum.race(t, x, i, n)
			return nil
		})
	}
	_ = g.Wait()
	t.Logf("%d races, one stopped at operation %d to %d, %d times at the publishing rename itself, %d of them with two that come, on %v: races with one publisher %d; the stopped one was told %v; versions checked to the last byte %d, changed by who woke up %d",
		races, first, last, sum.atRename, sum.pairs, sum.systems, sum.one, sum.ends, sum.checked, sum.changed)
	if sum.one != races || sum.ends[string(cause.LeaseLost)] != races {
		t.Errorf("one publisher in %d of %d races", sum.one, races)
	}
}

// holding tells between which operations a run holds its lease and has not published.
func holding(t *testing.T, x *template) (first, last int) {
	t.Helper()
	dir, _ := x.copy(t)
	faults := tree.NewFaults(tree.OS{})
	s := computer(t, dir, "slow", func(o *Options) { o.FS = faults })
	if _, err := wholeRun(t, s, stateB(8).with("Media/who.JPG", "slow")); err != nil {
		t.Fatal(err)
	}
	log := faults.Log()
	// Until it has read back what it wrote it does not know that it has the lease, and
	// would just come second.
	got := slices.IndexFunc(log, func(s string) bool { return strings.HasPrefix(s, "rename new ") })
	first = got + slices.IndexFunc(log[max(0, got):], func(s string) bool {
		return strings.HasPrefix(s, "open folder ") && strings.HasSuffix(s, "/"+versionsName)
	}) + 1
	last = slices.IndexFunc(log, func(s string) bool {
		return strings.HasPrefix(s, "rename ") && strings.Contains(s, "/"+stagingName+"/") && strings.Contains(s, "/"+versionsName+"/")
	}) + 1
	if got < 0 || first <= got || last <= first {
		t.Fatalf("a run holds its lease from %d to %d", first, last)
	}
	return first, last
}

// stopRaces are the figures.
type stopRaces struct {
	mu                           sync.Mutex
	one, pairs, checked, changed int
	atRename                     int
	ends, systems                map[string]int
}

func (sum *stopRaces) race(t *testing.T, x *template, i, n int) {
	dir := raceDir(t, i)
	must(t, x.image.Write(dir))
	slow := startChild(t, dir, "slow", n)
	if !slow.stops(t) {
		t.Errorf("race %d: it did not stop at operation %d: %s", i, n, slow.out.String())
		return
	}
	others := []*child{startChild(t, dir, "mini", 0)}
	if i%4 == 3 {
		others = append(others, startChild(t, dir, "tower", 0))
	}
	var published []string
	for _, c := range others {
		said := c.end()
		if id, ok := strings.CutPrefix(said, "published "); ok {
			published = append(published, id)
		} else if said != string(cause.AlreadyRunning) && said != string(cause.LeaseLost) {
			t.Errorf("race %d, operation %d: one that came: %s", i, n, said)
		}
	}
	was := snapshot(t, filepath.Join(dir, homeName, udidA, versionsName))
	must(t, slow.cmd.Process.Signal(syscall.SIGCONT))
	said := slow.end()
	now := snapshot(t, filepath.Join(dir, homeName, udidA, versionsName))
	same := len(was) == len(now)
	for path, text := range was {
		same = same && now[path] == text
	}
	s := computer(t, dir, "mini", nil)
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	for _, v := range vs {
		if r := verify(t, s, v, Full); !r.OK {
			t.Errorf("race %d, operation %d: version %s: %v", i, n, v.ID, r.Damage)
		}
	}
	sum.add(t, slow, i, n, said, published, len(vs), same, len(others), fileSystem(dir))
}

func (sum *stopRaces) add(t *testing.T, slow *child, i, n int, said string, published []string, versions int, same bool, others int, system string) {
	sum.mu.Lock()
	defer sum.mu.Unlock()
	sum.ends[said]++
	if stop := slow.word("stopped: "); strings.HasPrefix(stop, "rename ") && strings.Contains(stop, "/"+stagingName+"/") && strings.Contains(stop, "/"+versionsName+"/") {
		sum.atRename++
	}
	sum.systems[system]++
	sum.checked += versions
	sum.pairs += others - 1
	if !same {
		sum.changed++
		t.Errorf("race %d, operation %d: a version changed when the stopped one woke up", i, n)
	}
	// One version was there before, and those of two that come may follow each other.
	if len(published) >= 1 && versions == 1+len(published) && said == string(cause.LeaseLost) && (others == 2 || len(published) == 1) {
		sum.one++
		return
	}
	t.Errorf("race %d, operation %d: published %v, versions %d, the stopped one: %s", i, n, published, versions, said)
}

// raceDir is in memory and on the disk in turn.
func raceDir(t *testing.T, i int) string {
	if i%2 == 0 {
		return fastDir(t)
	}
	return t.TempDir()
}
