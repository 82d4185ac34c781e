package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/agent/status"
	"homeport/configs"
)

// TestDaemonAnswersItsLog asks for the newest lines of a log with broken ones in it.
func TestDaemonAnswersItsLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := configs.Config{Log: configs.Log{Dir: dir}}
	d := &daemon{app: &app{}, live: newSettingsInForce(&app{}, settings{}, cfg, nil)}
	if list, err := d.log(t.Context(), status.LogQuery{Limit: 3}); err != nil || len(list) != 0 {
		t.Errorf("no log: %s, %v", list, err)
	}
	var text strings.Builder
	for i := range 20 {
		fmt.Fprintf(&text, "{\"ts\":\"2026-11-25T10:00:%02dZ\",\"level\":\"info\",\"msg\":\"m%d\"}\nbroken\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "homeport.log"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := d.log(t.Context(), status.LogQuery{Limit: 3})
	if err != nil || len(list) != 3 || !strings.Contains(string(list[0]), `"m17"`) || !strings.Contains(string(list[2]), `"m19"`) {
		t.Errorf("%s, %v", list, err)
	}
	if list, err := d.log(t.Context(), status.LogQuery{Limit: 3, Level: "error"}); err != nil || len(list) != 0 {
		t.Errorf("%s, %v", list, err)
	}
}
