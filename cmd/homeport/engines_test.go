package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/idevicebackup2"
	"homeport/cause"
	"homeport/configs"
)

// namedEngine notes that it was asked.
type namedEngine struct {
	name string
	err  error
}

func (e namedEngine) Backup(context.Context, backup.Job, func(backup.Progress)) (backup.Result, error) {
	return backup.Result{Engine: e.name}, e.err
}

func (e namedEngine) ChangePassword(context.Context, backup.PasswordChange, func(backup.Progress)) error {
	return errors.New(e.name)
}

func (e namedEngine) Restore(context.Context, backup.RestoreJob, func(backup.Progress)) (backup.RestoreResult, error) {
	return backup.RestoreResult{Engine: e.name}, e.err
}

func testEngines(cfg configs.Config, tool namedEngine) *engines {
	return &engines{
		config: func() configs.Config { return cfg },
		native: namedEngine{name: "native"}, tool: func(string) engine { return tool }, old: &oldTools{},
	}
}

// TestWhoTakesPasswords wants the built-in engine wherever the tool was not asked
// for by name, or could not take the password.
func TestWhoTakesPasswords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked    configs.Engine
		password backup.Secret
		want     string
	}{
		{configs.EngineAuto, "pw", "native"},
		{configs.EngineNative, "pw", "native"},
		{configs.EngineLibimobiledevice, "pw", "tool"},
		{configs.EngineLibimobiledevice, "", "tool"},
		{configs.EngineLibimobiledevice, "Gr\u00fc\u00dfe", "native"},
	} {
		e := testEngines(configs.Config{Engine: c.asked}, namedEngine{name: "tool"})
		if err := e.ChangePassword(t.Context(), backup.PasswordChange{New: c.password}, nil); err.Error() != c.want {
			t.Errorf("%+v: %v changed the password", c, err)
		}
		if res, _ := e.Restore(t.Context(), backup.RestoreJob{Password: c.password}, nil); res.Engine != c.want {
			t.Errorf("%+v: %v restored", c, res.Engine)
		}
	}
}

func TestEngineAskedFor(t *testing.T) {
	t.Parallel()
	const own = "00008120-000A1B2C3D4E5F60"
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("engine: libimobiledevice\nphones:\n  - udid: %s\n    engine: native\n", own)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ flag, udid, want string }{
		{"", "00008120-000A1B2C3D4E5F61", "tool"},
		{"", own, "native"},
		{"libimobiledevice", own, "tool"},
		{"native", "00008120-000A1B2C3D4E5F61", "native"},
	} {
		flags := map[string]string{}
		if c.flag != "" {
			flags["engine"] = c.flag
		}
		cfg, err := configs.Load(configs.Options{File: file, Flags: flags})
		if err != nil {
			t.Fatal(err)
		}
		e := testEngines(cfg, namedEngine{name: "tool"})
		res, err := e.Backup(t.Context(), backup.Job{UDID: c.udid}, nil)
		if err != nil || res.Engine != c.want {
			t.Errorf("%+v: %+v, %v", c, res, err)
		}
	}
}

// TestAutoStaysWithTheTool wants that a failure which is not one of the version is
// told, and not tried again with the built-in engine: the person may have typed a
// passcode already.
func TestAutoStaysWithTheTool(t *testing.T) {
	t.Parallel()
	path, err := idevicebackup2.Find(t.Context(), "")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	unplugged := cause.New(cause.DeviceDisconnected, nil, errors.New("unplugged"))
	e := testEngines(configs.Config{Engine: configs.EngineAuto}, namedEngine{name: "tool", err: unplugged})
	if _, err := e.Backup(t.Context(), backup.Job{}, nil); !errors.Is(err, unplugged) {
		t.Errorf("%v", err)
	}
	e.tool = func(string) engine { return namedEngine{err: idevicebackup2.ErrTooOld} }
	res, err := e.Backup(t.Context(), backup.Job{}, nil)
	if err != nil || res.Engine != "native" || len(res.Odd) == 0 || !e.old.has(path) {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestOldTools(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	a := idevicebackup2.Tool{Path: "/a", ModTime: time.Unix(1000, 5)}
	newer := idevicebackup2.Tool{Path: "/a", ModTime: time.Unix(2000, 0)}
	o := &oldTools{dir: dir}
	if o.has(a) {
		t.Error("known before it was added")
	}
	if err := o.add(a); err != nil {
		t.Fatal(err)
	}
	again := &oldTools{dir: dir}
	if !again.has(a) || again.has(newer) {
		t.Errorf("remembered: %+v", again.list)
	}
	for i := range 3 * mostOldTools {
		if err := again.add(idevicebackup2.Tool{Path: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(again.list) > mostOldTools {
		t.Errorf("%d remembered", len(again.list))
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("files: %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, oldToolsName), []byte("{nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := &oldTools{dir: dir}
	if broken.has(a) {
		t.Error("a broken file says something")
	}
	if err := broken.add(a); err != nil || !(&oldTools{dir: dir}).has(a) {
		t.Errorf("after a broken file: %v", err)
	}
}
