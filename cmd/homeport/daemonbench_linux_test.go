package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/simulator"
)

// ticksPerSecond is the unit of times in /proc, fixed for programs on Linux.
const ticksPerSecond = 100

// kept is a homeport run that a bench looks at from outside.
type kept struct {
	t      *testing.T
	cmd    *exec.Cmd
	events chan runEvent
	scrape string // address of its metrics
	dest   string
}

// runEvent is a line of homeport --json run.
type runEvent struct {
	Event  string
	Time   time.Time
	Read   time.Time `json:"-"`
	Phone  *struct{ UDID string }
	Result *struct {
		Bytes   int64
		Seconds float64
	}
}

// keepRunning starts homeport run, with settings besides the destination.
func keepRunning(t *testing.T, addr string, settings ...string) *kept {
	t.Helper()
	dir := t.TempDir()
	k := &kept{t: t, dest: filepath.Join(dir, "backups"), events: make(chan runEvent, 4096), scrape: freeAddress(t)}
	if err := os.Mkdir(k.dest, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "engine: native\ndestination: " + k.dest + "\nmetrics: {listen: \"" + k.scrape + "\"}\n" + strings.Join(settings, "\n") + "\n"
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("homeport")
	if err != nil {
		t.Fatal(err)
	}
	k.cmd = exec.CommandContext(t.Context(), path, "--json", "--config", file, "--state", filepath.Join(dir, "state"), "run")
	k.cmd.Env = append(os.Environ(), "HOME="+dir, "USBMUXD_SOCKET_ADDRESS="+addr)
	k.cmd.Stderr = os.Stderr
	out, err := k.cmd.StdoutPipe()
	if err == nil {
		err = k.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go k.read(out)
	k.await("service", time.Minute)
	return k
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (k *kept) read(out io.Reader) {
	defer close(k.events)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var e runEvent
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			e.Read = time.Now()
			k.events <- e
		}
	}
}

// await reads events until one of a kind.
func (k *kept) await(kind string, limit time.Duration) runEvent {
	k.t.Helper()
	late := time.After(limit)
	for {
		select {
		case e, ok := <-k.events:
			if !ok {
				k.t.Fatalf("it ended before %q", kind)
			}
			if e.Event == kind {
				return e
			}
		case <-late:
			k.t.Fatalf("no %q in %v", kind, limit)
		}
	}
}

// drain forgets the events so far.
func (k *kept) drain() {
	for {
		select {
		case <-k.events:
		default:
			return
		}
	}
}

func (k *kept) stop() {
	k.t.Helper()
	if err := k.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		k.t.Error(err)
	}
	for range k.events { // to its end
	}
	if err := k.cmd.Wait(); err != nil {
		k.t.Error(err)
	}
}

// usage is what the process needs at one moment.
type usage struct {
	at          time.Time
	resident    int64 // bytes
	ticks       int64 // of processor time
	wakeups     int64
	descriptors int
	goroutines  int
}

func (k *kept) usage() usage {
	k.t.Helper()
	u := usage{at: time.Now()}
	proc := fmt.Sprintf("/proc/%d", k.cmd.Process.Pid)
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		k.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	for _, f := range fields[11:13] { // utime and stime, see proc(5)
		n, _ := strconv.ParseInt(f, 10, 64)
		u.ticks += n
	}
	u.resident = statusNumber(proc+"/status", "VmRSS:") * 1024
	tasks, _ := filepath.Glob(proc + "/task/*/status")
	for _, task := range tasks {
		u.wakeups += statusNumber(task, "voluntary_ctxt_switches:")
	}
	fds, _ := os.ReadDir(proc + "/fd")
	u.descriptors = len(fds)
	return u
}

func statusNumber(path, name string) int64 {
	data, _ := os.ReadFile(path)
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// measured is usage with the goroutines, which only the program itself knows.
func (k *kept) measured() usage {
	k.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + k.scrape + "/metrics")
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	u := k.usage()
	for line := range strings.Lines(string(data)) {
		if n, ok := strings.CutPrefix(line, "go_goroutines "); ok {
			u.goroutines, _ = strconv.Atoi(strings.TrimSpace(n))
		}
	}
	if u.goroutines == 0 {
		k.t.Fatalf("no goroutines are told:\n%s", data)
	}
	return u
}

func (u usage) String() string {
	return fmt.Sprintf("%.1f MiB resident, %d goroutines, %d descriptors", float64(u.resident)/(1<<20), u.goroutines, u.descriptors)
}

func phoneSpecs(n, files int, bytes int64) []simulator.PhoneSpec {
	var list []simulator.PhoneSpec
	for i := range n {
		list = append(list, simulator.PhoneSpec{UDID: fmt.Sprintf("00008120-%016X", 0xBE2C4B000100+i), Name: fmt.Sprint("Phone ", i+1), Seed: uint64(i + 1),
			Files: files, Bytes: bytes, Trust: simulator.Trust{Mode: simulator.TrustPaired}, Passcode: simulator.Passcode{Mode: simulator.PasscodeNone}})
	}
	return list
}

func startPhones(t *testing.T, specs []simulator.PhoneSpec) *simulator.Simulator {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{Phones: specs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	for _, p := range sim.Phones() {
		p.Detach()
	}
	return sim
}

// TestBenchDaemon prints what homeport run costs while no phone is there, how soon it
// tells a phone, and what eight phones at once do to each other. It is no test of speed;
// `make bench` runs it.
func TestBenchDaemon(t *testing.T) {
	if os.Getenv("HOMEPORT_TEST_BENCH") == "" {
		t.Skip("set HOMEPORT_TEST_BENCH=1, or: make bench")
	}
	t.Run("idle", benchIdle)
	t.Run("plug", benchPlug)
	t.Run("eight", benchEight)
}

func benchIdle(t *testing.T) {
	sim := startPhones(t, phoneSpecs(1, 60, 1<<20))
	k := keepRunning(t, sim.Addr())
	<-time.After(20 * time.Second) // what it does once after its start is over
	before := k.usage()
	<-time.After(2 * time.Minute)
	after := k.usage()
	seconds := after.at.Sub(before.at).Seconds()
	t.Logf("idle, no phone, %.0f s: %.1f MiB resident, %.3f %% of a core, %.2f wake-ups a second over all threads", seconds,
		float64(after.resident)/(1<<20), 100*float64(after.ticks-before.ticks)/ticksPerSecond/seconds, float64(after.wakeups-before.wakeups)/seconds)
	k.stop()
}

func benchPlug(t *testing.T) {
	sim := startPhones(t, phoneSpecs(1, 60, 1<<20))
	k := keepRunning(t, sim.Addr(), "min_interval: 0")
	var first, checked []time.Duration
	for range 10 {
		<-time.After(35 * time.Second) // a third plug within a minute counts as a loose contact
		k.drain()
		plugged := time.Now()
		sim.Phones()[0].Attach()
		first = append(first, k.await("plugged", time.Minute).Read.Sub(plugged))
		checked = append(checked, k.await("preflight", time.Minute).Read.Sub(plugged))
		k.await("finished", time.Minute)
		sim.Phones()[0].Detach()
		k.await("unplugged", time.Minute)
	}
	slices.Sort(first)
	slices.Sort(checked)
	t.Logf("from the plug, 10 times, median and slowest: first line %v, %v; finished preflight %v, %v",
		first[5].Round(time.Millisecond), first[9].Round(time.Millisecond), checked[5].Round(time.Millisecond), checked[9].Round(time.Millisecond))
	k.stop()
}

// benchEight compares the total of eight phones with that of one of the same contents.
func benchEight(t *testing.T) {
	const size = 200 << 20
	together := func(n int) (rate float64, first, last time.Duration) {
		sim := startPhones(t, phoneSpecs(n, 50, size))
		k := keepRunning(t, sim.Addr(), "max_parallel: 8")
		begun := time.Now()
		for _, p := range sim.Phones() {
			p.Attach()
		}
		var total int64
		for range n {
			e := k.await("finished", 5*time.Minute)
			total += e.Result.Bytes
			last = e.Read.Sub(begun)
			if first == 0 {
				first = last
			}
		}
		k.stop()
		return float64(total) / last.Seconds(), first, last
	}
	one, _, _ := together(1)
	eight, first, last := together(8)
	t.Logf("one phone %.0f MB/s, eight at once %.0f MB/s together: %.2f times; the first was done after %v, the last after %v",
		one/1e6, eight/1e6, eight/one, first.Round(10*time.Millisecond), last.Round(10*time.Millisecond))
}

// TestPlugCycles plugs a phone in and out, a thousand times with HOMEPORT_TEST_PLUGS,
// faster than anybody could, and holds that nothing is left of it; then a backup is made.
func TestPlugCycles(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("HOMEPORT_TEST_PLUGS"))
	if n == 0 {
		t.Skip("set HOMEPORT_TEST_PLUGS=1000, or: make plugs")
	}
	sim := startPhones(t, phoneSpecs(2, 60, 1<<20))
	k := keepRunning(t, sim.Addr())
	phone := sim.Phones()[0]
	phone.Attach()
	k.await("finished", time.Minute)
	phone.Detach()
	k.await("unplugged", time.Minute)
	before := k.measured()
	pace := time.NewTicker(40 * time.Millisecond)
	defer pace.Stop()
	for range n {
		phone.Attach()
		<-pace.C
		phone.Detach()
		<-pace.C
		k.drain()
	}
	k.await("unplugged", time.Minute)
	after := settled(k, before)
	t.Logf("%d plug cycles: before %v; after %v", n, before, after)
	if after.goroutines > before.goroutines+3 || after.descriptors > before.descriptors+3 {
		t.Error("something is left of them")
	}
	sim.Phones()[1].Attach()
	k.await("finished", time.Minute)
	k.stop()
}

// settled measures until nothing more goes away, for half a minute at most.
func settled(k *kept, before usage) usage {
	u := k.measured()
	for range 30 {
		if u.goroutines <= before.goroutines && u.descriptors <= before.descriptors {
			break
		}
		<-time.After(time.Second)
		u = k.measured()
	}
	return u
}
