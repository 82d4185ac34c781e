package status

import (
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
)

// controlGuard admits to the control socket what a program of its owner sends. Nobody
// else can connect; so all that is left to refuse is a browser, which could only be
// there through some program that hands requests on.
func controlGuard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case fromBrowser(r):
			refuse(w, http.StatusForbidden, "the control socket is not for browsers")
		case !plainPath(r):
			refuse(w, http.StatusNotFound, "there is no such address here")
		case r.ContentLength != 0 && !isJSON(r):
			refuse(w, http.StatusUnsupportedMediaType, "the body must be application/json")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, mostBody)
			h.ServeHTTP(w, r)
		}
	})
}

// fromBrowser reports whether a request has what only browsers send.
func fromBrowser(r *http.Request) bool {
	for _, name := range []string{"Origin", "Referer", "Cookie", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
		if len(r.Header.Values(name)) > 0 {
			return true
		}
	}
	return false
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// plainPath reports whether a path is written as we write ours: nothing in it leads
// elsewhere, in any spelling.
func plainPath(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasPrefix(p, "/") && path.Clean(p) == p && r.URL.Opaque == "" && r.URL.EscapedPath() == p &&
		!strings.ContainsAny(p, "\\%;\x00")
}

// The policy under which the page runs: its own files, and nothing from elsewhere.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

// secure sets what every answer of the page's listener says, also a refusal.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
}

// pageGuard admits to the page what a visitor's own browser asks of it: to this very
// address, from this very page or from nowhere, to read, with the visitor's cookie. host
// is the address as a browser spells it, "127.0.0.1:4711".
//
// Another user is refused where the system tells who it is.
//
// A web page elsewhere cannot come through: its requests name another origin; with a
// name that was made to lead here (DNS rebinding) they name another host; and the cookie
// is not sent with them.
func pageGuard(host string, p *page, others *neighbours, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		switch {
		case others.sent(r):
			turnAway(w, r, http.StatusForbidden, "another user of this computer asks for it")
		case r.Host != host || r.URL.Host != "" || r.URL.Scheme != "":
			turnAway(w, r, http.StatusForbidden, "this is not the address of the page")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			turnAway(w, r, http.StatusMethodNotAllowed, "the page only shows")
		case !ownOrigin(r, "http://"+host):
			turnAway(w, r, http.StatusForbidden, "another site asks for it")
		case r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Header.Get("Upgrade") != "" || r.Header.Get("Expect") != "":
			turnAway(w, r, http.StatusBadRequest, "nothing is sent to the page")
		case !plainPath(r):
			turnAway(w, r, http.StatusNotFound, "there is no such address here")
		default:
			p.admit(w, r, h)
		}
	})
}

// ownOrigin reports whether a request comes from the page itself, or from no page at
// all, as when an address is typed. Every one of several headers must say so.
func ownOrigin(r *http.Request, origin string) bool {
	elsewhere := func(s string) bool { return s != "same-origin" && s != "none" }
	return !slices.ContainsFunc(r.Header.Values("Origin"), func(s string) bool { return s != origin }) &&
		!slices.ContainsFunc(r.Header.Values("Sec-Fetch-Site"), elsewhere) &&
		len(r.Header.Values("Origin")) < 2 && len(r.Header.Values("Sec-Fetch-Site")) < 2
}
