package status

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"homeport/cause"
)

// TestPageWords holds the words of the page to those of the terminal.
func TestPageWords(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	b.do(chromedp.Navigate(newScene(t, wellPicture()).open(t)))
	b.text("2 hours ago")
	sizes := []float64{0, 1, 999, 1000, 2100, 999_949, 999_950, 36e9, 270_553_174_016, 999.96e9, 1e12, 5.55e18}
	spans := []float64{0, 0.04, 2.3, 9.94, 9.96, 10, 59.4, 59.6, 60, 998, 3599.6, 3600, 7500, 86399, 86400, 187200}
	for i, got := range words(b, "bytes", sizes) {
		if want := cause.Bytes(sizes[i]).String(); got != want {
			t.Errorf("%v bytes are %q, in the terminal %q", sizes[i], got, want)
		}
	}
	for i, got := range words(b, "span", spans) {
		if want := cause.Seconds(spans[i]).String(); got != want {
			t.Errorf("%v seconds are %q, in the terminal %q", spans[i], got, want)
		}
	}
	ages := []float64{-3600, -240, 3, 59, 60, 119, 720, 3600, 5400, 172_799, 172_800, 30 * 86400}
	want := []string{"", "a moment ago", "a moment ago", "a moment ago", "1 minute ago", "1 minute ago", "12 minutes ago", "1 hour ago", "1 hour ago", "47 hours ago", "2 days ago", "30 days ago"}
	if got := words(b, "ago", ages); !slices.Equal(got, want) {
		t.Errorf("ages are %q", got)
	}
	zone := emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"}
	if _, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride, zone); err != nil {
		t.Fatal(err)
	}
	// The calendar of the 90 days that end after the clocks went back has each day once.
	days := eval[[]string](b, `import("/charts.js").then((c) => [...c.calendar([], [], new Date(2026, 10, 25, 0, 30)).querySelectorAll("tbody .unseen")].map((e) => e.textContent).filter((t) => t.includes(":")))`,
		chromedp.EvalAwaitPromise)
	if sorted := slices.Compact(slices.Sorted(slices.Values(days))); len(days) != 90 || len(sorted) != 90 || !slices.Contains(days, "Wed 25 Nov: no backup") || !slices.Contains(days, "Fri 28 Aug: no backup") {
		t.Errorf("%d days, %d of them different: %q", len(days), len(sorted), days)
	}
}

// words calls a function of words.js with each number.
func words(b *tab, name string, numbers []float64) []string {
	b.t.Helper()
	list, err := json.Marshal(numbers)
	must(b.t, err)
	return eval[[]string](b, fmt.Sprintf(`import("/words.js").then((w) => %s.map((n) => w.%s(n)))`, list, name), chromedp.EvalAwaitPromise)
}

// TestPageWaiting shows what somebody has to do, and nothing that would distract from it.
func TestPageWaiting(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	s := wellPicture()
	s.Phones[0].State, s.Phones[0].Message = Waiting, "waiting: enter the passcode on the iPhone now"
	s.Phones[0].Run = &Run{Phase: "passcode", Started: time.Now(), WaitingFor: cause.PasscodePromptUnanswered, Todo: "enter the passcode on the iPhone now",
		Steps: []string{"Stay at the iPhone.", "Enter the passcode when it asks."}}
	sc := newScene(t, wellPicture())
	b.do(chromedp.Navigate(sc.open(t)))
	b.text("Ben's iPad is overdue; 1 is backed up.")
	b.text("Plug it into this computer, and unlock it")
	at := sc.change(s)
	b.text("Enter the passcode on the iPhone now")
	t.Logf("from a wait to its appearance: %v", time.Since(at).Round(time.Millisecond))
	b.text("Stay at the iPhone.")
	b.text("Anna's iPhone is waiting for you; Ben's iPad is overdue.")
	b.until(`document.title === "Waiting for you · Homeport" && document.querySelector("link[rel=icon]").dataset.tone === "warn"`)
	b.until(`document.getElementById("announce").textContent.includes("enter the passcode")`)
	if n := eval[int](b, `document.querySelectorAll("progress").length`); n != 0 {
		t.Errorf("%d bars show the progress of nothing", n)
	}
	b.checked("waiting")
}

// TestPageMany has 30 phones, some with names that nobody would choose.
func TestPageMany(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	s := wellPicture()
	one := s.Phones[0]
	s.Phones = nil
	for i := range 30 {
		p := one
		p.UDID, p.Name = fmt.Sprintf("00008120-%016X", i), fmt.Sprint("iPhone ", i)
		s.Phones = append(s.Phones, p)
	}
	for i, name := range []string{strings.Repeat("W", 200), strings.Repeat("😀", 60), "\u200b", "\u202egnihton", "", "</h3><script>document.title='broken'</script>", strings.Repeat("a b ", 80)} {
		s.Phones[i].Name = name
	}
	sc := newScene(t, s)
	b.do(chromedp.Navigate(sc.open(t)))
	b.text("All 30 iPhones are backed up.")
	b.text("00008120-0000000000000002") // a name that cannot be seen is none
	b.until(`document.querySelectorAll(".phone").length === 30`)
	if tall := eval[int](b, `Math.max(...[...document.querySelectorAll(".phone")].map((e) => e.offsetHeight))`); tall > 600 {
		t.Errorf("a card of 30 is %d px tall", tall)
	}
	for _, width := range []int64{1200, 320} {
		b.look(width, 900, "light")
		if wide := eval[string](b, overflows); wide != "" {
			t.Errorf("at %d px: wider than the window: %s", width, wide)
		}
		b.shoot(fmt.Sprint("many-", width))
	}
	b.axe("many")
}

// TestPageAfterTheAgent says that what it shows is old when the agent has gone, counts
// ages on, and comes back with the agent.
func TestPageAfterTheAgent(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	script := cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: `const tick = setInterval; window.setInterval = (f) => tick(f, 50);
		const real = Date.now; window.later = 0; Date.now = () => real() + window.later;`}
	if _, err := chromedp.Call(b.ctx, cdppage.AddScriptToEvaluateOnNewDocument, script); err != nil {
		t.Fatal(err)
	}
	sc := newScene(t, livePicture(43))
	b.do(chromedp.Navigate(sc.open(t)))
	b.text("43 %")
	must(t, sc.server.Close())
	b.text("Homeport does not answer. What stands here is from")
	b.until(`document.title === "Not running · Homeport" && getComputedStyle(document.querySelector(".figures")).display === "none"`)
	eval[int](b, `window.later = 3 * 86400e3`)
	b.text("3 days ago")
	b.checked("gone")
	eval[int](b, `window.later = 0`)
	again := NewServer(sc.server.opts)
	t.Cleanup(func() { must(t, again.Close()) })
	must(t, again.ShowPage())
	if again.PageAddress() == "" {
		t.Fatal("it does not listen again")
	}
	b.until(`document.getElementById("link").dataset.link === "live" && !document.body.classList.contains("stale")`)
	b.text("43 %")
}

// TestPageInManyTabs opens more tabs than a browser keeps connections to one address: one
// of them listens for all, and when it is closed another one does.
func TestPageInManyTabs(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	sc := newScene(t, wellPicture())
	url := sc.open(t)
	b.do(chromedp.Navigate(url))
	b.text("2 hours ago")
	var tabs []*tab
	for range 8 {
		one := b.beside()
		one.do(chromedp.Navigate(url[:strings.Index(url, "?")]))
		one.text("2 hours ago")
		tabs = append(tabs, one)
	}
	rename := func(name string) {
		s := wellPicture()
		s.Phones[0].Name = name
		sc.change(s)
		for _, one := range tabs {
			one.text(name)
		}
		sc.server.hub.mu.Lock()
		defer sc.server.hub.mu.Unlock()
		if n := len(sc.server.hub.subs); n != 1 {
			t.Errorf("%d tabs listen", n)
		}
	}
	rename("Anna's new iPhone")
	b.do(chromedp.Navigate("about:blank"))
	eventually(t, "another tab listens", func() bool { return sc.server.hub.watched() })
	rename("Anna's newest iPhone")
}
