package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"homeport/cause"
	"homeport/configs"
)

func newConfigCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config init|show|check|path|reload",
		Short: "The configuration: write one, show it, check it",
		Args:  noArgs,
		RunE:  a.group,
	}
	verb := func(use, short string, do func(*app) error) {
		cmd.AddCommand(&cobra.Command{Use: use, Short: short, Args: noArgs,
			RunE: func(*cobra.Command, []string) error { return do(a) }})
	}
	cmd.AddCommand(newConfigInitCommand(a))
	verb("show", "Show the configuration in force, and where each setting comes from", runConfigShow)
	verb("check", "Check the configuration file", runConfigCheck)
	verb("path", "Show where things are", runConfigPath)
	verb("reload", "Have the Homeport that runs read the configuration again", runConfigReload)
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

// makeFolder makes the destination. Of the usual place all folders are made; of
// one that the person chose only the last, so that a drive stays missing.
func (a *app) makeFolder(dest string) error {
	if paths, err := configs.SystemPaths(); err == nil && dest == paths.Destination {
		if err := os.MkdirAll(filepath.Dir(dest), 0o700); err != nil {
			return cause.New(cause.DestinationNotWritable, cause.Evidence{"path": dest}, err)
		}
	}
	return a.adopt(dest)
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
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	_, err = os.Stat(path)
	there := err == nil
	warnings := commandWarnings(cfg)
	if a.json {
		answer := map[string]any{"config": path, "exists": there, "ok": true}
		if len(warnings) > 0 {
			answer["warnings"] = warnings
		}
		a.printJSON(answer)
		return nil
	}
	for _, w := range warnings {
		fmt.Fprintf(a.stderr, "warning: %s\n", clean(w))
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
