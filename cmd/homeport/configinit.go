package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"homeport/cause"
	"homeport/configs"
)

// initOptions are the flags of config init.
type initOptions struct {
	dest  string
	yes   bool
	force bool
}

func newConfigInitCommand(a *app) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init [--dest DIR] [--yes] [--force]",
		Short: "Write a commented configuration, and make the folder for the backups",
		Long: `Write a commented configuration, and make the folder for the backups.

In a terminal it shows the places that make sense, and one question; Enter takes the
first. Elsewhere, and with --yes, it takes the first by itself. A configuration that is
there is never written over; with --force it is kept beside the new one.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConfigInit(cmd.Context(), a, o) },
	}
	cmd.Flags().StringVar(&o.dest, "dest", "", "keep the backups in `DIR`, and ask nothing")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "ask nothing, take the best place")
	cmd.Flags().BoolVar(&o.force, "force", false, "write a new file where there is one, and keep the old one beside it")
	return cmd
}

func runConfigInit(ctx context.Context, a *app, o initOptions) error {
	path, err := a.configPath()
	if err != nil {
		return err
	}
	_, missing := os.Lstat(path)
	if missing == nil && !o.force {
		return a.keepConfig(path, o)
	}
	dest, err := a.chooseDestination(ctx, o)
	if err != nil {
		return err
	}
	if err := a.makeFolder(dest); err != nil {
		return err
	}
	old := ""
	if missing == nil {
		if old, err = setAsideFile(path); err != nil {
			return err
		}
	}
	if err := configs.Init(path, a.spelled(dest)); err != nil {
		return errors.Join(err, putBack(old, path))
	}
	if _, err := a.load(settings{}); err != nil { // such as a variable that is wrong
		return err
	}
	a.tellInit(path, old, dest, true)
	return nil
}

// keepConfig leaves a file as it is, and makes the folder that it names. A --dest that
// it does not name is not just dropped.
func (a *app) keepConfig(path string, o initOptions) error {
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	if o.dest != "" {
		if dest, err := filepath.Abs(o.dest); err != nil || dest != cfg.Destination {
			return usageError{fmt.Errorf("%s is there already and says %s; change the line destination in it, or add --force for a new file", path, cfg.Destination)}
		}
	}
	if err := a.makeFolder(cfg.Destination); err != nil {
		return err
	}
	a.tellInit(path, "", cfg.Destination, false)
	return nil
}

func (a *app) tellInit(path, old, dest string, written bool) {
	if a.json {
		out := map[string]any{"config": path, "written": written, "destination": dest}
		if old != "" {
			out["old"] = old
		}
		a.printJSON(out)
		return
	}
	if old != "" {
		a.printf("the old one is kept: %s\n", old)
	}
	if written {
		a.printf("written: %s\n", path)
	} else {
		a.printf("kept: %s is there already\n", path)
	}
	a.printf("backups go to: %s\n", clean(dest))
	a.printf("next: homeport doctor, to see whether a backup would go well\n")
	a.printf("then: homeport service install, to have it done whenever an iPhone is plugged in\n")
}

// spelled is a destination as the file gets it: the usual place is not spelled out,
// since it is another one in another account.
func (a *app) spelled(dest string) string {
	if paths, err := configs.SystemPaths(); err == nil && dest == paths.Destination {
		return ""
	}
	return dest
}

// chooseDestination is the place that a flag or the environment names, that a person
// chooses, or the best one.
func (a *app) chooseDestination(ctx context.Context, o initOptions) (string, error) {
	if o.dest == "" {
		o.dest = os.Getenv("HOMEPORT_DESTINATION")
	}
	if o.dest != "" {
		return namedPlace(o.dest)
	}
	paths, err := configs.SystemPaths()
	if err != nil {
		return "", err
	}
	good, bad := a.places(ctx, paths.Destination)
	if len(good) == 0 {
		return "", noPlace(bad)
	}
	if o.yes || a.json || !a.person() {
		return good[0].dir, nil
	}
	return a.askPlace(ctx, good, bad)
}

// person says that somebody sits at both ends.
func (a *app) person() bool {
	in, ok := a.stdin.(*os.File)
	out := file(a.stdout)
	return ok && out != nil && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// noPlace is the error of a computer where no backup can be kept.
func noPlace(bad []place) error {
	var why []string
	for _, p := range bad {
		why = append(why, p.dir+": "+p.why)
	}
	return cause.New(cause.ConfigInvalid, cause.Evidence{
		"reason":  "no place for backups was found (" + strings.Join(why, "; ") + ")",
		"allowed": "--dest with a folder on a drive that has room",
	}, errors.New("find a place for backups"))
}

// askTries is how often a person may mistype.
const askTries = 3

// askPlace lets a person choose.
func (a *app) askPlace(ctx context.Context, good, bad []place) (string, error) {
	a.printf("Where should the backups go?\n")
	for i, p := range good {
		a.printf("  %d  %s\n     %s\n", i+1, clean(p.dir), clean(p.about()))
	}
	for _, p := range bad {
		a.printf("  -  %s\n     not offered: %s\n", clean(p.dir), clean(p.why))
	}
	in := bufio.NewReader(io.LimitReader(a.stdin, 64<<10))
	for range askTries {
		a.printf("A number, or the path of another folder [1]: ")
		line, err := abandon(ctx, func() (string, error) { return in.ReadString('\n') })
		if ctx.Err() != nil {
			a.printf("\n")
			return "", context.Cause(ctx)
		}
		if err != nil {
			return "", usageError{errors.New("no place was chosen")}
		}
		dest, ok := answered(strings.TrimSpace(line), good)
		if ok {
			return dest, nil
		}
		a.printf("That is neither a number from 1 to %d nor the full path of a folder.\n", len(good))
	}
	return "", usageError{errors.New("no place was chosen; name one with --dest")}
}

// answered is the place that an answer means.
func answered(line string, good []place) (string, bool) {
	if line == "" {
		return good[0].dir, true
	}
	if n, err := strconv.Atoi(line); err == nil {
		if n < 1 || n > len(good) {
			return "", false
		}
		return good[n-1].dir, true
	}
	line = atHome(line)
	return filepath.Clean(line), filepath.IsAbs(line)
}

// atHome spells out the ~ of a path that no shell has read.
func atHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"+string(filepath.Separator)); ok && homeFolder() != "" {
		return filepath.Join(homeFolder(), rest)
	}
	return path
}

// namedPlace is the folder that a person named. Its last part is made; what it lies in must
// be there, or a drive that is away would turn into a folder.
func namedPlace(path string) (string, error) {
	dest, err := filepath.Abs(atHome(path))
	if err != nil {
		return "", usageError{err}
	}
	inside := filepath.Dir(dest)
	if _, err := os.Stat(inside); errors.Is(err, fs.ErrNotExist) {
		return "", cause.New(cause.DestinationMissing, cause.Evidence{"path": dest, "inside": inside}, err)
	}
	if info, err := os.Stat(dest); err == nil && !info.IsDir() {
		return "", cause.New(cause.DestinationNotWritable, cause.Evidence{"path": dest, "noFolder": dest}, fmt.Errorf("keep backups in %s: it is no folder", dest))
	}
	return dest, nil
}

// setAsideFile renames a file to the first of .bak, .bak2 and so on that is free.
func setAsideFile(path string) (string, error) {
	for n := 1; n < 1000; n++ {
		name := path + ".bak"
		if n > 1 {
			name += strconv.Itoa(n)
		}
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(path, name); err != nil {
				return "", fmt.Errorf("keep the old settings: %w", err)
			}
			return name, nil
		}
	}
	return "", fmt.Errorf("keep the old settings: there are too many beside %s", path)
}

// putBack undoes setAsideFile.
func putBack(old, path string) error {
	if old == "" {
		return nil
	}
	return os.Rename(old, path)
}
