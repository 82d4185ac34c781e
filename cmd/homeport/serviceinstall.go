package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"homeport/configs/service"
)

func runServiceInstall(ctx context.Context, a *app, o serviceOptions) error {
	s, err := a.service(o)
	if err != nil {
		return err
	}
	spec, notes, err := a.serviceSpec(o)
	if err != nil {
		return err
	}
	view, err := a.viewOf(ctx, o, spec)
	if err != nil && !errors.Is(err, errNotOurs) { // whose files are not ours to write either: told below
		return err
	}
	if before, there := s.told(ctx); there {
		notes = append(notes, lost(before, spec)...)
	}
	info, running := runningDaemon(view.State)
	restart := running && info.How == asService && info.replaced(spec.Program)
	did, err := s.install(ctx, spec, restart)
	if err != nil {
		a.tellSteps(did)
		return unfitPath(err)
	}
	if running && info.How == inTerminal {
		notes = append(notes, "Homeport runs "+info.String()+"; the service takes over when that ends")
	}
	if view.Missing != "" {
		notes = append(notes, "the folder for the backups is not there: "+view.Missing+"; make it with: "+asAccount(o, spec)+"homeport config init")
	}
	if a.json {
		a.printJSON(map[string]any{"how": s.name(), "program": spec.Program, "did": nonNil(did), "notes": nonNil(notes)})
		return nil
	}
	a.printf("%s\n", s.name())
	a.tellSteps(did)
	for _, n := range notes {
		a.printf("note: %s\n", clean(n))
	}
	a.printf("see how it is: %s\n", o.verb("status"))
	return nil
}

// verb is a service verb as a person types it.
func (o serviceOptions) verb(name string) string {
	if o.system {
		return "homeport service " + name + " --system"
	}
	return "homeport service " + name
}

// asAccount goes before a command that is for the account that the service runs as.
func asAccount(o serviceOptions, spec service.Spec) string {
	if !o.system || spec.User == "" {
		return ""
	}
	return "sudo -H -u " + spec.User + " "
}

// unfitPath adds what helps when a path cannot be told to a service.
func unfitPath(err error) error {
	if errors.Is(err, service.ErrUnfit) {
		return advised{err, "move the program, or its settings, to a path without such signs"}
	}
	return err
}

// serviceSpec is what is to be started.
func (a *app) serviceSpec(o serviceOptions) (service.Spec, []string, error) {
	program, err := ownProgram()
	if err != nil {
		return service.Spec{}, nil, err
	}
	if why := unstable(program, os.TempDir(), homeFolder()); why != "" && !o.force {
		return service.Spec{}, nil, usageError{fmt.Errorf("%s lies %s, from where the service could not start it later; move it to %s and run it from there, or add --force", program, why, usualProgramFolder())}
	}
	args, err := a.serviceArgs()
	if err != nil {
		return service.Spec{}, nil, err
	}
	env, left := serviceEnv(os.Environ())
	var notes []string
	if len(left) > 0 {
		notes = append(notes, "the service does not see "+strings.Join(left, ", ")+" of this terminal; put it into the configuration file")
	}
	spec := service.Spec{Program: program, Args: args, Env: env}
	more, err := systemSpec(&spec, o)
	return spec, append(notes, more...), err
}

func homeFolder() string {
	home, _ := os.UserHomeDir() // "" knows no folders
	return home
}

// ownProgram is the path of this program as the person called it: a link, as package
// managers make them, stays right when the version behind it changes.
func ownProgram() (string, error) {
	real, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	typed, err := exec.LookPath(os.Args[0])
	if err == nil {
		typed, err = filepath.Abs(typed)
	}
	if err != nil || !sameFile(typed, real) {
		return real, nil
	}
	return typed, nil
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// passingFolders are folders of a home in which nothing stays for long, in English as
// the systems have them on disk.
var passingFolders = []string{"Downloads", ".cache", ".Trash", "Trash"}

// unstable says why a program may not stay where it is; "" when nothing says so.
func unstable(program, temp, home string) string {
	parts := strings.FieldsFunc(program, func(r rune) bool { return r == '/' || r == filepath.Separator })
	for _, part := range parts {
		switch {
		case strings.HasPrefix(part, "go-build"):
			return "where go run builds"
		case part == "AppTranslocation":
			return "in a place that macOS made for this one start"
		}
	}
	for _, dir := range []string{temp, "/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp", "/dev/shm", "/run"} {
		if inside(program, dir) {
			return "in a folder for temporary files"
		}
	}
	for _, name := range passingFolders {
		if home != "" && inside(program, filepath.Join(home, name)) {
			return "in " + filepath.Join(home, name)
		}
	}
	return ""
}

// inside says that path lies below dir.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsAbs(dir) && rel != "." && !slices.Contains(strings.Split(filepath.ToSlash(rel), "/"), "..")
}
