package simulator

import (
	"context"
	"errors"
	"io"
	"net"
)

// proxy is one connection to a notification proxy. Relays are queued, so that a host that does not read holds nobody up.
type proxy struct {
	observed map[string]bool // guarded by Phone.mu
	queue    chan string
}

// Notify posts a notification on the phone: every connected proxy that observes the name relays it.
func (p *Phone) Notify(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for each := range p.proxies {
		if !each.observed[name] {
			continue
		}
		select {
		case each.queue <- name:
		default: // the host does not read
		}
	}
}

// serveNotify speaks for one connection: Observe and Post are swallowed without an answer, Shutdown is answered with ProxyDeath.
func (p *Phone) serveNotify(ctx context.Context, conn net.Conn) error {
	each := &proxy{observed: map[string]bool{}, queue: make(chan string, 64)}
	p.mu.Lock()
	p.proxies[each] = struct{}{}
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	relayed := make(chan struct{})
	go func() {
		defer close(relayed)
		relay(ctx, conn, each.queue)
	}()
	defer func() {
		p.mu.Lock()
		delete(p.proxies, each)
		p.mu.Unlock()
		cancel()
		<-relayed
	}()
	for {
		message, err := readPlist(conn)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := text(message, "Name")
		p.logf("notify: %s %s", text(message, "Command"), name)
		switch text(message, "Command") {
		case "ObserveNotification":
			p.observe(each, name)
		case "PostNotification":
			p.posted(name)
		case "Shutdown":
			return writePlist(conn, map[string]any{"Command": "ProxyDeath"})
		}
	}
}

// observe adds a name, up to a number that no honest host reaches.
func (p *Phone) observe(each *proxy, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(each.observed) < 1000 {
		each.observed[name] = true
	}
}

// relay writes notifications as they come, until the connection or the queue's owner ends.
func relay(ctx context.Context, conn net.Conn, queue <-chan string) {
	for {
		select {
		case name := <-queue:
			if writePlist(conn, map[string]any{"Command": "RelayNotification", "Name": name}) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// posted is what a host's notification means to the phone: it is relayed to the other observers, as notifyd does.
func (p *Phone) posted(name string) {
	p.mu.Lock()
	p.counts.Posted = append(p.counts.Posted, name)
	if len(p.counts.Posted) > 1000 {
		p.counts.Posted = p.counts.Posted[1:]
	}
	p.mu.Unlock()
	p.Notify(name)
}
