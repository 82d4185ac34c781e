package mobilebackup2

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/simulator/backupagent"
	"homeport/simulator/contents"
	"homeport/usbmux/plist"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testUDID = "00008110-000A1B2C3D4E5F60"

// testPhone is a phone without usbmuxd, lockdown and TLS: each service is one end
// of a connection, and what speaks MobileBackup2 is the test's choice.
type testPhone struct {
	serve  func(ctx context.Context, conn net.Conn) error
	pair   func() (host, phone net.Conn)
	values map[string]map[string]any
	refuse map[string]error // services that do not open

	ctx   context.Context
	stop  context.CancelFunc
	wait  sync.WaitGroup
	mu    sync.Mutex
	proxy net.Conn // the phone's end of the notification proxy
	posts []string
	seen  chan string // observed names
	conns []net.Conn
}

func newTestPhone(t testing.TB, serve func(context.Context, net.Conn) error) *testPhone {
	ctx, stop := context.WithCancel(context.Background())
	p := &testPhone{serve: serve, pair: net.Pipe, ctx: ctx, stop: stop, seen: make(chan string, 16)}
	t.Cleanup(p.close)
	return p
}

func (p *testPhone) close() {
	p.stop()
	p.mu.Lock()
	for _, c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.wait.Wait()
}

func (p *testPhone) Open(ctx context.Context, service string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := p.refuse[service]; err != nil {
		return nil, err
	}
	var serve func(net.Conn)
	switch service {
	case serviceBackup:
		serve = func(c net.Conn) { _ = p.serve(p.ctx, c) }
	case serviceNotify:
		serve = p.serveNotify
	case serviceFiles:
		serve = serveFiles
	default:
		return nil, errors.New("InvalidService")
	}
	host, phone := p.pair()
	p.mu.Lock()
	p.conns = append(p.conns, host, phone)
	if service == serviceNotify {
		p.proxy = phone
	}
	p.mu.Unlock()
	p.wait.Go(func() {
		defer phone.Close()
		serve(phone)
	})
	return host, nil
}

func (p *testPhone) Values(_ context.Context, domain string) (map[string]any, error) {
	return p.values[domain], nil
}

// serveNotify is a notification proxy: it notes what is posted.
func (p *testPhone) serveNotify(conn net.Conn) {
	for {
		var head [4]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		data := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(conn, data); err != nil {
			return
		}
		var msg struct{ Command, Name string }
		if err := plist.Unmarshal(data, &msg); err != nil {
			return
		}
		switch msg.Command {
		case "PostNotification":
			p.mu.Lock()
			p.posts = append(p.posts, msg.Name)
			p.mu.Unlock()
		case "ObserveNotification":
			select {
			case p.seen <- msg.Name:
			default:
			}
		case "Shutdown":
			_, _ = conn.Write(lengthAnd(map[string]any{"Command": "ProxyDeath"}))
			return
		}
	}
}

// notify relays a notification to the host.
func (p *testPhone) notify(name string) {
	p.mu.Lock()
	proxy := p.proxy
	p.mu.Unlock()
	_, _ = proxy.Write(lengthAnd(map[string]any{"Command": "RelayNotification", "Name": name}))
}

func lengthAnd(v any) []byte {
	data, err := plist.MarshalXML(v)
	if err != nil {
		panic(err)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...)
}

// serveFiles is a file service that opens and locks whatever it is asked, and has
// no content.
func serveFiles(conn net.Conn) {
	for {
		head := make([]byte, 40)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		rest := make([]byte, binary.LittleEndian.Uint64(head[8:])-40)
		if _, err := io.ReadFull(conn, rest); err != nil {
			return
		}
		op, arg := uint64(1), uint64(0) // status 0
		switch binary.LittleEndian.Uint64(head[32:]) {
		case 0x0D:
			op, arg = 0x0E, 1
			if string(rest[8:len(rest)-1]) != "/com.apple.itunes.lock_sync" {
				op, arg = 1, 8
			}
		case 0x0A:
			arg = 8
		}
		binary.LittleEndian.PutUint64(head[8:], 48)
		binary.LittleEndian.PutUint64(head[16:], 48)
		binary.LittleEndian.PutUint64(head[32:], op)
		if _, err := conn.Write(binary.LittleEndian.AppendUint64(head, arg)); err != nil {
			return
		}
	}
}

// agentEnv is the rest of a simulated phone for its backup agent.
type agentEnv struct{ sheet func(context.Context) error }

func (agentEnv) UDID() string   { return testUDID }
func (agentEnv) Now() time.Time { return time.Unix(1_750_000_000, 0) }
func (agentEnv) Values() map[string]any {
	return map[string]any{"DeviceName": "Test", "ProductVersion": "18.5"}
}
func (agentEnv) Notify(string)     {}
func (agentEnv) FreeBytes() int64  { return 64 << 30 }
func (agentEnv) Stage(string) *int { return nil }
func (e agentEnv) Passcode(ctx context.Context) error {
	if e.sheet == nil {
		return nil
	}
	return e.sheet(ctx)
}

// agentPhone is a phone with a simulated backup agent.
func agentPhone(t testing.TB, cfg contents.Config) (*testPhone, *backupagent.Agent, *contents.Contents) {
	c := contents.New(cfg)
	agent := backupagent.New(c, agentEnv{})
	p := newTestPhone(t, agent.Serve)
	p.values = map[string]map[string]any{"": agentEnv{}.Values()}
	return p, agent, c
}

// testOptions waits for nobody for long.
func testOptions() Options {
	return Options{Deadlines: Deadlines{
		Handshake: 5 * time.Second, FirstMessage: 20 * time.Second, Message: 20 * time.Second,
		Stall: 10 * time.Second, Grace: 2 * time.Second,
	}}
}

func testJob(t testing.TB, p backup.Phone) backup.Job {
	return backup.Job{
		UDID: testUDID, Dir: t.TempDir(), Phone: p,
		Free: func(context.Context) (int64, error) { return 50 << 30, nil },
	}
}

func home(job backup.Job) string { return filepath.Join(job.Dir, job.UDID) }

// syncVolume is what every measured backup ends with.
func syncVolume(t testing.TB, dir string) {
	t.Helper()
	tr, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := tr.Sync(); err != nil {
		t.Fatal(err)
	}
}
