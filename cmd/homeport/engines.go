package main

import (
	"context"
	"errors"
	"strings"

	"homeport/agent"
	"homeport/backup"
	"homeport/backup/idevicebackup2"
	"homeport/backup/mobilebackup2"
	"homeport/configs"
	"homeport/usbmux"
)

// engine is all that an engine can do.
type engine interface {
	backup.Engine
	agent.PasswordChanger
	agent.Restorer
}

// engines does each thing with the engine that the settings in force ask for.
type engines struct {
	config func() configs.Config
	native engine
	tool   func(path string) engine // the tool at engine_path
	old    *oldTools
}

// newEngines wires the engines together; config answers the settings in force.
func (a *app) newEngines(config func() configs.Config, mux *usbmux.Client) *engines {
	return &engines{
		config: config,
		native: mobilebackup2.New(mobilebackup2.Options{}),
		tool: func(path string) engine {
			return idevicebackup2.New(idevicebackup2.Options{Path: path, Mux: mux.Address().String()})
		},
		old: &oldTools{dir: a.stateFolder()},
	}
}

// asked says which engine the settings want for a phone. A flag says more than the
// settings of a single phone.
func asked(cfg configs.Config, udid string) configs.Engine {
	if strings.HasPrefix(cfg.Source("engine"), "flag") {
		return cfg.Engine
	}
	return cfg.For(udid).Engine
}

// Backup implements backup.Engine.
func (e *engines) Backup(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	cfg := e.config()
	if job.FS != nil { // the tool writes into the host's own, and in place
		return e.native.Backup(ctx, job, report)
	}
	switch asked(cfg, job.UDID) {
	case configs.EngineNative:
		return e.native.Backup(ctx, job, report)
	case configs.EngineLibimobiledevice:
		return e.tool(cfg.EnginePath).Backup(ctx, job, report)
	}
	return e.auto(ctx, cfg.EnginePath, job, report)
}

// Ready implements agent.Tools. Only a tool that is asked for by name can be
// missing.
func (e *engines) Ready(ctx context.Context, udid string) error {
	cfg := e.config()
	if asked(cfg, udid) != configs.EngineLibimobiledevice {
		return nil
	}
	_, err := idevicebackup2.Find(ctx, cfg.EnginePath)
	return err
}

// Tool implements agent.Tools.
func (e *engines) Tool(ctx context.Context, udid string) string {
	cfg := e.config()
	kind := asked(cfg, udid)
	if kind == configs.EngineNative {
		return ""
	}
	tool, err := idevicebackup2.Find(ctx, cfg.EnginePath)
	if err != nil || kind != configs.EngineLibimobiledevice && e.old.has(tool) {
		return ""
	}
	return "idevicebackup2"
}

// auto takes the installed tool when there is one that is not known to be too old,
// and the built-in engine otherwise. When the tool does not speak this phone's
// version, nothing has happened yet, neither in the folder nor on the phone: the
// same run goes on with the built-in engine, and the tool is remembered.
func (e *engines) auto(ctx context.Context, path string, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	tool, err := idevicebackup2.Find(ctx, path)
	if err != nil || e.old.has(tool) {
		res, nerr := e.native.Backup(ctx, job, report)
		if err != nil && path != "" {
			res.Odd = append(res.Odd, "engine_path: "+err.Error())
		}
		return res, nerr
	}
	res, err := e.tool(path).Backup(ctx, job, report)
	if err == nil || ctx.Err() != nil || !errors.Is(err, idevicebackup2.ErrTooOld) {
		return res, err
	}
	odd := []string{"the built-in engine went on: " + err.Error()}
	if err := e.old.add(tool); err != nil {
		odd = append(odd, "that was not remembered: "+err.Error())
	}
	res, err = e.native.Backup(ctx, job, report)
	res.Odd = append(odd, res.Odd...)
	return res, err
}

// ChangePassword implements agent.PasswordChanger. It is the built-in engine's,
// unless the tool is asked for by name and can be given the passwords.
func (e *engines) ChangePassword(ctx context.Context, change backup.PasswordChange, report func(backup.Progress)) error {
	cfg := e.config()
	if asked(cfg, change.UDID) == configs.EngineLibimobiledevice && typable(change.Old, change.New) {
		return e.tool(cfg.EnginePath).ChangePassword(ctx, change, report)
	}
	return e.native.ChangePassword(ctx, change, report)
}

// Restore implements agent.Restorer, as ChangePassword: the built-in engine holds
// every byte against the version's sums while it sends.
func (e *engines) Restore(ctx context.Context, job backup.RestoreJob, report func(backup.Progress)) (backup.RestoreResult, error) {
	cfg := e.config()
	if asked(cfg, job.UDID) == configs.EngineLibimobiledevice && typable(job.Password) {
		return e.tool(cfg.EnginePath).Restore(ctx, job, report)
	}
	return e.native.Restore(ctx, job, report)
}

// typable reports whether the tool can be given the passwords that there are.
func typable(passwords ...backup.Secret) bool {
	for _, s := range passwords {
		if s != "" && !idevicebackup2.CanType(s) {
			return false
		}
	}
	return true
}
