package notices

import (
	"context"
	"net/url"
	"strings"
)

// Signal is what a healthcheck is told.
type Signal string

// The signals, as healthchecks.io has them at the end of its address.
const (
	Began Signal = "/start" // a backup began
	Went  Signal = ""       // it is done
	Broke Signal = "/fail"  // there is none
	Noted Signal = "/log"   // nothing changes
)

// mostPing bounds the text of a ping, in runes.
const mostPing = 2000

// Ping tells a healthcheck address how a backup goes, with a short text for its log, by POST.
func (o *Outbox) Ping(address string, s Signal, text string) {
	target := withSignal(address, s)
	body := []byte(clean(text, mostPing))
	o.put(letter{what: "healthcheck", send: func(ctx context.Context, _ int) error {
		return post(ctx, target, "text/plain; charset=utf-8", body)
	}})
}

// PingNow sends one ping at once, and once.
func PingNow(ctx context.Context, address string, s Signal, text string) error {
	defer client.CloseIdleConnections()
	return post(ctx, withSignal(address, s), "text/plain; charset=utf-8", []byte(clean(text, mostPing)))
}

// withSignal puts a signal at the end of the path, before a query.
func withSignal(address string, s Signal) string {
	u, err := url.Parse(address)
	if err != nil || s == "" {
		return address
	}
	u.Path = strings.TrimRight(u.Path, "/") + string(s)
	u.RawPath = ""
	return u.String()
}
