package status

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Client asks the Homeport that keeps its state in one folder. Every error is
// ErrNotRunning when none does, a *RemoteError when it answered one, or else that of the
// connection.
type Client struct {
	http *http.Client
}

const (
	dialLimit   = 2 * time.Second
	answerLimit = 30 * time.Second // for what is not followed
	mostAnswer  = 64 << 20         // bytes
	mostEvent   = 16 << 20
)

// NewClient prepares a client of the state folder dir.
func NewClient(dir string) *Client {
	return &Client{&http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, dialLimit)
				defer cancel()
				return Dial(ctx, dir)
			},
			DisableKeepAlives: true, // a verb asks two or three times
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Status is the whole picture.
func (c *Client) Status(ctx context.Context) (s Snapshot, err error) {
	return s, c.ask(ctx, http.MethodGet, "/v1/status", nil, &s)
}

// Start begins a backup.
func (c *Client) Start(ctx context.Context, r StartRequest) (p Phone, err error) {
	return p, c.ask(ctx, http.MethodPost, "/v1/runs", r, &p)
}

// Cancel ends the backup of a phone.
func (c *Client) Cancel(ctx context.Context, udid string) (p Phone, err error) {
	return p, c.ask(ctx, http.MethodDelete, "/v1/runs/"+url.PathEscape(udid), nil, &p)
}

// Reload has the settings read again. Settings that are wrong are no error of asking:
// the answer tells them.
func (c *Client) Reload(ctx context.Context) (r Reloaded, err error) {
	return r, c.ask(ctx, http.MethodPost, "/v1/config/reload", nil, &r)
}

// Page opens the status page.
func (c *Client) Page(ctx context.Context) (p Page, err error) {
	return p, c.ask(ctx, http.MethodPost, "/v1/page", nil, &p)
}

// ask sends one request, and reads the answer into into.
func (c *Client) ask(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	resp, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return fmt.Errorf("ask Homeport: %w", err)
	}
	_, reloads := into.(*Reloaded)
	if resp.StatusCode >= 300 && (!reloads || resp.StatusCode != http.StatusUnprocessableEntity) {
		return remoteError(resp.StatusCode, data)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("ask Homeport: read its answer: %w", err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var send io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		send = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://homeport"+path, send)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if errors.Is(err, ErrNotRunning) {
		return nil, ErrNotRunning
	}
	if sent, ok := errors.AsType[*url.Error](err); ok {
		err = sent.Err // without the address, which nobody has typed
	}
	if err != nil {
		return nil, fmt.Errorf("ask Homeport: %w", err)
	}
	return resp, nil
}

func remoteError(code int, data []byte) error {
	var told errorBody
	if err := json.Unmarshal(data, &told); err != nil || told.Error.Message == "" {
		return fmt.Errorf("ask Homeport: it answered %d", code)
	}
	return &RemoteError{Status: code, Told: told.Error}
}

// Events calls hear with each event, the first of which is a "status", until ctx ends,
// hear answers an error, or the daemon does; subscribed, if not nil, is called once
// nothing can be missed any more. "lost" says that events were left out; a "status"
// follows.
func (c *Client) Events(ctx context.Context, subscribed func(), hear func(kind string, data []byte) error) error {
	resp, err := c.do(ctx, http.MethodGet, "/v1/events", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		data, _ := io.ReadAll(io.LimitReader(resp.Body, mostBody))
		return remoteError(resp.StatusCode, data)
	}
	if subscribed != nil {
		subscribed()
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 64<<10), mostEvent)
	kind := ""
	for lines.Scan() {
		name, value, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		switch string(name) {
		case "event":
			kind = string(value)
		case "data":
			if err := hear(kind, value); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("follow Homeport: %w", err)
	}
	return fmt.Errorf("follow Homeport: %w", io.ErrUnexpectedEOF)
}
