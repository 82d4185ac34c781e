package homeport_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the table of rooms: which of our packages a package may import
// in its own code. An arrow that is not here is a mistake in the design or in
// the code; decide which before adding it.
var mayImport = map[string][]string{
	"cause":                 {},
	"configs":               {"cause"},
	"configs/service":       {},
	"usbmux/plist":          {},
	"usbmux":                {"cause", "usbmux/plist"},
	"usbmux/afc":            {"cause"},
	"usbmux/notify":         {"cause", "usbmux/plist"},
	"usbmux/lockdown":       {"cause", "usbmux", "usbmux/afc", "usbmux/notify", "usbmux/plist"},
	"preflight":             {"cause", "usbmux", "usbmux/lockdown", "backup/tree", "backup/mobilesync"},
	"preflight/computer":    {"cause", "preflight", "usbmux/plist"},
	"backup/tree":           {"cause"},
	"backup/tree/treetest":  {"backup/tree"},
	"backup":                {"backup/tree", "cause"},
	"backup/mobilebackup2":  {"backup", "backup/tree", "backup/mobilesync", "usbmux/afc", "usbmux/notify", "usbmux/plist", "cause"},
	"backup/mobilesync":     {"backup/tree", "usbmux/plist", "cause"},
	"backup/backuptest":     {"backup", "backup/store", "simulator", "simulator/contents", "usbmux", "usbmux/lockdown", "cause"},
	"backup/idevicebackup2": {"backup", "backup/tree", "usbmux/notify", "usbmux/plist", "cause"},
	"backup/photos":         {"backup/tree", "usbmux/afc", "cause"},
	"backup/store":          {"backup", "backup/tree", "backup/mobilesync", "cause"},
	"simulator/contents":    {},
	"simulator/backupagent": {"simulator/contents"},
	"simulator":             {"simulator/contents", "simulator/backupagent"},
	"agent":                 {"agent/notices", "agent/command", "cause", "configs", "usbmux", "usbmux/lockdown", "preflight", "backup", "backup/tree", "backup/mobilesync", "backup/store", "agent/history", "agent/status"},
	"agent/history":         {"cause"},
	"agent/status/metrics":  {"agent/status", "agent/history", "cause"},
	"agent/status":          {"agent/history", "agent/status/web", "cause"},
	"agent/status/web":      {},
	"agent/notices":         {"cause"},
	"agent/command":         {},
	"cmd/homeport":          {"*"},
	"cmd/dist":              {"configs/service"},
}

// mayBeUsedBy holds modules that only some rooms may know.
var mayBeUsedBy = map[string][]string{
	"go.uber.org/zap":                {"agent", "cmd/homeport"},
	"github.com/gen2brain/beeep":     {"agent/notices"},
	"github.com/godbus/dbus/v5":      {"agent/notices", "agent"},
	"github.com/spf13/cobra":         {"cmd/homeport", "configs"},
	"github.com/spf13/viper":         {"cmd/homeport", "configs"},
	"github.com/danielpaulus/go-ios": {"usbmux", "usbmux/lockdown"},
}

type goPackage struct {
	ImportPath string
	Name       string
	Doc        string
	GoFiles    []string
	Imports    []string
}

// listPackages reads every package of the module, for one system, from go list.
func listPackages(t *testing.T, goos string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports", "./...")
	cmd.Env = append(cmd.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var list []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("decode go list: %v", err)
		}
		if len(p.GoFiles) > 0 {
			list = append(list, p)
		}
	}
}

// TestArrows holds the table of rooms against what the packages really import,
// on each of the three systems.
func TestArrows(t *testing.T) {
	t.Parallel()
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, p := range listPackages(t, goos) {
			room := strings.TrimPrefix(p.ImportPath, "homeport/")
			allowed, known := mayImport[room]
			if !known {
				t.Errorf("%s: %s is not in the table of rooms", goos, room)
				continue
			}
			for _, imp := range p.Imports {
				checkArrow(t, goos, room, imp, allowed)
			}
		}
	}
}

func checkArrow(t *testing.T, goos, room, imp string, allowed []string) {
	t.Helper()
	if ours, ok := strings.CutPrefix(imp, "homeport/"); ok {
		if !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
			t.Errorf("%s: %s must not import %s", goos, room, ours)
		}
		return
	}
	for module, rooms := range mayBeUsedBy {
		if (imp == module || strings.HasPrefix(imp, module+"/")) && !slices.Contains(rooms, room) {
			t.Errorf("%s: %s must not import %s", goos, room, imp)
		}
	}
}

// TestEveryPackageSaysWhatItOwns wants a package comment everywhere.
func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t, "linux") {
		want := "Package " + p.Name
		if p.Name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("%s: the package comment should begin with %q, got %q", p.ImportPath, want, p.Doc)
		}
	}
}
