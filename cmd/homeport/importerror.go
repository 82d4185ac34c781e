package main

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"strings"
	"syscall"

	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/preflight/computer"
)

// unreadable gives an error of looking for backups in a folder its cause, where it has
// one.
func unreadable(place string, err error) error {
	refused := func(reason string) error {
		return cause.New(cause.ImportRefused, cause.Evidence{"path": place, "reason": reason, "none": true}, err)
	}
	switch {
	case errors.Is(err, fs.ErrPermission) && strings.Contains(slashed(place), "/Library/Application Support/MobileSync"):
		return cause.New(cause.FullDiskAccessMissing, cause.Evidence{"path": place}, err)
	case errors.Is(err, fs.ErrPermission):
		return refused("this account may not read it")
	case errors.Is(err, fs.ErrNotExist):
		return refused("there is no such folder")
	case errors.Is(err, syscall.ENOTDIR):
		return refused("it is a file, and a folder is wanted")
	}
	return err
}

func slashed(path string) string { return strings.ReplaceAll(path, `\`, "/") }

// explainImport adds to an error of an import what only the verb knows: who is likely
// to have the folder open, and whether the destination is one that nobody made yet.
func (a *app) explainImport(ctx context.Context, cfg configs.Config, err error) error {
	e, ok := errors.AsType[*cause.Error](err)
	if !ok {
		return err
	}
	told := *e
	told.Evidence = maps.Clone(e.Evidence)
	if told.Evidence == nil {
		told.Evidence = cause.Evidence{}
	}
	switch e.ID {
	case cause.SyncLockHeld, cause.FileLocked:
		if list, perr := computer.Facts().Programs(ctx); perr == nil {
			if name := preflight.Culprit(e.ID, list); name != "" {
				told.Evidence["program"] = name
			}
		}
	case cause.DestinationMissing:
		if cfg.Source("destination") == "default" {
			told.Evidence["usual"] = cfg.Destination
		}
	default:
		return err
	}
	if file, _ := told.Evidence["file"].(string); e.ID == cause.FileLocked && file != "" {
		return advised{&told, "close the program that shows or makes this backup: it has not finished with " + file +
			"; if that file stays although none is open, import a copy of the folder without it"}
	}
	return &told
}
