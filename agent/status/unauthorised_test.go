package status

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// request is one of the list: what is sent, with {host}, {port}, {secret} and {key}
// in the place of the real ones.
type request struct{ name, raw string }

// get is a request with which nothing is wrong, but for what is put in its place.
func get(path, host string, headers ...string) string {
	raw := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n"
	for _, h := range headers {
		raw += h + "\r\n"
	}
	return raw + "\r\n"
}

const goodCookie = "Cookie: homeport-{port}={secret}"

// toPage are requests that the page must refuse. Each has one thing wrong, and all else
// right: the cookie of a visitor, or a key.
func toPage() []request {
	list := []request{
		{"no Host", "GET /v1/status HTTP/1.1\r\n" + goodCookie + "\r\n\r\n"},
		{"no Host, HTTP/1.0", "GET /v1/status HTTP/1.0\r\n" + goodCookie + "\r\n\r\n"},
		{"two Hosts", get("/v1/status", "{host}", "Host: evil.example", goodCookie)},
		{"address of another host", get("http://evil.example/v1/status", "{host}", goodCookie)},
		{"address of the page for another host", get("http://{host}/v1/status", "evil.example", goodCookie)},
		{"address in full", get("http://{host}/v1/status", "{host}", goodCookie)},
		{"forwarded host", get("/v1/status", "evil.example", "X-Forwarded-Host: {host}", goodCookie)},
		{"key to another host", get("/?key={key}", "evil.example:{port}")},
		{"key from another site", get("/?key={key}", "{host}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate")},
		{"key with another origin", get("/?key={key}", "{host}", "Origin: http://evil.example")},
		{"key by POST", "POST /?key={key} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"},
		{"key by HEAD", strings.Replace(get("/?key={key}", "{host}"), "GET", "HEAD", 1)},
		{"key by a prefetch", get("/?key={key}", "{host}", "Sec-Purpose: prefetch;prerender")},
		{"key on another address", get("/v1/status?key={key}", "{host}")},
		{"key on the script", get("/app.js?key={key}", "{host}")},
		{"two keys", get("/?key=wrong&key={key}", "{host}")},
		{"key and more", get("/?key={key}&next=http://evil.example", "{host}")},
		{"key in capitals of its name", get("/?KEY={key}", "{host}")},
		{"key as a header", get("/", "{host}", "Authorization: Bearer {key}")},
		{"wrong key", get("/?key=AAAAAAAAAAAAAAAAAAAAAAAAAA", "{host}")},
		{"half a key", get("/?key={half}", "{host}")},
		{"empty key", get("/?key=", "{host}")},
		{"used key", get("/?key={used}", "{host}")},
		{"secret as a key", get("/?key={secret}", "{host}")},
		{"key as a secret", get("/v1/status", "{host}", "Cookie: homeport-{port}={key}")},
		{"no cookie", get("/v1/status", "{host}")},
		{"no cookie for the page", get("/", "{host}")},
		{"no cookie for the script", get("/app.js", "{host}")},
		{"no cookie for events", get("/v1/events", "{host}", "Accept: text/event-stream")},
		{"no cookie for the description", get("/v1/openapi.json", "{host}")},
		{"empty cookie", get("/v1/status", "{host}", "Cookie: homeport-{port}=")},
		{"wrong cookie", get("/v1/status", "{host}", "Cookie: homeport-{port}=AAAAAAAAAAAAAAAAAAAAAAAAAA")},
		{"half a cookie", get("/v1/status", "{host}", "Cookie: homeport-{port}={halfsecret}")},
		{"cookie and more", get("/v1/status", "{host}", "Cookie: homeport-{port}={secret}A")},
		{"cookie in small letters", get("/v1/status", "{host}", "Cookie: homeport-{port}={lowsecret}")},
		{"cookie of another port", get("/v1/status", "{host}", "Cookie: homeport-1={secret}")},
		{"cookie of another name", get("/v1/status", "{host}", "Cookie: homeport={secret}")},
		{"cookie twice", get("/v1/status", "{host}", "Cookie: homeport-{port}=wrong; homeport-{port}={secret}")},
		{"two cookie headers", get("/v1/status", "{host}", goodCookie, "Cookie: homeport-{port}=wrong")},
		{"hash as a cookie", get("/v1/status", "{host}", "Cookie: homeport-{port}={hashsecret}")},
		{"secret as bearer", get("/v1/status", "{host}", "Authorization: Bearer {secret}")},
		{"secret as basic", get("/v1/status", "{host}", "Authorization: Basic c3RhdHVzOlNFQ1JFVA==")},
		{"a body", "GET /v1/status HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\nContent-Length: 2\r\n\r\n{}"},
		{"a chunked body", "GET /v1/status HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
		{"two lengths", "GET /v1/status HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\nContent-Length: 0\r\nContent-Length: 2\r\n\r\n{}"},
		{"length and chunks", "GET /v1/status HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
		{"to a web socket", get("/v1/events", "{host}", goodCookie, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")},
		{"to HTTP/2", get("/v1/status", "{host}", goodCookie, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")},
		{"HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("x", 200)},
		{"a large header", get("/v1/status", "{host}", goodCookie, "X-Large: "+strings.Repeat("x", 40<<10))},
		{"a large address", get("/v1/status?x="+strings.Repeat("x", 40<<10), "{host}", goodCookie)},
		{"many headers", get("/v1/status", "{host}", goodCookie, strings.Repeat("X-Many: x\r\n", 4000)+"X: y")},
		{"a folded header", get("/v1/status", "{host}", "Cookie: \r\n homeport-{port}={secret}", "X y: z")},
		{"no version", "GET /v1/status\r\n\r\n"},
		{"star", "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\n\r\n"},
		{"preflight", "OPTIONS /v1/status HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: GET\r\n\r\n"},
		{"start over the page", "POST /v1/runs HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"phone\":\"\"}"},
		{"cancel over the page", "DELETE /v1/runs/" + annaUDID + " HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\n\r\n"},
		{"reload over the page", "POST /v1/config/reload HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\nContent-Length: 0\r\n\r\n"},
		{"a key over the page", "POST /v1/page HTTP/1.1\r\nHost: {host}\r\n" + goodCookie + "\r\nContent-Length: 0\r\n\r\n"},
		{"reload by GET", get("/v1/config/reload", "{host}", goodCookie)},
		{"a key by GET", get("/v1/page", "{host}", goodCookie)},
		{"a filter that is none", get("/v1/runs?phnoe=x", "{host}", goodCookie)},
	}
	for _, host := range []string{
		"127.0.0.1", "127.0.0.1:1", "localhost:{port}", "LOCALHOST:{port}", "localhost", "evil.example", "evil.example:{port}", "rebind.evil.example:{port}",
		"[::1]:{port}", "[::ffff:127.0.0.1]:{port}", "[::ffff:7f00:1]:{port}", "127.1:{port}", "0.0.0.0:{port}", "2130706433:{port}", "0x7f.0.0.1:{port}", "0177.0.0.1:{port}",
		"127.0.0.1.:{port}", "127.0.0.1.nip.io:{port}", "127.0.0.1:0{port}", "127.0.0.1:{port}.evil.example", "user@127.0.0.1:{port}", "127.0.0.1:{port}@evil.example", "127.0.0.2:{port}", "",
	} {
		list = append(list, request{"Host " + host, get("/v1/status", host, goodCookie)})
	}
	for _, origin := range []string{
		"http://evil.example", "null", "https://{host}", "http://127.0.0.1", "http://localhost:{port}", "http://{host}.evil.example", "http://127.0.0.1:1",
		"http://{host}/", "HTTP://{host}", "file://", "chrome-extension://abcdefgh", "http://{host}, http://evil.example", "http://{host}\r\nOrigin: http://evil.example",
		"http://{host}\r\nOrigin: http://{host}", "",
	} {
		list = append(list, request{"Origin " + origin, get("/v1/status", "{host}", "Origin: "+origin, goodCookie)})
	}
	for _, site := range []string{"cross-site", "same-site", "x", "none\r\nSec-Fetch-Site: cross-site", "same-origin, cross-site"} {
		list = append(list, request{"from " + site, get("/v1/status", "{host}", "Sec-Fetch-Site: "+site, goodCookie)})
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "GETX"} {
		list = append(list, request{"method " + method, strings.Replace(get("/v1/status", "{host}", goodCookie), "GET ", method+" ", 1)})
	}
	for _, path := range []string{
		"/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..\\..\\windows\\win.ini", "//v1/status", "/v1//status", "/v1/./status",
		"/v1/status/", "/v1/%73tatus", "/V1/status", "/v1/status;x=y", "/v1/status%00", "/app.js/../web.go", "/web.go", "/.git/config", "/v1/phones/../status",
		"/v1/phones/%2e%2e", "/v1/phones/x%2fy", "/index.html", "/style.css.map", "/debug/pprof/", "/metrics", "/v1", "/v1/", "v1/status", "?x",
	} {
		list = append(list, request{"path " + path, get(path, "{host}", goodCookie)})
	}
	return list
}

// toControl are requests that the control socket must refuse, though its owner sends
// them.
func toControl() []request {
	post := func(path, kind, body string, headers ...string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: homeport\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s", path, kind, len(body), strings.Join(append(headers, ""), "\r\n"), body)
	}
	const ask, kind = `{"phone":"` + annaUDID + `"}`, "application/json"
	return []request{
		{"Origin", post("/v1/runs", kind, ask, "Origin: http://evil.example")},
		{"empty Origin", post("/v1/runs", kind, ask, "Origin: ")},
		{"Referer", post("/v1/runs", kind, ask, "Referer: http://evil.example/")},
		{"Cookie", post("/v1/runs", kind, ask, "Cookie: a=b")},
		{"Sec-Fetch-Site", post("/v1/runs", kind, ask, "Sec-Fetch-Site: none")},
		{"Sec-Fetch-Mode", post("/v1/runs", kind, ask, "Sec-Fetch-Mode: no-cors")},
		{"text", post("/v1/runs", "text/plain", ask)},
		{"a form", post("/v1/runs", "application/x-www-form-urlencoded", "phone="+annaUDID)},
		{"no kind", post("/v1/runs", "", ask)},
		{"too much", post("/v1/runs", kind, `{"phone":"`+strings.Repeat("x", mostBody)+`"}`)},
		{"another field", post("/v1/runs", kind, `{"phone":"`+annaUDID+`","phnoe":"x"}`)},
		{"no JSON", post("/v1/runs", kind, "phone")},
		{"a list", post("/v1/runs", kind, "["+ask+"]")},
		{"two objects", post("/v1/runs", kind, ask+ask)},
		{"nothing", post("/v1/runs", kind, "")},
		{"start by PUT", strings.Replace(post("/v1/runs", kind, ask), "POST", "PUT", 1)},
		{"cancel all", "DELETE /v1/runs HTTP/1.1\r\nHost: homeport\r\n\r\n"},
		{"cancel nobody", "DELETE /v1/runs/ HTTP/1.1\r\nHost: homeport\r\n\r\n"},
		{"path", "DELETE /v1/phones/../runs/" + annaUDID + " HTTP/1.1\r\nHost: homeport\r\n\r\n"},
		{"coded path", "DELETE /v1/runs/%30%30008120-000A1B2C3D4E5F60 HTTP/1.1\r\nHost: homeport\r\n\r\n"},
		{"page by GET", get("/v1/page", "homeport")},
		{"the page's files", get("/", "homeport")},
		{"the script", get("/app.js", "homeport")},
		{"a large header", get("/v1/status", "homeport", "X-Large: "+strings.Repeat("x", 40<<10))},
	}
}

// fill puts the real ones in.
func fill(raw string, real map[string]string) string {
	var pairs []string
	for name, value := range real {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(raw)
}

// send sends a request as it is and reads the answer. A connection that is closed
// without one refuses too.
func send(t *testing.T, c net.Conn, raw string) (code int, header http.Header, body string) {
	t.Helper()
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(waitMost)))
	_, _ = io.WriteString(c, raw) // it may be closed before the end of a large one
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // whoever waits for more waits in vain
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Fatalf("no answer to %.80q: %v", raw, err)
		}
		return 0, http.Header{}, ""
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, resp.Header, string(data)
}

func refused(code int) bool {
	return code == 0 || code >= 400 && code < 500 || code == http.StatusNotImplemented || code == 505
}

// TestUnauthorised sends the page and the control socket what they must refuse: each
// request is, and nothing was shown, done or used up by all of them.
func TestUnauthorised(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	st.control(t)
	used, err := st.server.OpenPage()
	must(t, err)
	u, err := url.Parse(used.URL)
	must(t, err)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", u.Host)
		must(t, err)
		return c
	}
	secret := enter(t, dial, u)
	fresh, err := st.server.OpenPage()
	must(t, err)
	good, err := url.Parse(fresh.URL)
	must(t, err)
	key := good.Query().Get(keyName)
	real := map[string]string{
		"host": u.Host, "port": u.Port(), "secret": secret, "key": key, "used": u.Query().Get(keyName), "half": key[:13],
		"halfsecret": secret[:len(secret)-1], "lowsecret": strings.ToLower(secret), "hashsecret": hashOf(secret),
	}
	if code, _, _ := send(t, dial(), fill(get("/v1/status", "{host}", goodCookie), real)); code != http.StatusOK {
		t.Fatalf("the good one was answered with %d", code)
	}
	before := st.acts()
	codes := map[int]int{}
	page, control := toPage(), toControl()
	for _, r := range page {
		code, header, body := send(t, dial(), fill(r.raw, real))
		codes[code]++
		if !refused(code) || strings.Contains(body, "Anna") || header.Get("Set-Cookie") != "" || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("page, %s: answered with %d: %.200s", r.name, code, body)
		}
	}
	for _, r := range control {
		code, _, body := send(t, st.dialControl(t), r.raw)
		codes[code]++
		if !refused(code) || strings.Contains(body, "Anna") {
			t.Errorf("control, %s: answered with %d: %.200s", r.name, code, body)
		}
	}
	if n := st.acts() - before; n != 0 {
		t.Errorf("the agent was asked %d times", n)
	}
	if code, header, _ := send(t, dial(), fill(get("/?key={key}", "{host}"), real)); code != http.StatusSeeOther || header.Get("Set-Cookie") == "" {
		t.Errorf("the key was used up: %d", code)
	}
	if code, _, _ := send(t, dial(), fill(get("/v1/status", "{host}", goodCookie), real)); code != http.StatusOK {
		t.Errorf("the visitor is not known any more: %d", code)
	}
	t.Logf("%d requests to the page and %d to the control socket were refused: by status, %v", len(page), len(control), codes)
	if len(page)+len(control) < 60 {
		t.Error("the list has become too short")
	}
}

// enter uses a key as a browser does, and gives the secret of the cookie.
func enter(t *testing.T, dial func() net.Conn, u *url.URL) string {
	t.Helper()
	code, header, body := send(t, dial(), get(u.RequestURI(), u.Host, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Accept: text/html"))
	if code != http.StatusSeeOther || header.Get("Location") != "/" || body != "" {
		t.Fatalf("with the key: %d, %v %s", code, header, body)
	}
	cookie, err := http.ParseSetCookie(header.Get("Set-Cookie"))
	must(t, err)
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || len(cookie.Value) < 26 {
		t.Errorf("cookie %+v", cookie)
	}
	return cookie.Value
}
