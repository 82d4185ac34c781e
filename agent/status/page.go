package status

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"homeport/agent/status/web"
)

// page is the status page's side of the server: where it listens, and who may see it.
type page struct {
	visitors *visitors
	keep     keeper

	mu   sync.Mutex
	host string // where it listens; "" while it is off
}

func newPage(dir string) *page {
	p := &page{keep: keeper{dir}}
	p.visitors = newVisitors(p.keep.read().Visitors)
	return p
}

// OpenPage lets the page be seen, and answers where, with a key that opens it once. The
// page listens on this computer only, from its first call until Close, if it can on the
// port that it had before.
func (s *Server) OpenPage() (Page, error) {
	host, err := s.listenPage()
	if err != nil {
		return Page{}, err
	}
	key, expires := s.page.visitors.invite(time.Now())
	return Page{URL: "http://" + host + "/?" + url.Values{keyName: {key}}.Encode(), Expires: expires}, nil
}

// PageAddress is where the page listens, as "127.0.0.1:4711", or "" while it is off.
func (s *Server) PageAddress() string {
	s.page.mu.Lock()
	defer s.page.mu.Unlock()
	return s.page.host
}

// ShowPage is OpenPage without a key: those who have seen it before can again.
func (s *Server) ShowPage() error {
	_, err := s.listenPage()
	return err
}

func (s *Server) listenPage() (host string, err error) {
	p := s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.host != "" {
		return p.host, nil
	}
	l, err := listenLoopback(p.keep.read().Port)
	if err != nil {
		return "", fmt.Errorf("open status page: %w", err)
	}
	host = l.Addr().String()
	if err := s.serve(l, pageGuard(host, p, newNeighbours(s.fault), s.pageRoutes())); err != nil {
		return "", err
	}
	p.host = host
	p.visitors.changed = func(list []visitor) { p.save(portOf(l.Addr()), list) }
	p.visitors.tellChanged()
	return host, nil
}

// listenLoopback listens on this computer only: on the port that is wanted, or on any.
// A computer without IPv4 has the address of IPv6.
func listenLoopback(port int) (net.Listener, error) {
	var errs []error
	for _, address := range []string{"127.0.0.1", "::1"} {
		for _, try := range []int{port, 0} {
			l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(try)))
			if err == nil {
				return l, nil
			}
			errs = append(errs, err)
		}
	}
	return nil, errors.Join(errs...)
}

func portOf(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// save remembers the port and the visitors. Where that cannot be, a new start of the
// program asks for a new key.
func (p *page) save(port int, list []visitor) { _ = p.keep.write(kept{Port: port, Visitors: list}) }

const (
	keyName   = "key"
	keyNeeded = "a key is needed; homeport open has one"
)

// cookieName is that of the cookie of the page at host. A browser sends the cookies of
// one port to every other; so two pages on one computer have different ones.
func cookieName(host string) string {
	_, port, _ := net.SplitHostPort(host)
	return "homeport-" + port
}

// admit lets in who has the cookie, and gives one to who has a key. A key is taken out
// of the address at once, so that it stays in no history and on no screen.
func (p *page) admit(w http.ResponseWriter, r *http.Request, h http.Handler) {
	now := time.Now()
	cookies := r.CookiesNamed(cookieName(r.Host))
	known := len(cookies) == 1 && p.visitors.known(cookies[0].Value, now)
	if r.URL.RawQuery == "" || r.URL.Path != "/" {
		if !known {
			turnAway(w, r, http.StatusUnauthorized, keyNeeded)
			return
		}
		h.ServeHTTP(w, r)
		return
	}
	secret, ok := p.keyOf(r, now)
	if !ok && !known { // a known visitor may open an old address again
		turnAway(w, r, http.StatusUnauthorized, keyNeeded)
		return
	}
	if ok {
		http.SetCookie(w, &http.Cookie{
			Name: cookieName(r.Host), Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(visitAge.Seconds()),
		})
	}
	w.Header().Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

// keyOf takes the key of a request that wants to see the page now: one that only looks
// ahead, as previews of links do, uses none up.
func (p *page) keyOf(r *http.Request, now time.Time) (secret string, ok bool) {
	query := r.URL.Query()
	ahead := len(r.Header.Values("Sec-Purpose"))+len(r.Header.Values("Purpose")) > 0
	if r.Method != http.MethodGet || ahead || len(query) != 1 || len(query[keyName]) != 1 {
		return "", false
	}
	return p.visitors.enter(query.Get(keyName), now)
}

// turnAway refuses: to a person with a page that says how to come in, to a program as
// every other error is told.
func turnAway(w http.ResponseWriter, r *http.Request, code int, message string) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		refuse(w, code, message)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, turnedAway, message)
	}
}

// turnedAway has one place for a message, which is always one of ours.
const turnedAway = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Homeport</title></head>
<body><h1>The status page opens with a key</h1>
<p>To see it, run in a terminal of this computer: <code>homeport open</code></p>
<p>A key opens the page once, and for a few minutes. A browser that has seen the page may come back for 30 days.</p>
<p><small>Why this was not answered: %s.</small></p></body></html>
`

// pageKinds are what the page is made of.
var pageKinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
}

// pageFiles are the files of the page by their address.
func pageFiles() map[string]pageFile {
	files := map[string]pageFile{}
	list, _ := fs.ReadDir(web.Files(), ".") // embedded: it cannot fail
	for _, e := range list {
		data, err := fs.ReadFile(web.Files(), e.Name())
		kind, known := pageKinds[path.Ext(e.Name())]
		if err != nil || !known {
			continue
		}
		address := "/" + e.Name()
		if e.Name() == "index.html" {
			address = "/{$}"
		}
		files[address] = pageFile{kind: kind, data: data}
	}
	return files
}

type pageFile struct {
	kind string
	data []byte
}

func (f pageFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.data)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.data)
	}
}
