package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/agent"
	"homeport/agent/notices"
	"homeport/backup"
	"homeport/cause"
	"homeport/configs"
)

// reader is somebody at the desktop, and a web server.
type reader struct {
	mu    sync.Mutex
	shown []string
	taken []string
	got   []string
}

func (r *reader) Show(_ context.Context, n notices.Notice) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown = append(r.shown, n.Title+"|"+n.Text)
	return nil
}

func (r *reader) Withdraw(_ context.Context, about string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = append(r.taken, about)
	return nil
}

func (r *reader) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, req.URL.Path+" "+string(body))
}

// TestHerald hands the events of two runs on, and looks at what came where.
func TestHerald(t *testing.T) {
	t.Parallel()
	var r reader
	web := httptest.NewServer(&r)
	defer web.Close()
	dir := t.TempDir()
	const key = "k3y-that-nobody-sees"
	cfg, err := configs.Load(configs.Options{File: os.DevNull, Flags: map[string]string{
		"log.dir": filepath.Join(dir, "logs"), "webhook": web.URL + "/hook/" + key, "healthcheck": web.URL + "/ping/" + key,
	}})
	must(t, err)
	a := &app{stdout: io.Discard, stderr: io.Discard, stateDir: dir, shower: &r}
	h := a.newHerald(func() configs.Config { return cfg }, true)
	phone := &agent.Phone{UDID: stageUDID, Name: "Anna's iPhone"}
	full := cause.New(cause.HostDiskFull, cause.Evidence{"need": cause.Bytes(621e8), "have": cause.Bytes(84e8), "missing": cause.Bytes(537e8), "udid": stageUDID}, nil)
	for _, e := range []agent.Event{
		{Kind: agent.Plugged, Phone: phone},
		{Kind: agent.Progress, Phone: phone, Run: "v1", Progress: &agent.RunProgress{Phase: backup.PhaseConnecting}},
		{Kind: agent.Waiting, Phone: phone, Run: "v1", Cause: cause.PasscodePromptUnanswered, Message: "enter the passcode on the iPhone now"},
		{Kind: agent.Progress, Phone: phone, Run: "v1", Progress: &agent.RunProgress{Phase: backup.PhasePasscode}},
		{Kind: agent.Progress, Phone: phone, Run: "v1", Progress: &agent.RunProgress{Phase: backup.PhaseReceiving}},
		{Kind: agent.Finished, Phone: phone, Run: "v1", Result: &agent.Result{Version: "v1", Files: 12, Bytes: 49e9, NewBytes: 1e9, Seconds: 60, Path: "/b/" + stageUDID}},
		{Kind: agent.Failed, Phone: phone, Cause: full.ID, Error: agent.NewFailure(full)},
		{Kind: agent.Failed, Phone: phone, Cause: cause.HostShutdown, Error: agent.NewFailure(cause.New(cause.HostShutdown, nil, nil))},
		{Kind: agent.Service, Message: "usbmuxd is there"},
	} {
		e.Time = time.Now()
		h.hear(e)
	}
	until(t, "the notices and posts", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.got) >= 9 && len(r.shown) >= 3
	})
	a.close()
	want := []string{
		"Passcode wanted|Enter the passcode on Anna's iPhone: the backup is waiting.",
		"Backed up: Anna's iPhone|12 files in 49 GB, 1 GB of it new, in 1 min.",
		"Not backed up: Anna's iPhone|The backup disk is too full",
	}
	for i, w := range want {
		if i >= len(r.shown) || !strings.HasPrefix(r.shown[i], w) {
			t.Errorf("shown %q", r.shown)
			break
		}
	}
	if want := "prompt " + stageUDID; !slices.Contains(r.taken, want) {
		t.Errorf("withdrawn %q, want %q", r.taken, want)
	}
	all := strings.Join(r.got, "\n")
	for _, w := range []string{
		"/ping/" + key + "/start Anna's iPhone\n", "/ping/" + key + " Anna's iPhone: 12 files, 49 GB, 1 GB new, version v1",
		"/ping/" + key + "/fail Anna's iPhone was not backed up: ", "/hook/" + key + ` {`, `"event":"plugged"`, `"event":"finished"`, `"event":"service"`,
		`"sentence":"enter the passcode on the iPhone now"`, `"remedy":[`, `"id":"` + notices.PhoneID(stageUDID) + `"`,
	} {
		if !strings.Contains(all, w) {
			t.Errorf("%q did not come in\n%s", w, all)
		}
	}
	if strings.Count(all, "/start") != 1 || strings.Count(all, "/fail") != 1 || strings.Contains(all, stageUDID) || strings.Contains(all, `"event":"progress"`) {
		t.Errorf("too much came:\n%s", all)
	}
	log, err := os.ReadFile(filepath.Join(dir, "logs", "homeport.log"))
	if err == nil && strings.Contains(string(log), key) {
		t.Errorf("the key is in the log:\n%s", log)
	}
}

// TestOneWhoHearsPanics holds that the others hear of the event all the same, and that the log
// has the stack.
func TestOneWhoHearsPanics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg, err := configs.Load(configs.Options{File: os.DevNull, Flags: map[string]string{"log.dir": dir}})
	must(t, err)
	a := &app{stdout: io.Discard, stderr: io.Discard, stateDir: dir}
	a.openLog(cfg)
	heard := 0
	d := &daemon{app: a, hear: []func(agent.Event){
		func(agent.Event) { panic("in the history") },
		func(agent.Event) { heard++ },
	}}
	d.tellAll(agent.Event{Kind: agent.Plugged})
	d.tellAll(agent.Event{Kind: agent.Unplugged})
	a.close()
	log, err := os.ReadFile(filepath.Join(dir, "homeport.log"))
	if heard != 2 || err != nil || !strings.Contains(string(log), `"text":"panic: in the history","stack":"goroutine`) {
		t.Errorf("heard %d, %v\n%s", heard, err, log)
	}
}
