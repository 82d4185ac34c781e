package main

import (
	"context"
	"errors"
	"strings"

	"homeport/backup"
	"homeport/backup/idevicebackup2"
	"homeport/backup/mobilebackup2"
	"homeport/configs"
	"homeport/usbmux"
)

// engines makes each backup with the engine that the settings ask for.
type engines struct {
	asked  func(udid string) configs.Engine
	path   string // engine_path
	native backup.Engine
	tool   backup.Engine
	old    *oldTools
}

// newEngine wires the engines together.
func (a *app) newEngine(cfg configs.Config, mux *usbmux.Client) backup.Engine {
	return &engines{
		asked:  askedFor(cfg),
		path:   cfg.EnginePath,
		native: mobilebackup2.New(mobilebackup2.Options{}),
		tool:   idevicebackup2.New(idevicebackup2.Options{Path: cfg.EnginePath, Mux: mux.Address().String()}),
		old:    &oldTools{dir: a.stateFolder()},
	}
}

// askedFor says which engine is asked for. A flag says more than the settings of a
// single phone.
func askedFor(cfg configs.Config) func(udid string) configs.Engine {
	flag := strings.HasPrefix(cfg.Source("engine"), "flag")
	return func(udid string) configs.Engine {
		if flag {
			return cfg.Engine
		}
		return cfg.For(udid).Engine
	}
}

// Backup implements backup.Engine.
func (e *engines) Backup(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	switch e.asked(job.UDID) {
	case configs.EngineNative:
		return e.native.Backup(ctx, job, report)
	case configs.EngineLibimobiledevice:
		return e.tool.Backup(ctx, job, report)
	}
	return e.auto(ctx, job, report)
}

// auto takes the installed tool when there is one that is not known to be too old,
// and the built-in engine otherwise. When the tool does not speak this phone's
// version, nothing has happened yet, neither in the folder nor on the phone: the
// same run goes on with the built-in engine, and the tool is remembered.
func (e *engines) auto(ctx context.Context, job backup.Job, report func(backup.Progress)) (backup.Result, error) {
	tool, err := idevicebackup2.Find(ctx, e.path)
	if err != nil || e.old.has(tool) {
		res, nerr := e.native.Backup(ctx, job, report)
		if err != nil && e.path != "" {
			res.Odd = append(res.Odd, "engine_path: "+err.Error())
		}
		return res, nerr
	}
	res, err := e.tool.Backup(ctx, job, report)
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
