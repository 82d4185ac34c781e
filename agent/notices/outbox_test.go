package notices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const key = "k3y-that-nobody-sees"

// server is a web server that keeps what it was sent, and answers as it is told.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string // "PATH BODY"
	answer func(w http.ResponseWriter, r *http.Request)
	came   chan struct{}
}

func newServer(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{answer: answer, came: make(chan struct{}, 1000)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		s.mu.Unlock()
		if s.answer != nil {
			s.answer(w, r)
		}
		s.came <- struct{}{}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) wait(t *testing.T, n int) []string {
	t.Helper()
	for range n {
		select {
		case <-s.came:
		case <-time.After(20 * time.Second):
			t.Fatalf("only %d came", len(s.got))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// errs gathers what an outbox could not do.
type errs struct {
	mu   sync.Mutex
	list []error
}

func (e *errs) add(err error) { e.mu.Lock(); defer e.mu.Unlock(); e.list = append(e.list, err) }

func (e *errs) all() []error { e.mu.Lock(); defer e.mu.Unlock(); return e.list }

func TestWebhook(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	var bad errs
	o := NewOutbox(bad.add)
	event := map[string]any{
		"event": "failed", "phone": map[string]any{"udid": anna, "name": "Anna's iPhone"}, "cause": "host-disk-full",
		"message": "about " + strings.ToLower(anna) + " <b>", "evidence": map[string]any{"path": "/b/" + strings.ReplaceAll(anna, "-", "")},
		"result": map[string]any{"path": "/b/x", "bytes": 49_800_000_000},
		"error":  map[string]any{"exitCode": 3, "evidence": map[string]any{"when": "before", "output": []string{"token=" + key}}},
	}
	if err := o.Webhook(s.URL+"/"+key, event, anna, "the disk is full", []string{"Free some space."}); err != nil {
		t.Fatal(err)
	}
	method, rest, _ := strings.Cut(s.wait(t, 1)[0], " ")
	path, body, _ := strings.Cut(rest, " ")
	o.Close()
	if method != "POST" || path != "/"+key || strings.Contains(strings.ToLower(body), "00008110") {
		t.Errorf("got %s %s %s", method, path, body)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	id := PhoneID(anna)
	want := map[string]any{
		"event": "failed", "phone": map[string]any{"id": id, "name": "Anna's iPhone"}, "cause": "host-disk-full",
		"message": "about " + id + " <b>", "evidence": map[string]any{"path": "/b/" + id}, "result": map[string]any{"bytes": 49_800_000_000.0},
		"error":    map[string]any{"exitCode": 3.0, "evidence": map[string]any{"when": "before"}},
		"sentence": "the disk is full", "remedy": []any{"Free some space."},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(bad.all()) > 0 {
		t.Error(diff, bad.all())
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	var bad errs
	o := NewOutbox(bad.add)
	o.Ping(s.URL+"/ping/"+key, Began, "")
	o.Ping(s.URL+"/ping/"+key+"/?a=b", Broke, "Anna's iPhone:\x1b the disk is full")
	o.Ping(s.URL+"/ping/"+key, Went, "12 files")
	got := s.wait(t, 3)
	o.Close()
	want := []string{"POST /ping/" + key + "/start ", "POST /ping/" + key + "/fail?a=b Anna's iPhone: the disk is full", "POST /ping/" + key + " 12 files"}
	if diff := cmp.Diff(want, got); diff != "" || len(bad.all()) > 0 {
		t.Error(diff, bad.all())
	}
}

// TestNoErrorNamesTheKey has requests fail in many ways.
func TestNoErrorNamesTheKey(t *testing.T) {
	t.Parallel()
	other := newServer(t, nil)
	away := httptest.NewServer(nil)
	away.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	tests := map[string]struct {
		address string
		says    string
	}{
		"not found": {newServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound); fmt.Fprint(w, key) }).URL + "/" + key, "the server answered 404"},
		"another host": {newServer(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/"+key, http.StatusTemporaryRedirect)
		}).URL + "/" + key, "sends on to another address"},
		"without an end": {newServer(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+key+"x", http.StatusTemporaryRedirect)
		}).URL + "/" + key, "sends on to another address"},
		"to a page": {newServer(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				http.Redirect(w, r, "/"+key, http.StatusFound)
			}
		}).URL + "/a", "sends on to another address"},
		"nobody there": {away.URL + "/" + key, "refused"},
		"a false name": {secure.URL + "/" + key, "certificate"},
		"no HTTP":      {newServer(t, func(w http.ResponseWriter, _ *http.Request) { hang(w) }).URL + "/" + key, ""},
		"no address":   {"http://[" + key, "not one"},
		"a wrong redirect": {newServer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://%zz"+key)
			w.WriteHeader(http.StatusFound)
		}).URL, ""},
	}
	for name, tt := range tests {
		err := post(t.Context(), tt.address, "text/plain", []byte("x"))
		if err == nil || strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(other.got) > 0 {
		t.Errorf("what was for one host came to another: %v", other.got)
	}
	good := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Redirect(w, r, "/b", http.StatusPermanentRedirect)
		}
	})
	if err := post(t.Context(), good.URL+"/a", "text/plain", []byte("x")); err != nil {
		t.Errorf("a redirect on the same host: %v", err)
	}
	client.CloseIdleConnections()
}

// hang ends a connection in the middle of an answer.
func hang(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_, _ = io.WriteString(conn, "SSH-2.0 "+key)
		_ = conn.Close()
	}
}

// TestOutboxTries lets sends fail on a bubble's clock.
func TestOutboxTries(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fails int
		with  error
		tries int
		told  int
	}{
		"at once":        {0, nil, 1, 0},
		"at last":        {3, errors.New("busy"), 4, 0},
		"never":          {9, errors.New("busy"), 4, 1},
		"not wanted":     {9, statusError(404), 1, 1},
		"too many":       {2, statusError(429), 3, 0},
		"its own fault":  {9, statusError(503), 4, 1},
		"somewhere else": {9, errElsewhere, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			var bad errs
			o := NewOutbox(bad.add)
			tries := 0
			o.put(letter{"webhook", func(context.Context, int) error {
				if tries++; tries <= tt.fails {
					return tt.with
				}
				return nil
			}})
			time.Sleep(5 * time.Minute) // the bubble's clock
			o.Close()
			if tries != tt.tries || len(bad.all()) != tt.told {
				t.Errorf("%s: %d tries, told %v", name, tries, bad.all())
			}
		})
	}
}

// TestOutboxIsBounded has a server that takes nothing, and more letters than wait.
func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bad errs
		o := NewOutbox(bad.add)
		block := make(chan struct{})
		o.put(letter{"webhook", func(context.Context, int) error { <-block; return nil }})
		synctest.Wait()
		first, drops := -1, 0
		for i := range 3 * outboxQueue {
			o.put(letter{"webhook", func(_ context.Context, dropped int) error {
				if first < 0 {
					first, drops = i, dropped
				} else if dropped > 0 {
					t.Errorf("letter %d counts %d dropped", i, dropped)
				}
				return nil
			}})
		}
		close(block)
		synctest.Wait()
		if first != 2*outboxQueue || drops != 2*outboxQueue {
			t.Errorf("the first of the others is %d, and %d were dropped", first, drops)
		}
		o.Close()
	})
}

// TestOutboxClosesSoon has a server that does not answer, and letters that wait.
func TestOutboxClosesSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bad errs
		o := NewOutbox(bad.add)
		tries := 0
		for range 5 {
			o.put(letter{"webhook", func(ctx context.Context, _ int) error { tries++; <-ctx.Done(); return ctx.Err() }})
		}
		o.put(letter{"webhook", func(context.Context, int) error { panic("in a letter") }})
		synctest.Wait()
		begun := time.Now()
		o.Close()
		if took := time.Since(begun); took > lastGrace {
			t.Errorf("it took %v", took)
		}
		if tries == 0 || len(bad.all()) == 0 {
			t.Error("nothing was tried, or nothing told")
		}
	})
}
