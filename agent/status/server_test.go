package status

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/cause"
)

// TestClient asks for everything as the verbs do.
func TestClient(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	c := NewClient(st.dir)
	if _, err := c.Status(t.Context()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("nobody is there: %v", err)
	}
	st.control(t)
	s, err := c.Status(t.Context())
	must(t, err)
	if len(s.Phones) != 1 || s.Phones[0].Run.Percent != 43 || !s.Now.Equal(moment.Add(8*time.Hour)) {
		t.Errorf("status %+v", s)
	}
	p, err := c.Start(t.Context(), StartRequest{Phone: annaUDID, Full: true, NoWait: true})
	must(t, err)
	if got := *st.started1.Load(); !got.Full || !got.NoWait || p.UDID != annaUDID {
		t.Errorf("started %+v", got)
	}
	_, err = c.Start(t.Context(), StartRequest{Phone: "Ben"})
	told, ok := errors.AsType[*RemoteError](err)
	if id, _ := cause.Of(err); !ok || told.Status != http.StatusNotFound || id != cause.NoSuchPhone || !strings.Contains(told.Told.Message, `"Ben"`) {
		t.Errorf("start of nobody: %v", err)
	}
	if _, err = c.Cancel(t.Context(), strings.ToLower(strings.ReplaceAll(annaUDID, "-", ""))); err != nil {
		t.Error(err)
	}
	if _, err = c.Cancel(t.Context(), "x"); NewFailure(err).Message != ErrNothingRuns.Error() || NewFailure(err).ExitCode != cause.ExitNoSuch {
		t.Errorf("cancel of nothing: %v", err)
	}
	r, err := c.Reload(t.Context())
	must(t, err)
	if r.OK || len(r.Errors) != 1 || r.Errors[0].Cause != cause.ConfigInvalid {
		t.Errorf("reload %+v", r)
	}
	page, err := c.Page(t.Context())
	must(t, err)
	if u, err := url.Parse(page.URL); err != nil || !net.ParseIP(u.Hostname()).IsLoopback() || st.server.PageAddress() != u.Host {
		t.Errorf("page %+v", page)
	}
}

// TestEvents follows the daemon until it ends.
func TestEvents(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	var got []string
	err := NewClient(st.dir).Events(t.Context(), func() {
		st.server.Publish("waiting", annaUDID, false, map[string]string{"message": "unlock\nthe iPhone"})
	}, func(kind string, data []byte) error {
		if !json.Valid(data) {
			t.Errorf("%s: %q", kind, data)
		}
		got = append(got, kind)
		if kind == "waiting" {
			st.server.Publish("failed", annaUDID, false, struct{}{})
			go func() { _ = st.server.Close() }()
		}
		return nil
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) || strings.Join(got, " ") != "waiting status failed" && strings.Join(got, " ") != "status waiting failed" {
		t.Errorf("heard %v, %v", got, err)
	}
}

// browser is what a person's browser does on the page.
func browser(t *testing.T, at string, headers ...string) (int, http.Header, string) {
	t.Helper()
	u, err := url.Parse(at)
	must(t, err)
	c, err := net.Dial("tcp", u.Host)
	must(t, err)
	return send(t, c, get(u.RequestURI(), u.Host, headers...))
}

// TestPage opens the page, reads its files, and comes back after the program was
// started again, on the same port and with the same cookie.
func TestPage(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	p, err := st.server.OpenPage()
	must(t, err)
	u, err := url.Parse(p.URL)
	must(t, err)
	secret := enter(t, func() net.Conn {
		c, err := net.Dial("tcp", u.Host)
		must(t, err)
		return c
	}, u)
	cookie := "Cookie: homeport-" + u.Port() + "=" + secret
	for path, kind := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/charts.js": "text/javascript", "/style.css": "text/css", "/icon.svg": "image/svg+xml", "/v1/status": "application/json"} {
		code, h, body := browser(t, "http://"+u.Host+path, cookie, "Sec-Fetch-Site: same-origin", "Origin: http://"+u.Host)
		if code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), kind) || body == "" {
			t.Errorf("%s: %d %s", path, code, h.Get("Content-Type"))
		}
		checkHeaders(t, h)
	}
	code, h, body := browser(t, "http://"+u.Host+"/", "Accept: text/html")
	if code != http.StatusUnauthorized || !strings.Contains(body, "homeport open") {
		t.Errorf("without a key: %d %s", code, body)
	}
	checkHeaders(t, h)
	checkPrivate(t, filepath.Join(st.dir, keepName))
	must(t, st.server.Close())
	again := NewServer(st.options())
	defer again.Close()
	must(t, again.ShowPage())
	if again.PageAddress() != u.Host {
		t.Errorf("the page is at %s, and was at %s", again.PageAddress(), u.Host)
	}
	if code, _, _ := browser(t, "http://"+u.Host+"/v1/phones", cookie); code != http.StatusOK {
		t.Errorf("the visitor is not known any more: %d", code)
	}
	other, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer other.Close()
	must(t, keeper{st.dir}.write(kept{Port: portOf(other.Addr())}))
	third := NewServer(st.options())
	defer third.Close()
	must(t, third.ShowPage())
	if third.PageAddress() == other.Addr().String() || third.PageAddress() == "" {
		t.Errorf("with its port taken the page is at %q", third.PageAddress())
	}
}

func checkHeaders(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
}

// TestCloseEndsAll has a reader of events, a request that hangs until it is told to
// end, and a connection that says nothing.
func TestCloseEndsAll(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	entered, left := make(chan struct{}), make(chan struct{})
	o := st.options()
	o.Start = func(ctx context.Context, _ StartRequest) (Phone, error) {
		close(entered)
		defer close(left)
		<-ctx.Done()
		return Phone{}, context.Cause(ctx)
	}
	server := NewServer(o)
	l, err := Listen(st.dir, nil)
	must(t, err)
	must(t, server.Serve(l))
	silent := st.dialControl(t)
	defer silent.Close()
	ended := make(chan error, 2)
	go func() {
		ended <- NewClient(st.dir).Events(t.Context(), nil, func(string, []byte) error { return nil })
	}()
	go func() {
		_, err := NewClient(st.dir).Start(t.Context(), StartRequest{Phone: annaUDID})
		ended <- err
	}()
	<-entered
	_ = server.Close()
	select {
	case <-left:
	default:
		t.Error("a request still goes on")
	}
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("it ended well")
		}
	}
	if err := server.Serve(closedListener{}); err == nil {
		t.Error("it serves again")
	}
}

type closedListener struct{}

func (closedListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (closedListener) Close() error              { return nil }
func (closedListener) Addr() net.Addr            { return &net.UnixAddr{} }

// TestConnectionsAreBounded opens more than the control socket takes: the others wait,
// and come in when there is room.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	var idle []net.Conn
	for range mostConnections {
		idle = append(idle, st.dialControl(t))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := NewClient(st.dir).Status(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one more: %v", err)
	}
	for _, c := range idle {
		_ = c.Close()
	}
	if _, err := NewClient(st.dir).Status(t.Context()); err != nil {
		t.Error(err)
	}
}
