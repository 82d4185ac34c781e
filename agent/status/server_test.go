package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	_, err = c.Cancel(t.Context(), "x")
	if id, _ := cause.Of(err); id != cause.NoSuchPhone {
		t.Errorf("cancel of a phone that nobody knows: %v", err)
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

// TestTooManyFollow refuses one more reader of events with what a verb can end with.
func TestTooManyFollow(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	for range mostReaders {
		s, err := st.server.hub.subscribe("control", mostReaders)
		must(t, err)
		defer st.server.hub.leave(s)
	}
	err := NewClient(st.dir).Events(t.Context(), func() { t.Error("it was let in") }, nil)
	told, ok := errors.AsType[*RemoteError](err)
	if !ok || told.Status != http.StatusServiceUnavailable || told.Told.ExitCode != cause.ExitBusy || told.Told.Message != errFull.Error() {
		t.Errorf("one more: %v", err)
	}
}

// TestRequestsThatMakeNoSense are told what is wrong with them in words, and do nothing.
func TestRequestsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	body := `the body must be an object of JSON, such as {"phone": "NAME"}`
	for _, tt := range []struct{ path, body, want string }{
		{"/v1/runs", "", body}, {"/v1/runs", "null", body}, {"/v1/runs", "[]", body}, {"/v1/runs", `"x"`, body},
		{"/v1/runs", `{"phone":1}`, `"phone" in the body must not be a number`},
		{"/v1/runs", `{"phones":"x"}`, `the body cannot be read: unknown field "phones"`},
		{"/v1/runs", `{"phone":"x"}{}`, "the body has more than one object"},
		{"/v1/runs", `{"phone":"` + strings.Repeat("x", mostBody) + `"}`, "the body has more than 65536 bytes"},
		{"/v1/runs?%zz=1", "GET", "what stands after the ? cannot be read"}, {"/v1/log?a;level=warn", "GET", "what stands after the ? cannot be read"},
		{"/v1/runs?outcome=good", "GET", "outcome must be backed-up, failed, cancelled, interrupted or skipped"},
		{"/v1/log?level=loud", "GET", "level must be debug, info, warn or error"},
	} {
		raw := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: homeport\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", tt.path, len(tt.body), tt.body)
		if tt.body == "GET" {
			raw = get(tt.path, "homeport")
		}
		code, _, answer := send(t, st.dialControl(t), raw)
		var told errorBody
		if err := json.Unmarshal([]byte(answer), &told); err != nil || code < 400 || code > 499 || !strings.HasPrefix(told.Error.Message, tt.want) {
			t.Errorf("%s %.60s: %d %.200s", tt.path, tt.body, code, answer)
		}
	}
	if st.started.Load()+st.asked.Load() != 0 {
		t.Error("the agent was asked")
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
	if code, h, _ := browser(t, p.URL, cookie); code != http.StatusSeeOther || h.Get("Location") != "/" || h.Get("Set-Cookie") != "" {
		t.Errorf("the used key, from a browser that has seen the page: %d %v", code, h)
	}
	code, h, body := browser(t, "http://"+u.Host+"/", "Accept: text/html")
	if code != http.StatusUnauthorized || !strings.Contains(body, "homeport open") {
		t.Errorf("without a key: %d %s", code, body)
	}
	for _, path := range []string{"/nowhere?x=%3Cscript%3E", "/x//y", "/?key=%3Cscript%3E"} {
		code, h, body := browser(t, "http://"+u.Host+path, "Accept: text/html")
		if code < 400 || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || strings.Contains(body, "script") {
			t.Errorf("a person at %s: %d %s", path, code, body)
		}
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

// TestIdleConnectionsMakeRoom opens many more connections than there is room for, and says
// nothing on them: whoever asks something is answered, and what was open first was closed.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	var idle []net.Conn
	for i := range 3 * mostConnections {
		c := st.dialControl(t)
		if i%2 == 0 {
			_, _ = io.WriteString(c, "GET /v1/status HTTP/1.1\r\nHo") // and never the rest
		}
		idle = append(idle, c)
	}
	for range 3 {
		if _, err := NewClient(st.dir).Status(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	must(t, idle[0].SetReadDeadline(time.Now().Add(waitMost)))
	_, err := idle[0].Read(make([]byte, 1))
	if late, ok := errors.AsType[net.Error](err); err == nil || ok && late.Timeout() {
		t.Errorf("the first one is still open: %v", err)
	}
}

// TestAnswersKeepTheirPlaces fills a server with requests that are being answered: one
// more waits, and none of them is cut off.
func TestAnswersKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	opts := st.options()
	hold, held := make(chan struct{}), make(chan struct{}, mostConnections)
	opts.Snapshot = func(context.Context) Snapshot {
		held <- struct{}{}
		<-hold
		return example()
	}
	server := NewServer(opts)
	defer server.Close()
	l, err := Listen(st.dir, nil)
	must(t, err)
	must(t, server.Serve(l))
	answers := make(chan error, mostConnections)
	for range mostConnections {
		go func() {
			_, err := NewClient(st.dir).Status(t.Context())
			answers <- err
		}()
	}
	for range mostConnections {
		<-held
	}
	one := make(chan error, 1)
	go func() {
		_, err := NewClient(st.dir).Status(t.Context())
		one <- err
	}()
	select {
	case err := <-one:
		t.Errorf("one more was answered: %v", err)
	case <-held:
		t.Error("one more was let in")
	case <-time.After(100 * time.Millisecond): // it waits
	}
	close(hold)
	for range mostConnections {
		must(t, <-answers)
	}
	must(t, <-one)
}
