package configs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const key = "k3y-that-nobody-sees"

func TestNotifySettings(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Options{
		File:    write(t, "notify: {waiting: false, backed_up: always}\nbefore: mount /mnt/b\nafter: \"umount /mnt/b && sync\"\nafter_limit: 2h\n"),
		Environ: []string{"HOMEPORT_WEBHOOK=https://example.org/" + key, "HOMEPORT_NOTIFY_FAILED=false"},
		Flags:   map[string]string{"healthcheck": " http://127.0.0.1:8000/ping/" + key + " "},
	})
	want := Notify{BackedUp: TellAlways, Overdue: true, Damage: true}
	if diff := cmp.Diff(want, c.Notify); diff != "" {
		t.Error(diff)
	}
	if string(c.Webhook) != "https://example.org/"+key || string(c.Healthcheck) != "http://127.0.0.1:8000/ping/"+key {
		t.Errorf("got %q and %q", string(c.Webhook), string(c.Healthcheck))
	}
	if c.Before != "mount /mnt/b" || c.After != "umount /mnt/b && sync" || c.AfterLimit != Duration(2*time.Hour) {
		t.Errorf("got %+v", c)
	}
}

// TestNoKeyIsShown prints settings in every way that there is.
func TestNoKeyIsShown(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Options{Flags: map[string]string{"webhook": "https://example.org/a/" + key + "?t=" + key, "healthcheck": "https://" + key + ":" + key + "@example.org"}})
	yaml, err := Show(c)
	if err != nil {
		t.Fatal(err)
	}
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(yaml), string(js), fmt.Sprint(c), fmt.Sprintf("%+v %#v %q", c, c, c.Webhook)} {
		if strings.Contains(text, key) {
			t.Errorf("the key is in %s", text)
		}
	}
	if !strings.Contains(string(yaml), "webhook: https://example.org/…") {
		t.Errorf("got %s", yaml)
	}
	_, err = load(Options{Flags: map[string]string{"webhook": "gopher://example.org/" + key, "healthcheck": "https://%zz" + key}}, testPaths)
	if err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("got %v", err)
	}
}
