package status

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"homeport/agent/history"
	"homeport/cause"
)

// scene is a server whose picture a test changes.
type scene struct {
	server  *Server
	picture atomic.Pointer[Snapshot]
}

func newScene(t *testing.T, s Snapshot) *scene {
	t.Helper()
	sc := &scene{}
	sc.picture.Store(&s)
	sc.server = NewServer(Options{
		Keep: t.TempDir(),
		Snapshot: func(context.Context) Snapshot {
			now := *sc.picture.Load()
			now.Now = time.Now()
			return now
		},
		Runs: func(_ context.Context, f history.Filter) ([]history.Run, error) { return tries(f.Phone), nil },
		Log:  logOf,
	})
	t.Cleanup(func() { must(t, sc.server.Close()) })
	return sc
}

// change shows another picture, and answers when that was.
func (sc *scene) change(s Snapshot) time.Time {
	sc.picture.Store(&s)
	at := time.Now()
	sc.server.Changed()
	return at
}

func (sc *scene) open(t *testing.T) string {
	t.Helper()
	p, err := sc.server.OpenPage()
	must(t, err)
	return p.URL
}

func tries(udid string) []history.Run {
	var list []history.Run
	for i := range 40 {
		at := time.Now().Add(-time.Duration(i) * 53 * time.Hour)
		r := history.Run{ID: int64(40 - i), UDID: udid, Started: at, Ended: at.Add(15 * time.Minute), Seconds: 900, Outcome: history.BackedUp, NewBytes: 1.2e9, Version: fmt.Sprint("gone-", i)}
		if i%6 == 2 {
			r.Outcome, r.Cause, r.Message, r.Version = history.Failed, cause.HostDiskFull, "the backup disk is too full", ""
		}
		list = append(list, r)
	}
	return list
}

func logOf(_ context.Context, q LogQuery) ([]LogLine, error) {
	lines := []map[string]any{
		{"ts": time.Now().Add(-26 * time.Hour), "level": "warn", "msg": "a slow cable", "udid": annaUDID, "cause": "usb-slow"},
		{"ts": time.Now().Add(-time.Minute), "level": "info", "msg": "plugged in <b>bold</b>", "udid": annaUDID},
		{"ts": time.Now(), "level": "error", "msg": "not backed up", "udid": annaUDID, "cause": "host-disk-full"},
	}
	var list []LogLine
	for _, l := range lines {
		if q.Cause != "" && l["cause"] != string(q.Cause) {
			continue
		}
		data, err := json.Marshal(l)
		if err != nil {
			return nil, err
		}
		list = append(list, data)
	}
	return list, nil
}

// wellPicture has one phone with nine versions, and one that is long away.
func wellPicture() Snapshot {
	s := Snapshot{Program: "homeport", Version: "1.2.3", Started: time.Now().Add(-72 * time.Hour), Usbmuxd: Usbmuxd{There: true},
		Destinations: []Destination{{Path: "/media/anna/Backups", There: true, Free: 412e9, Total: 2e12}}}
	good, old := time.Now().Add(-2*time.Hour), time.Now().Add(-23*24*time.Hour)
	anna := Phone{UDID: annaUDID, Name: "Anna's iPhone", Model: "iPhone 14 Pro", IOSVersion: "18.5", Connection: "USB", Plugged: true,
		State: OK, Message: "backed up 2 hours ago; next from 18:40", LastGood: &good, FindingsAt: &good,
		Findings: []Finding{{Check: "battery", Status: "pass"}, {Check: "encryption", Status: "info", Cause: cause.EncryptionOff, Sentence: "Encryption is off"}}}
	for i := range 9 {
		anna.Versions = append(anna.Versions, Version{ID: fmt.Sprint("v", i), Finished: good.Add(-time.Duration(i) * 30 * time.Hour), Files: 184302, Bytes: 49.8e9 - int64(i)*4e8, NewBytes: 1.2e9, Seconds: 900, Proof: "received", Path: "/x"})
	}
	anna.Versions[5].Damaged = "2 files are not as they were"
	ben := Phone{UDID: "00008110-0011223344556677", Name: "Ben's iPad", State: Overdue, Message: "no backup for 23 days: plug it in", LastGood: &old, Versions: []Version{}}
	s.Phones = []Phone{anna, ben}
	return s
}

func livePicture(percent float64) Snapshot {
	s := wellPicture()
	s.Phones[0].State, s.Phones[0].Message = BackingUp, fmt.Sprintf("backing up, %.0f %%", percent)
	s.Phones[0].Run = &Run{Phase: "receiving", Percent: percent, Bytes: int64(percent * 5e8), Files: 7, Speed: 38e6, Left: 540, Started: time.Now()}
	return s
}

func TestPageEmpty(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	s := wellPicture()
	s.Phones = []Phone{}
	sc := newScene(t, s)
	b.do(chromedp.Navigate(sc.open(t)))
	b.text("No iPhone yet")
	b.text("Backups will go to /media/anna/Backups")
	b.checked("empty")
	// A usbmuxd that is not there is told, with what to do.
	s.Usbmuxd = Usbmuxd{Error: &Trouble{Cause: cause.MuxNotAnswering, Message: "The program that talks to iPhones does not answer", Remedy: []string{"Restart it."}}}
	sc.change(s)
	b.text("The program that talks to iPhones does not answer")
	b.text("homeport explain mux-not-answering")
	b.until(`document.title === "Something is wrong · Homeport" && document.querySelector("link[rel=icon]").dataset.tone === "bad"`)
}

// TestPageLive follows a run, and measures from an event to its appearance.
func TestPageLive(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	sc := newScene(t, livePicture(43))
	b.do(chromedp.Navigate(sc.open(t)))
	b.text("43 %")
	b.text("2 hours ago")
	var slowest time.Duration
	for i := range 20 {
		percent := float64(44 + i)
		at := time.Now()
		sc.server.Publish("progress", annaUDID, true, map[string]any{"event": "progress", "phone": map[string]any{"udid": annaUDID},
			"progress": map[string]any{"phase": "receiving", "percent": percent, "bytes": int64(percent * 5e8), "bytesPerSecond": 38e6 + 1e6*float64(i%5), "secondsLeft": 500}})
		b.text(fmt.Sprintf("%.0f %%", percent))
		slowest = max(slowest, time.Since(at))
	}
	t.Logf("from an event of progress to its appearance: %v at most, of 20", slowest.Round(time.Millisecond))
	if v := eval[float64](b, `document.querySelector("progress").value`); v != 63 {
		t.Errorf("the bar is at %v", v)
	}
	if n := eval[int](b, `document.querySelector(".speed polyline").getAttribute("points").split(" ").length`); n < 15 {
		t.Errorf("the speed has %d points", n)
	}
	b.until(`document.title.startsWith("63 %")`)
	b.checked("live")
	at := sc.change(wellPicture())
	b.until(`!document.querySelector("progress")`)
	t.Logf("from the end of a run to its appearance: %v", time.Since(at).Round(time.Millisecond))
}

// TestPageFailure shows a failure with its remedy, keeps what a person has opened, and
// can be used with the keyboard.
func TestPageFailure(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	sc := newScene(t, wellPicture())
	b.do(chromedp.Navigate(sc.open(t)))
	b.text("23 days ago")
	b.text("Backed up on")
	b.do(chromedp.Focus("details.versions summary"), chromedp.KeyEvent("\r"))
	b.text("2 files are not as they were")
	s := wellPicture()
	s.Phones[0].State, s.Phones[0].Message = Failed, "not backed up: the backup disk is too full"
	s.Phones[0].Name = `Anna's <img src=x onerror="document.title='broken'"> iPhone`
	s.Phones[0].Trouble = &Trouble{Cause: cause.HostDiskFull, Message: "The backup disk is too full: need 62.1 GB, have 8.4 GB", Remedy: []string{`Free 53.7 GB on "Backups".`, "Or set another destination."}}
	at := sc.change(s)
	b.text("The backup disk is too full: need 62.1 GB, have 8.4 GB")
	t.Logf("from a failure to its appearance: %v", time.Since(at).Round(time.Millisecond))
	b.text("Or set another destination.")
	b.text(`<img src=x onerror=`)
	b.until(`document.getElementById("announce").textContent.includes("too full")`)
	if n := eval[int](b, `document.images.length`); n != 0 || strings.Contains(eval[string](b, `document.title`), "broken") {
		t.Error("a name became markup")
	}
	b.text("2 files are not as they were") // still open
	b.until(`document.activeElement.tagName === "SUMMARY"`)
	b.checked("failure")
	b.do(chromedp.SendKeys(`select[name="cause"]`, "host-disk-full"))
	b.until(`document.querySelectorAll("#lines .line").length === 1`)
	if reached := eval[int](b, reachable); reached < 8 {
		t.Errorf("%d elements take the focus", reached)
	}
}

// reachable counts what the keyboard reaches.
const reachable = `[...document.querySelectorAll("a, summary, select, [tabindex='0']")].filter((e) => e.offsetParent).length`

// TestPageKey opens the page with a key, comes back without one, and is turned away
// with a key that was used.
func TestPageKey(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	sc := newScene(t, wellPicture())
	url := sc.open(t)
	origin := url[:strings.Index(url, "/?")]
	b.do(chromedp.Navigate(origin + "/"))
	b.text("homeport open")
	b.shoot("key")
	b.do(chromedp.Navigate(url))
	b.text("2 hours ago")
	if at := eval[string](b, `location.href`); at != origin+"/" {
		t.Errorf("the key stays in the address: %s", at)
	}
	if c := eval[string](b, `document.cookie`); c != "" {
		t.Errorf("a script sees the cookie: %q", c)
	}
	b.do(chromedp.Reload())
	b.text("2 hours ago")
	if code := eval[int](b, `fetch("/v1/runs", {method: "POST"}).then((r) => r.status)`, chromedp.EvalAwaitPromise); code != http.StatusMethodNotAllowed {
		t.Errorf("the page can post: %d", code)
	}
	other := newTab(t)
	other.do(chromedp.Navigate(url))
	other.text("homeport open")
	must(t, sc.server.Close())
	b.text("Homeport does not answer")
	b.shoot("gone")
}
