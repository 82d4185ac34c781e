package usbmux

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeport/cause"
	"homeport/usbmux/plist"
)

const (
	udidA = "00008110-000A1B2C3D4E5F60"
	udidB = "0123456789abcdef0123456789abcdef01234567"
)

func TestDevicesOneBadEntryHidesNoOther(t *testing.T) {
	t.Parallel()
	edit := func(id int, f func(entry, props map[string]any)) map[string]any {
		e := attached(id, udidA)
		f(e, e["Properties"].(map[string]any))
		return e
	}
	prop := func(id int, key string, v any) map[string]any {
		return edit(id, func(_, p map[string]any) { p[key] = v })
	}
	list := []any{
		attached(1, udidA),
		"no dictionary", []any{}, map[string]any{},
		edit(2, func(e, _ map[string]any) { delete(e, "Properties") }),
		edit(3, func(e, p map[string]any) { e["DeviceID"], p["DeviceID"] = "3", "3" }),
		edit(0, func(_, _ map[string]any) {}), edit(-5, func(_, _ map[string]any) {}), edit(1<<40, func(_, _ map[string]any) {}),
		prop(4, "SerialNumber", "../../x"), prop(5, "SerialNumber", 17), prop(6, "SerialNumber", strings.Repeat("a", 10_000)),
		prop(7, "ConnectionType", "Pigeon"), prop(8, "ConnectionType", nil),
		attached(1, udidB),                // a second device 1
		prop(9, "ConnectionSpeed", "480"), // for information only: listed
		prop(10, "LocationID", int64(-1)), // likewise
		prop(11, "SerialNumber", strings.ReplaceAll(udidA, "-", "")),
		prop(12, "ConnectionType", "Network"), // the same phone by network
		attached(13, udidB),
	}
	c := answering(t, func(plist.Dict) any { return map[string]any{"DeviceList": list} })
	links, bad, err := c.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	whole := func(id int, udid string) Link {
		return Link{DeviceID: id, UDID: udid, Connection: USB, SpeedBitsPerSecond: 480_000_000, LocationID: 0x10002, ProductID: 0x12A8}
	}
	want := []Link{whole(1, udidA), whole(9, udidA), whole(10, udidA), whole(11, udidA), whole(12, udidA), whole(13, udidB)}
	want[1].SpeedBitsPerSecond, want[2].LocationID, want[4].Connection = 0, 0, Network
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if len(bad) != 14 {
		t.Errorf("%d bad entries, want 14: %v", len(bad), bad)
	}
	for _, err := range bad {
		if len(err.Error()) > 300 {
			t.Errorf("an error has %d bytes", len(err.Error()))
		}
	}
}

func TestManyDevices(t *testing.T) {
	t.Parallel()
	var list []any
	for id := 1; id <= 10_000; id++ {
		list = append(list, attached(id, udidA))
	}
	c := answering(t, func(plist.Dict) any { return map[string]any{"DeviceList": list} })
	if links, bad, err := c.Devices(t.Context()); err != nil || len(links) != 10_000 || len(bad) != 0 {
		t.Errorf("%d links, %d bad, %v", len(links), len(bad), err)
	}
}

// TestHostileReplies holds what a reply may be instead of one. None of it may be
// taken for an empty list, and none may hang.
func TestHostileReplies(t *testing.T) {
	t.Parallel()
	ok, _ := plist.MarshalXML(map[string]any{"DeviceList": []any{}})
	tests := map[string]struct {
		script func(*peer)
		want   cause.ID
	}{
		"closed at once":      {func(p *peer) {}, cause.MuxServiceStopped},
		"half a header":       {func(p *peer) { _, _ = p.Write([]byte{40, 0, 0, 0, 1}) }, cause.MuxServiceStopped},
		"half a body":         {func(p *peer) { _ = p.frame(500, 1, 8, p.tag, ok[:20]) }, cause.MuxServiceStopped},
		"length 0":            {func(p *peer) { _ = p.frame(0, 1, 8, p.tag, nil) }, cause.MuxUntrustedOwner},
		"length 15":           {func(p *peer) { _ = p.frame(15, 1, 8, p.tag, nil) }, cause.MuxUntrustedOwner},
		"no body":             {func(p *peer) { _ = p.frame(16, 1, 8, p.tag, nil) }, cause.MuxUntrustedOwner},
		"length 2^32-1":       {func(p *peer) { _ = p.frame(0xFFFFFFFF, 1, 8, p.tag, nil) }, cause.MuxUntrustedOwner},
		"1 GiB":               {func(p *peer) { _ = p.frame(1<<30, 1, 8, p.tag, nil) }, cause.MuxUntrustedOwner},
		"wrong tag":           {func(p *peer) { _ = p.sendRaw(p.tag+1, ok) }, cause.MuxUntrustedOwner},
		"wrong version":       {func(p *peer) { _ = p.frame(uint32(16+len(ok)), 7, 8, p.tag, ok) }, cause.MuxUntrustedOwner},
		"binary protocol":     {func(p *peer) { _ = p.frame(20, 0, 1, p.tag, []byte{6, 0, 0, 0}) }, cause.MuxUntrustedOwner},
		"an HTTP server":      {func(p *peer) { _, _ = io.WriteString(p, "HTTP/1.1 400 Bad Request\r\n\r\n") }, cause.MuxUntrustedOwner},
		"no list":             {func(p *peer) { _ = p.sendRaw(p.tag, []byte("garbage")) }, cause.MuxUntrustedOwner},
		"root is an array":    {func(p *peer) { _ = p.reply([]any{"DeviceList"}) }, cause.MuxUntrustedOwner},
		"empty dictionary":    {func(p *peer) { _ = p.reply(map[string]any{}) }, cause.MuxNotAnswering},
		"DeviceList is text":  {func(p *peer) { _ = p.reply(map[string]any{"DeviceList": "none"}) }, cause.MuxNotAnswering},
		"a Result instead":    {func(p *peer) { _ = p.reply(result(0)) }, cause.MuxNotAnswering},
		"silence":             {func(p *peer) { _, _ = p.Read(make([]byte, 1)) }, cause.MuxNotAnswering},
		"one byte per second": {func(p *peer) { _, _ = p.Write([]byte{1}); _, _ = p.Read(make([]byte, 1)) }, cause.MuxNotAnswering},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := fakeMux(t, func(p *peer) {
				if _, err := p.request(); err == nil {
					tc.script(p)
				}
			})
			if tc.want == cause.MuxNotAnswering {
				c.timeout = 300 * time.Millisecond
			}
			inTime(t, 5*time.Second, func() {
				links, _, err := c.Devices(t.Context())
				if id, _ := cause.Of(err); id != tc.want || links != nil {
					t.Errorf("%v, %v; want %s", links, err, tc.want)
				}
			})
		})
	}
}

func TestDialCauses(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	stale := filepath.Join(dir, "stale")
	l, err := net.Listen("unix", stale)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]Address{
		"absent": {"unix", filepath.Join(dir, "absent")}, "stale": {"unix", stale}, "plain file": {"unix", file},
		"refused": {"tcp", "127.0.0.1:1"},
	} {
		_, _, err := NewClient(a).Devices(t.Context())
		if id, _ := cause.Of(err); id != cause.MuxServiceNotRunning {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForeignSocketIsRefused(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can give a socket away")
	}
	const stranger = 54321
	c := fakeMux(t, func(p *peer) { t.Error("a foreign usbmuxd was spoken to") })
	if err := os.Chown(c.address.Addr, stranger, stranger); err != nil {
		t.Fatal(err)
	}
	_, err := c.PairRecord(t.Context(), udidA)
	found, ok := errors.AsType[*cause.Error](err)
	if !ok || found.ID != cause.MuxUntrustedOwner || found.Evidence["uid"] != int64(stranger) {
		t.Errorf("%v, %v", err, found)
	}
}

func TestCancelEndsARequestAtOnce(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	c := fakeMux(t, func(p *peer) {
		_, _ = p.request()
		close(asked)
		_, _ = p.Read(make([]byte, 1)) // until the client goes
	})
	unplugged := cause.New(cause.DeviceDisconnected, nil, errors.New("unplugged"))
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-asked
		cancel(unplugged)
	}()
	inTime(t, time.Second, func() {
		_, err := c.BUID(ctx)
		if id, _ := cause.Of(err); id != cause.DeviceDisconnected || !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
	if _, err := c.BUID(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestConnect(t *testing.T) {
	t.Parallel()
	c := fakeMux(t, func(p *peer) {
		request, err := p.request()
		if err != nil {
			return
		}
		id, _ := request.Int("DeviceID")
		port, _ := request.Int("PortNumber")
		if port != 32498 { // 62078 in network byte order
			t.Errorf("port %d", port)
		}
		switch id {
		case 1: // what follows the Result belongs to the tunnel
			body, _ := plist.MarshalXML(result(0))
			_ = p.frame(uint32(16+len(body)), 1, 8, p.tag, append(body, "hello"...))
			_, _ = io.Copy(p, p)
		case 2, 3:
			_ = p.reply(result(int(id)))
		default:
			_ = p.reply(map[string]any{"MessageType": "Result"})
		}
	})
	conn, err := c.Connect(t.Context(), 1, 62078)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got := make([]byte, 10)
	if _, err := conn.Write([]byte("world")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "helloworld" {
		t.Errorf("%q, %v", got, err)
	}
	for _, id := range []int{2, 3} {
		_, err := c.Connect(t.Context(), id, 62078)
		refused, ok := errors.AsType[*ResultError](err)
		if of, _ := cause.Of(err); of != cause.MuxConnectFailed || !ok || refused.Number != int64(id) {
			t.Errorf("device %d: %v", id, err)
		}
	}
	if _, err := c.Connect(t.Context(), 4, 62078); !isCause(err, cause.ProtocolError) {
		t.Errorf("no number: %v", err)
	}
}

func isCause(err error, want cause.ID) bool {
	id, _ := cause.Of(err)
	return id == want
}
