package homeport_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unguarded lists where our own code begins a goroutine that no guard stands around, by file
// and function, and why that cannot end the program: a panic in one phone's run must not take
// down the others, and a guard helps only in the goroutine that it is called in.
var unguarded = map[string]string{
	"agent/agent.go Run":                              "persist guards",
	"agent/attend.go attend":                          "moves events from one channel on",
	"agent/await.go lookSoon":                         "a verb's own, no daemon",
	"agent/await.go asksTrust":                        "a verb's own, no daemon",
	"agent/awake_linux.go hold":                       "closes a connection",
	"agent/awake_linux.go Hold":                       "gives back what came too late",
	"agent/awake_windows.go Hold":                     "two calls of the system",
	"agent/coach.go beat":                             "tick guards",
	"agent/coach.go enter":                            "tick guards",
	"agent/command/command.go run":                    "signals and a timer",
	"agent/notices/desk.go NewDesk":                   "hand guards each notice",
	"agent/notices/desktop_windows.go Show":           "hands on an answer",
	"agent/notices/outbox.go NewOutbox":               "try guards each letter",
	"agent/pairing.go hints":                          "compares times",
	"agent/recorder.go Close":                         "ends a context",
	"agent/recorder.go NewRecorder":                   "what it writes is guarded",
	"agent/run.go outlive":                            "a timer",
	"agent/snapshotshelf.go refresh":                  "readAt guards",
	"agent/status/metrics/serve.go Listen":            "net/http recovers",
	"agent/status/server.go serve":                    "net/http recovers",
	"agent/verbs.go CheckAll":                         "a verb's own, no daemon",
	"agent/verbs.go Backup":                           "moves events from one channel on",
	"backup/idevicebackup2/process.go start":          "starts a program and waits for it",
	"backup/idevicebackup2/prompt.go close":           "closes a connection",
	"backup/idevicebackup2/prompt.go watchPrompt":     "closes a connection",
	"backup/idevicebackup2/relay.go serve":            "carry guards what it relays",
	"backup/idevicebackup2/relay.go accept":           "serve hands connections on",
	"backup/idevicebackup2/relay.go newRelay":         "takes connections",
	"backup/idevicebackup2/supervise.go supervise":    "the agent guards reports",
	"backup/mobilebackup2/apps.go newAsker":           "closes a connection",
	"backup/mobilebackup2/engine.go onStop":           "closes a connection",
	"backup/mobilebackup2/engine.go transfer":         "the agent guards reports",
	"backup/mobilebackup2/password.go changePassword": "the agent guards reports",
	"backup/mobilebackup2/restore.go restore":         "the agent guards reports",
	"backup/mobilebackup2/sink.go newSink":            "the writer guards each slab",
	"backup/mobilebackup2/watch.go bounded":           "closes a connection",
	"backup/store/leasekeep.go newKeeper":             "renew is guarded",
	"backup/store/stage.go Guard":                     "ends a context",
	"backup/mobilesync/ahead.go listAhead":            "work guards each listing",
	"cmd/homeport/daemonmetrics.go newMeter":          "write guards each file",
	"cmd/homeport/memory.go newTidy":                  "frees memory",
	"cmd/homeport/run.go run":                         "tells systemd",
	"cmd/homeport/signals.go endNow":                  "the process ends",
	"cmd/homeport/signals.go watch":                   "waits for signals",
	"preflight/run.go Run":                            "answer guards each check",
	"usbmux/afc/afc.go askInto":                       "closes a connection",
	"usbmux/client.go exchange":                       "closes a connection",
	"usbmux/lockdown/channel.go exchange":             "closes a connection",
	"usbmux/lockdown/lockdown.go bound":               "ends a context",
	"usbmux/lockdown/lockdown.go give":                "closes connections",
	"usbmux/notify/notify.go New":                     "what it reads is guarded",
	"usbmux/sight.go watchSocket":                     "watches a folder",
	"usbmux/watcher.go Open":                          "each session is guarded",
}

// inDaemon are the files of cmd/homeport that the daemon lives with, beside daemon*.go. The others
// are of verbs, which end with what they were asked for.
var inDaemon = []string{"run.go", "reload.go", "signals.go", "stopping.go", "memory.go", "instance.go"}

// TestGoroutinesAreGuarded finds every goroutine that the daemon may begin.
func TestGoroutinesAreGuarded(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, room := range []string{"agent", "backup", "usbmux", "preflight", "cmd/homeport", "configs", "cause"} {
		for place, guarded := range goroutinesOf(t, room) {
			if guarded || !livesOn(place) {
				continue
			}
			used[place] = true
			if unguarded[place] == "" {
				t.Errorf("%s begins a goroutine without a guard: a panic there ends every backup. Use cause.Guard, or say in the table why it cannot panic", place)
			}
		}
	}
	for place := range unguarded {
		if !used[place] {
			t.Errorf("%s begins no goroutine without a guard: take it from the table", place)
		}
	}
}

// livesOn reports whether a place may be met in the daemon.
func livesOn(place string) bool {
	file, _, _ := strings.Cut(place, " ")
	dir, base := filepath.Split(file)
	if strings.HasPrefix(file, "backup/backuptest/") {
		return false
	}
	return dir != "cmd/homeport/" || slices.Contains(inDaemon, base) || strings.HasPrefix(base, "daemon")
}

// goroutinesOf lists where the files below a room begin goroutines, as "file function", and whether
// each has a guard in it.
func goroutinesOf(t *testing.T, room string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(room, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			place := filepath.ToSlash(path) + " " + f.Name.Name
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if begun := beginning(n); begun != nil {
					all, known := found[place]
					found[place] = hasGuard(begun) && (all || !known)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// beginning is what a statement or call begins a goroutine with; nil for all others.
func beginning(n ast.Node) ast.Node {
	if g, ok := n.(*ast.GoStmt); ok {
		return g.Call
	}
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	if s, ok := call.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "Go" || s.Sel.Name == "AfterFunc") {
		return call.Args[len(call.Args)-1]
	}
	return nil
}

// hasGuard reports whether a guard is called in what a goroutine is begun with.
func hasGuard(n ast.Node) (guarded bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				guarded = guarded || slices.Contains([]string{"Guard", "Guarded", "guard"}, f.Sel.Name)
			case *ast.Ident:
				guarded = guarded || f.Name == "guarded"
			}
		}
		return true
	})
	return guarded
}
