//go:build !windows

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilebackup2"
	"homeport/backup/tree"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// TestBench times the native engine, the whole verb and idevicebackup2 beside each
// other: the same simulated phone in a process of its own, the same file system,
// each run ended by a sync. It is no test of speed: it prints a table, and fails
// only when a backup does. `make bench` runs it.
func TestBench(t *testing.T) {
	if os.Getenv("HOMEPORT_TEST_BENCH") == "" {
		t.Skip("set HOMEPORT_TEST_BENCH=1, or: make bench")
	}
	if _, err := exec.LookPath("idevicebackup2"); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, bin: buildCommand(t), rounds: 5}
	t.Logf("%-22s %12s %12s %12s   %s", "median of 5, seconds", "tool", "engine", "whole verb", "tool/engine  tool/verb")
	b.compare("large files", benchPhone("large", 6, 600<<20), false)
	b.compare("small files", benchPhone("small", 20_000, 80<<20), false)
	b.compare("nothing changed", benchPhone("small", 20_000, 80<<20), true)
	b.memory(benchPhone("small", 100_000, 200<<20))
}

const benchUDID = "00008120-0000BE2C4B000001"

func benchPhone(profile string, files int, bytes int64) string {
	return fmt.Sprintf(`phones:
  - udid: %s
    name: Bench
    profile: %s
    files: %d
    bytes: %d
    trust: {mode: paired}
    passcode: {mode: none}
`, benchUDID, profile, files, bytes)
}

// bench holds what the comparisons share.
type bench struct {
	t      *testing.T
	bin    string
	rounds int
	addr   string
}

// contender is one way to make a backup into a folder of its own.
type contender struct {
	name string
	run  func(dir string)
}

func (b *bench) contenders() []contender {
	return []contender{{"tool", b.tool}, {"engine", b.engine}, {"verb", b.verb}}
}

// compare times all contenders in turn, round by round.
func (b *bench) compare(name, spec string, again bool) {
	stop := b.simulate(spec)
	defer stop()
	root := b.t.TempDir()
	if again {
		for _, c := range b.contenders() {
			c.run(b.folder(root, c.name))
		}
	}
	times := map[string][]float64{}
	for round := range b.rounds {
		for _, c := range b.contenders() {
			// Nothing is deleted between the rounds: ext4 looks through the inodes that
			// were freed lately whenever it makes a file, which would slow down whoever
			// comes after a deletion.
			dir := b.folder(root, c.name)
			if !again {
				dir = b.folder(root, fmt.Sprint(c.name, round))
			}
			times[c.name] = append(times[c.name], b.time(func() { c.run(dir) }))
		}
	}
	tool, engine, verb := median(times["tool"]), median(times["engine"]), median(times["verb"])
	b.t.Logf("%-22s %12.2f %12.2f %12.2f   %11.2f  %9.2f", name, tool, engine, verb, tool/engine, tool/verb)
}

// memory reports the peak of the whole verb, first and incremental.
func (b *bench) memory(spec string) {
	stop := b.simulate(spec)
	defer stop()
	dest := b.t.TempDir()
	for _, name := range []string{"first", "nothing changed"} {
		cmd := b.command(b.bin, "--json", "backup", "--dest", dest)
		begun := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.t.Fatalf("%v\n%s", err, out)
		}
		b.t.Logf("peak memory, 100,000 files, %s: %.1f MiB, %.1f s", name, float64(peakRSS(cmd.ProcessState))/(1<<20), time.Since(begun).Seconds())
	}
}

// time runs do and a sync, from a quiet disk.
func (b *bench) time(do func()) float64 {
	syncAll()
	begun := time.Now()
	do()
	syncAll()
	return time.Since(begun).Seconds()
}

func (b *bench) folder(root, name string) string {
	dir := filepath.Join(root, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.t.Fatal(err)
	}
	return dir
}

func (b *bench) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "USBMUXD_SOCKET_ADDRESS="+b.addr, "HOMEPORT_STATE="+b.t.TempDir(), "HOMEPORT_ENGINE=native")
	return cmd
}

func (b *bench) tool(dir string) {
	if out, err := b.command("idevicebackup2", "-u", benchUDID, "backup", dir).CombinedOutput(); err != nil {
		b.t.Fatalf("idevicebackup2: %v\n%s", err, tail(out))
	}
}

func (b *bench) verb(dir string) {
	if out, err := b.command(b.bin, "--json", "backup", "--dest", dir).CombinedOutput(); err != nil {
		b.t.Fatalf("homeport backup: %v\n%s", err, tail(out))
	}
}

// engine runs the native engine alone, in this process.
func (b *bench) engine(dir string) {
	address, err := usbmux.ParseAddress(b.addr)
	if err != nil {
		b.t.Fatal(err)
	}
	mux := usbmux.NewClient(address)
	links, _, err := mux.Devices(b.t.Context())
	if err != nil || len(links) != 1 {
		b.t.Fatalf("devices: %v, %v", links, err)
	}
	phone := lockdown.New(mux, links[0])
	defer phone.Close()
	job := backup.Job{
		UDID: benchUDID, Dir: dir, Phone: phone,
		Free:  func(context.Context) (int64, error) { return 1 << 40, nil },
		Wrote: func(tree.Rel, int64, [32]byte) {},
	}
	if _, err := mobilebackup2.New(mobilebackup2.Options{}).Backup(b.t.Context(), job, func(backup.Progress) {}); err != nil {
		b.t.Fatalf("engine: %v", err)
	}
}

// simulate starts phones in a process of their own.
func (b *bench) simulate(spec string) func() {
	file := filepath.Join(b.t.TempDir(), "spec.yaml")
	if err := os.WriteFile(file, []byte(spec), 0o600); err != nil {
		b.t.Fatal(err)
	}
	socket := filepath.Join(b.t.TempDir(), "mux")
	cmd := exec.Command(b.bin, "simulate", "--quiet", "--spec", file, "--listen", socket)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.t.Fatalf("simulate said nothing: %v", err)
	}
	b.addr = strings.TrimPrefix(strings.TrimSpace(line), "USBMUXD_SOCKET_ADDRESS=")
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return func() {
		_, _ = io.WriteString(stdin, "quit\n")
		_ = cmd.Wait()
	}
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func tail(out []byte) string { return string(out[max(0, len(out)-2000):]) }

// buildCommand builds the command once for a test that runs it as a process.
func buildCommand(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "homeport")
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}
