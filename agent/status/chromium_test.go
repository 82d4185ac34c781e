package status

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const (
	// pageEnv asks for the tests in a real browser, which is too large for every test
	// run to install; its value is a folder for screenshots, or 1 for none.
	pageEnv = "HOMEPORT_TEST_PAGE"
	// axeEnv is the path of axe.min.js, the accessibility checker.
	axeEnv    = "HOMEPORT_TEST_AXE"
	pageLimit = 90 * time.Second
)

// tab is one tab of a browser of its own, with nobody's profile.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	if os.Getenv(pageEnv) == "" {
		t.Skipf("set %s=1 to try the page in Chromium (make page does)", pageEnv)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses to run as root otherwise
	}
	ctx, cancel := context.WithTimeout(context.Background(), pageLimit)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return &tab{t, ctx}
}

// beside is another tab of the same browser.
func (b *tab) beside() *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	return &tab{b.t, ctx}
}

// do acts in the tab.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("in the browser: %v\n%s", err, b.seen())
	}
}

// seen is the text of the page, for a failure.
func (b *tab) seen() string {
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
	return text
}

// eval runs an expression in the tab.
func eval[T any](b *tab, expression string, opts ...chromedp.EvaluateOption) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, opts...))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true, looked at before each frame is drawn.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		b.t.Fatalf("waited for %s: %v\n%s", expression, err, b.seen())
	}
}

// text waits for text that can be seen on the page.
func (b *tab) text(want string) {
	b.t.Helper()
	b.until("document.body.innerText.includes(" + quoted(want) + ")")
}

func quoted(s string) string {
	return "`" + strings.NewReplacer("`", "\\`", "\\", "\\\\").Replace(s) + "`"
}

// look sets the size of the window and the scheme of colours.
func (b *tab) look(width, height int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, params); err != nil {
		b.t.Fatal(err)
	}
}

// checked holds what is true of the page in every state: nothing is wider than the
// window, nothing came from elsewhere, and the accessibility checker has no complaint.
func (b *tab) checked(name string) {
	b.t.Helper()
	for _, w := range []struct {
		width  int64
		scheme string
	}{{1200, "light"}, {1200, "dark"}, {390, "light"}, {320, "dark"}} {
		b.look(w.width, 900, w.scheme)
		if wide := eval[string](b, overflows); wide != "" {
			b.t.Errorf("%s at %d px: wider than the window: %s", name, w.width, wide)
		}
		b.shoot(name + "-" + w.scheme + "-" + map[bool]string{true: "wide", false: "narrow"}[w.width > 600])
		b.axe(name + " " + w.scheme)
	}
	foreign := eval[[]string](b, `performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith(location.origin + "/"))`)
	if len(foreign) > 0 {
		b.t.Errorf("%s: asked elsewhere: %v", name, foreign)
	}
}

// overflows names what sticks out of the window.
const overflows = `document.documentElement.scrollWidth <= innerWidth ? "" :
	[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll")).map((e) => e.tagName + "." + e.className + Math.round(e.getBoundingClientRect().right)).slice(0, 5).join(" ")`

func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv(pageEnv)
	if dir == "1" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(dir+"/"+name+".png", png, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// axe runs the accessibility checker over the page.
func (b *tab) axe(name string) {
	b.t.Helper()
	script := os.Getenv(axeEnv)
	if script == "" {
		return
	}
	source, err := os.ReadFile(script)
	must(b.t, err)
	eval[bool](b, string(source)+"; true")
	type result struct {
		Passes int
		Bad    []string
	}
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[result](`axe.run().then((r) => ({Passes: r.passes.length,
		Bad: r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 120)).join(" | "))}))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Logf("axe, %s: %d rules passed, %d violated", name, got.Passes, len(got.Bad))
	for _, bad := range got.Bad {
		b.t.Errorf("axe, %s: %s", name, bad)
	}
}
