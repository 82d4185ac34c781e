//go:build unix

package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/cause"
)

// record has a command write its facts to a file; facts reads those of each time.
func record(dir, name string) string {
	return "env | grep ^HOMEPORT_ | sort > " + dir + "/" + name + ".tmp && echo == >> " + dir + "/" + name + ".tmp && cat " + dir + "/" + name + ".tmp >> " + dir + "/" + name
}

func facts(t testing.TB, dir, name string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	whole := strings.HasSuffix(string(data), "==\n")
	if err != nil || !whole {
		return nil
	}
	var list []map[string]string
	for block := range strings.SplitSeq(strings.TrimSuffix(string(data), "==\n"), "==\n") {
		m := map[string]string{}
		for line := range strings.Lines(block) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			m[strings.TrimPrefix(key, "HOMEPORT_RUN_")] = value
		}
		list = append(list, m)
	}
	return list
}

// TestCommandsAround mounts the destination before a backup, as a person would a drive, and
// takes it away after it.
func TestCommandsAround(t *testing.T) {
	t.Setenv("HOMEPORT_WEBHOOK", "https://example.org/k3y")
	t.Setenv("HOMEPORT_RUN_VERSION", "of another")
	w := newWorld(t)
	dir := t.TempDir()
	w.configure(t, map[string]string{
		"min_interval": "24h",
		"before":       record(dir, "before") + " && mv " + w.dest + ".away " + w.dest,
		"after":        record(dir, "after") + " && mv " + w.dest + " " + w.dest + ".away",
	})
	must(t, os.Rename(w.dest, w.dest+".away"))
	stop := w.start(t)
	w.phone.Attach()
	done := w.diary.await(t, Finished)
	eventually(t, "the drive is away again", func() bool { return len(facts(t, dir, "after")) == 1 && !exists(w.dest) })
	if skipped := w.diary.await(t, Skipped); skipped.Next == nil {
		t.Errorf("what is not there is taken for no backup: %+v", skipped)
	}
	before, after := facts(t, dir, "before")[0], facts(t, dir, "after")[0]
	for key, want := range map[string]string{"WHEN": "before", "PHONE": w.phone.Spec().Name, "UDID": udidAnna, "DEST": w.dest, "OTHERS": "0", "VERSION": ""} {
		if before[key] != want {
			t.Errorf("before: %s is %q, want %q", key, before[key], want)
		}
	}
	for key, want := range map[string]string{
		"WHEN": "after", "OUTCOME": "backed-up", "CAUSE": "", "VERSION": string(done.Result.Version), "PATH": done.Result.Path, "DEST": w.dest,
		"FILES": fmt.Sprint(done.Result.Files), "BYTES": fmt.Sprint(done.Result.Bytes), "ENGINE": "native",
	} {
		if after[key] != want {
			t.Errorf("after: %s is %q, want %q", key, after[key], want)
		}
	}
	if _, there := after["HOMEPORT_WEBHOOK"]; there {
		t.Error("the command sees the webhook")
	}
	stop()
	// Another start does not know whether there is a backup before the drive is there.
	stop = w.start(t)
	eventually(t, "the drive was looked at", func() bool { return len(facts(t, dir, "after")) == 2 && !exists(w.dest) })
	w.diary.await(t, Skipped)
	stop()
	if got := facts(t, dir, "after")[1]; got["OUTCOME"] != "skipped" || got["VERSION"] != "" || len(w.diary.all(Finished)) != 1 {
		t.Errorf("got %v and %d backups", got, len(w.diary.all(Finished)))
	}
}

// TestPlacesAreWhole tells commands folders as they are, and names as they can be shown.
func TestPlacesAreWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.agent()
	v := &visit{agent: a, phone: a.phone(udidAnna), done: &Result{Path: "/media/Anna\u200d's  drive\t/" + strings.Repeat("x", 300)}}
	v.phone.known.Name = "Anna\u202e\n" + strings.Repeat("x", 300)
	cfg := a.opts.Config()
	cfg.Destination = "/media/Anna\u200d's  drive "
	env := v.environment(cfg, "after", nil)
	for _, want := range []string{"HOMEPORT_RUN_DEST=" + cfg.Destination, "HOMEPORT_RUN_PATH=" + v.done.Path, "HOMEPORT_RUN_PHONE=Anna " + strings.Repeat("x", 234) + "…"} {
		if !slices.Contains(env, want) {
			t.Errorf("no %q in %q", want, env)
		}
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// TestBeforeFails makes no backup, tells why, and runs the command after it all the same.
func TestBeforeFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	w.configure(t, map[string]string{"before": "echo mount: no medium; exit 32", "after": record(dir, "after")})
	w.phone.Attach()
	o := w.backup(t, Request{})
	e := cause.From(o.Err)
	if e == nil || e.ID != cause.CommandFailed || e.Sentence() != "the command that the settings run before a backup failed: it ended with 32" || e.ExitCode() != cause.ExitRefused {
		t.Fatalf("got %v", o.Err)
	}
	if out, _ := e.Evidence["output"].([]string); !slices.Equal(out, []string{"mount: no medium"}) {
		t.Errorf("evidence %v", e.Evidence)
	}
	if got := facts(t, dir, "after"); len(got) != 1 || got[0]["OUTCOME"] != "failed" || got[0]["CAUSE"] != "command-failed" {
		t.Errorf("after: %v", got)
	}
	if len(w.versions(t, udidAnna)) > 0 {
		t.Error("there is a version")
	}
}

// TestAfterFails changes nothing about a backup.
func TestAfterFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configure(t, map[string]string{"after": "echo restic: no key; exit 1"})
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil || o.Result == nil {
		t.Fatalf("got %+v", o)
	}
	notes := w.diary.all(Note)
	if n := notes[len(notes)-1]; n.Cause != cause.CommandFailed || n.Error == nil || !slices.Equal(n.Output, []string{"restic: no key"}) {
		t.Errorf("told %+v", n)
	}
}

// TestCommandsEndWithTheirTry pulls the cable while the command before runs, and stops the
// agent while the one after does.
func TestCommandsEndWithTheirTry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	w.configure(t, map[string]string{"before": "touch " + dir + "/began; sleep 600", "after": record(dir, "after")})
	stop := w.start(t)
	w.phone.Attach()
	eventually(t, "the command before runs", func() bool { return exists(dir + "/began") })
	w.phone.Detach()
	eventually(t, "the command after ran", func() bool { return len(facts(t, dir, "after")) == 1 })
	if got := facts(t, dir, "after")[0]; got["CAUSE"] != string(cause.DeviceDisconnected) {
		t.Errorf("after: %v", got)
	}
	if list := w.diary.all(Failed); len(list) > 0 {
		t.Errorf("a phone that left before its backup began has failed: %+v", list)
	}
	stop()
}

// TestStopShortensTheCommandAfter gives it some seconds only.
func TestStopShortensTheCommandAfter(t *testing.T) {
	t.Parallel()
	life, stop := context.WithCancelCause(t.Context())
	ctx, cancel := outlive(life, 50*time.Millisecond)
	defer cancel()
	stop(errStop)
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), errStop) {
		t.Errorf("got %v", context.Cause(ctx))
	}
}
