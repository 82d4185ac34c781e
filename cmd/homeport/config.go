package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"homeport/cause"
	"homeport/configs"
)

func newConfigCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config init|show|check|path",
		Short: "The configuration: write one, show it, check it",
		Args:  noArgs,
		RunE:  a.group,
	}
	verb := func(use, short string, do func(*app) error) {
		cmd.AddCommand(&cobra.Command{Use: use, Short: short, Args: noArgs,
			RunE: func(*cobra.Command, []string) error { return do(a) }})
	}
	verb("init", "Write a commented configuration, and make the folder for the backups", runConfigInit)
	verb("show", "Show the configuration in force, and where each setting comes from", runConfigShow)
	verb("check", "Check the configuration file", runConfigCheck)
	verb("path", "Show where things are", runConfigPath)
	return cmd
}

// configPath is the configuration file in use.
func (a *app) configPath() (string, error) {
	for _, file := range []string{a.configFile, os.Getenv("HOMEPORT_CONFIG")} {
		if file != "" {
			return filepath.Abs(file)
		}
	}
	paths, err := configs.SystemPaths()
	return paths.ConfigFile, err
}

func runConfigInit(a *app) error {
	path, err := a.configPath()
	if err != nil {
		return err
	}
	written := true
	if err := configs.Init(path); errors.Is(err, fs.ErrExist) {
		written = false
	} else if err != nil {
		return err
	}
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	if err := a.makeFolder(cfg); err != nil {
		return err
	}
	if a.json {
		a.printJSON(map[string]any{"config": path, "written": written, "destination": cfg.Destination})
		return nil
	}
	if written {
		a.printf("written: %s\n", path)
	} else {
		a.printf("kept: %s is there already\n", path)
	}
	a.printf("backups go to: %s\n", cfg.Destination)
	a.printf("next: homeport doctor\n")
	return nil
}

// makeFolder makes the destination. Of the usual place all folders are made; of
// one that the person chose only the last, so that a drive stays missing.
func (a *app) makeFolder(cfg configs.Config) error {
	if paths, err := configs.SystemPaths(); err == nil && cfg.Destination == paths.Destination {
		if err := os.MkdirAll(filepath.Dir(cfg.Destination), 0o700); err != nil {
			return cause.New(cause.DestinationNotWritable, cause.Evidence{"path": cfg.Destination}, err)
		}
	}
	return a.adopt(cfg.Destination)
}

func runConfigShow(a *app) error {
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	if a.json {
		a.printJSON(cfg)
		return nil
	}
	text, err := configs.Show(cfg)
	if err != nil {
		return err
	}
	a.printf("%s", text)
	return nil
}

func runConfigCheck(a *app) error {
	path, err := a.configPath()
	if err != nil {
		return err
	}
	if _, err := a.load(settings{}); err != nil {
		return err
	}
	_, err = os.Stat(path)
	there := err == nil
	if a.json {
		a.printJSON(map[string]any{"config": path, "exists": there, "ok": true})
		return nil
	}
	if !there {
		a.printf("%s is not there; the defaults hold (homeport config init writes one)\n", path)
		return nil
	}
	a.printf("%s is good\n", path)
	return nil
}

func runConfigPath(a *app) error {
	path, err := a.configPath()
	if err != nil {
		return err
	}
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	paths, err := configs.SystemPaths()
	if err != nil {
		return err
	}
	state := paths.StateDir
	if s := a.state(); s != "" {
		state = s
	}
	if a.json {
		a.printJSON(map[string]string{"config": path, "state": state, "log": cfg.Log.Dir, "destination": cfg.Destination})
		return nil
	}
	for _, row := range [][2]string{{"config", path}, {"state", state}, {"log", cfg.Log.Dir}, {"destination", cfg.Destination}} {
		a.printf("%-12s %s\n", row[0], row[1])
	}
	return nil
}
