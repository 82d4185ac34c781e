package backupagent

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"path"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"homeport/simulator/contents"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const udid = "00008110-000A1B2C3D4E5F60"

// phone is an Env whose behaviour a test sets.
type phone struct {
	udid     string
	version  string
	passcode func(context.Context) error
	stage    func(string) *int
	free     int64

	mu     sync.Mutex
	notes  []string
	stages []string
}

func (p *phone) UDID() string   { return cmp.Or(p.udid, udid) }
func (p *phone) Now() time.Time { return time.Date(2026, 11, 22, 10, 15, 0, 0, time.UTC) }
func (p *phone) FreeBytes() int64 {
	if p.free != 0 {
		return p.free
	}
	return 1 << 40
}

func (p *phone) Values() map[string]any {
	version := "18.5"
	if p.version != "" {
		version = p.version
	}
	return map[string]any{"UniqueDeviceID": udid, "ProductVersion": version, "DeviceName": "Anna’s iPhone"}
}

func (p *phone) Passcode(ctx context.Context) error {
	if p.passcode != nil {
		return p.passcode(ctx)
	}
	return nil
}

func (p *phone) Notify(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, name)
}

func (p *phone) Stage(name string) *int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stages = append(p.stages, name)
	if p.stage != nil {
		return p.stage(name)
	}
	return nil
}

// rig is a phone and a host.
type rig struct {
	testing.TB
	phone    *phone
	contents *contents.Contents
	agent    *Agent
	host     *host
}

func newRig(t testing.TB, cfg contents.Config) *rig {
	t.Helper()
	g := &rig{TB: t, phone: &phone{}, contents: contents.New(cfg), host: newHost()}
	g.agent = New(g.contents, g.phone)
	return g
}

// small is a phone whose runs take a moment: 300 files of 4 KiB or less.
func small(seed uint64) contents.Config {
	return contents.Config{Seed: seed, Files: 300, Bytes: 1 << 20, Profile: contents.Small}
}

func request(name string, options map[string]any) map[string]any {
	m := map[string]any{"MessageName": name, "TargetIdentifier": udid, "SourceIdentifier": udid}
	if options != nil {
		m["Options"] = options
	}
	return m
}

// cutConn ends the connection when n bytes were read from it.
type cutConn struct {
	net.Conn
	left int64
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// run makes one connection; cut is how many bytes the host gets, 0 for all.
func (g *rig) run(request map[string]any, cut int64) (hostResult, error) {
	g.Helper()
	if cut == 0 {
		cut = 1 << 50
	}
	return g.runCounted(request, &cutConn{left: cut})
}

func (g *rig) runCounted(request map[string]any, cut *cutConn) (hostResult, error) {
	g.Helper()
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- g.agent.Serve(context.Background(), theirs) }()
	cut.Conn = ours
	result, err := g.host.talk(cut, request)
	ours.Close()
	if serveErr := <-served; err == nil && serveErr != nil {
		g.Fatalf("Serve: %v", serveErr)
	}
	return result, err
}

// must makes a run that succeeds.
func (g *rig) must(request map[string]any) Stats {
	g.Helper()
	result, err := g.run(request, 0)
	if err != nil || result.code != 0 {
		g.Fatalf("%v: %v %v", request["MessageName"], result, err)
	}
	return g.agent.Stats()
}

func (g *rig) backup() Stats { g.Helper(); return g.must(request("Backup", nil)) }

func (g *rig) full() Stats {
	g.Helper()
	return g.must(request("Backup", map[string]any{"ForceFullBackup": true}))
}

// check holds the host's folder against what is on the phone.
func (g *rig) check() {
	g.Helper()
	v := g.contents.View()
	files := 0
	open := g.reader()
	for i := range v.Len() {
		if !v.Live(i) || v.Row(i).Kind != contents.File {
			continue
		}
		files++
		id := v.Row(i).ID
		name := hex.EncodeToString(id[:])
		f := g.host.get(path.Join(udid, name[:2], name))
		if f == nil || !v.Body(i).Equal(open(f), 0) || int64(len(open(f))) != v.Row(i).Size {
			_, p := v.Names(i)
			g.Fatalf("%q on the host is not what is on the phone", p)
		}
	}
	onHost := 0
	for dir, held := range g.host.dirs {
		for name := range held {
			if isID(name) {
				onHost++
			}
		}
		if len(dir) > len(udid) && path.Base(dir) == "Snapshot" {
			g.Fatal("Snapshot/ is still there")
		}
	}
	if onHost != files {
		g.Fatalf("%d bodies on the host, %d files on the phone", onHost, files)
	}
	st, _, err := parseStatus(g.host.get(udid + "/Status.plist").data)
	if err != nil || st.SnapshotState != finished || st.BackupState != "new" {
		g.Fatalf("status %+v, %v", st, err)
	}
}

// same holds two hosts' folders against each other.
func same(t testing.TB, got, want *host) {
	t.Helper()
	a, b := got.tree(), want.tree()
	for p := range b {
		if data, ok := a[p]; !ok {
			t.Fatalf("%s is missing", p)
		} else if data != b[p] {
			t.Fatalf("%s differs (%d and %d bytes)", p, len(data), len(b[p]))
		}
	}
	for p := range a {
		if _, ok := b[p]; !ok {
			t.Fatalf("%s is too many", p)
		}
	}
}

func code(n int) *int { return &n }

func isCut(err error) bool { return err != nil && !errors.Is(err, context.Canceled) }
