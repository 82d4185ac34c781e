package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"homeport/agent/notices"
	"homeport/configs"
)

// noDesktop is a computer where nobody is logged in.
type noDesktop struct{}

func (noDesktop) Show(context.Context, notices.Notice) error { return notices.ErrNoDesktop }
func (noDesktop) Withdraw(context.Context, string) error     { return nil }

// TestNotifyTest tries every way of telling, and tells what became of each, and no key.
func TestNotifyTest(t *testing.T) {
	const key = "k3y-that-nobody-sees"
	var r reader
	web := httptest.NewServer(&r)
	defer web.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	for name, tt := range map[string]struct {
		shower  notices.Shower
		hook    string
		json    bool
		failed  bool
		prints  []string
		arrives []string
	}{
		"all is well": {&r, web.URL + "/" + key, false, false,
			[]string{"desktop      told: look for it on the screen\n", "webhook      told: http://127.0.0.1", "/…\n", "healthcheck  told: http"},
			[]string{"/" + key + ` {"event":"note"`, "/" + key + "/log this is a test"}},
		"nothing is set":  {&r, "", false, false, []string{"webhook      not set\nhealthcheck  not set\n"}, nil},
		"nobody is there": {noDesktop{}, gone.URL + "/" + key, false, true, []string{"desktop      none: nobody is logged in", "webhook      failed: the server answered 404"}, nil},
		"as JSON":         {&r, "", true, false, []string{`"desktop":{"set":true,"ok":true}`, `"webhook":{"set":false,"ok":false}`}, nil},
	} {
		t.Setenv("HOMEPORT_WEBHOOK", tt.hook)
		t.Setenv("HOMEPORT_HEALTHCHECK", tt.hook)
		t.Setenv("HOMEPORT_CONFIG", "")
		var out strings.Builder
		a := &app{stdout: &out, stderr: io.Discard, stateDir: t.TempDir(), shower: tt.shower, json: tt.json}
		err := runNotifyTest(t.Context(), a)
		if (err != nil) != tt.failed || strings.Contains(out.String(), key) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
		for _, w := range tt.prints {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: prints\n%s, not %q", name, out.String(), w)
			}
		}
		for _, w := range tt.arrives {
			if !strings.Contains(strings.Join(r.got, "\n"), w) {
				t.Errorf("%s: %q did not arrive: %q", name, w, r.got)
			}
		}
	}
}

func TestCommandWarnings(t *testing.T) {
	t.Parallel()
	for line, name := range map[string]string{
		"": "", "true": "", "cd /tmp && ls": "", "if true; then ls; fi": "", "A=1 B=2 no-such-program-here x": "no-such-program-here", "/no/such/script.sh now": "/no/such/script.sh",
		"$SCRIPT": "", "'my script'": "", "(cd /; ls)": "", "-x": "-x", "no-such-program-here; ls": "",
	} {
		got := strings.Join(commandWarnings(configs.Config{After: line}), "|")
		if want := map[bool]string{true: "", false: "after: there is no program called " + name}[name == ""]; got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}
