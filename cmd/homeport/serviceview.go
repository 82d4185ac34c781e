package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"homeport/configs/service"
)

// serviceView is where a service has things, as the account sees it that it runs as.
type serviceView struct {
	Log     string   `json:"log"`     // the log file
	State   string   `json:"state"`   // the state folder
	Missing string   `json:"missing"` // the folder for the backups, when it is not there
	Kept    []string `json:"kept"`    // what an uninstall leaves, for a person
}

// newServicePlacesCommand is how root learns of the settings of another account: it
// runs the program as that account, and nothing of it is read with root's rights.
func newServicePlacesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "places",
		Short:  "Where the service of this account has things, as JSON",
		Hidden: true,
		Args:   noArgs,
		RunE: func(*cobra.Command, []string) error {
			v, err := a.view()
			if err == nil {
				a.printJSON(v)
			}
			return err
		},
	}
}

// view is what this account sees. Settings that are not valid are an error, and the rest
// is there all the same.
func (a *app) view() (serviceView, error) {
	v := serviceView{State: a.stateFolder(), Kept: a.whatStays()}
	cfg, err := a.load(settings{})
	if err != nil {
		return v, err
	}
	v.Log = filepath.Join(cfg.Log.Dir, "homeport.log")
	if _, err := os.Stat(cfg.Destination); errors.Is(err, fs.ErrNotExist) {
		v.Missing = cfg.Destination
	}
	return v, nil
}

// errNotOurs is the error of a view of an account that this one may not act for.
var errNotOurs = errors.New("the settings of another account are not read")

// viewOf is what the account sees that a service runs as.
func (a *app) viewOf(ctx context.Context, o serviceOptions, spec service.Spec) (serviceView, error) {
	if !o.system || spec.User == "" {
		return a.view()
	}
	if _, err := os.Stat(spec.Program); err != nil {
		own, err := ownProgram()
		if err != nil {
			return serviceView{}, err
		}
		spec.Program = own
	}
	args := spec.Args
	if n := len(args) - 2; n >= 0 && slices.Equal(args[n:], []string{"service", "run"}) {
		args = args[:n]
	}
	cmd, err := commandAs(ctx, spec.User, spec.Program, append(slices.Clone(args), "--json", "service", "places")...)
	if err != nil {
		return serviceView{}, err
	}
	for _, v := range spec.Env {
		cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
	}
	out, err := cmd.Output()
	if code, ended := exitOf(err); err != nil && !ended {
		return serviceView{}, advised{fmt.Errorf("%s cannot run it: %w", spec.User, err), "put the program where every account may run it: " + usualProgramFolder()}
	} else if ended && code != 0 {
		return serviceView{}, usageError{fmt.Errorf("the settings of %s: %s", spec.User, errorSaid(out))}
	}
	var v serviceView
	if err := json.Unmarshal(out, &v); err != nil {
		return v, fmt.Errorf("ask for the settings of %s: %w", spec.User, err)
	}
	return v, nil
}

// errorSaid is the message of an error that another Homeport printed as JSON.
func errorSaid(out []byte) string {
	var told struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(out, &told) != nil || told.Error.Message == "" {
		return "they cannot be read"
	}
	return told.Error.Message
}

// lost says what an earlier install told the service and this one does not: it may come
// from another terminal.
func lost(before, now service.Spec) []string {
	var notes []string
	for i := 0; i+1 < len(before.Args); i++ {
		flag, value := before.Args[i], before.Args[i+1]
		if at := slices.Index(now.Args, flag); len(flag) > 2 && flag[:2] == "--" && (at < 0 || at+1 >= len(now.Args) || now.Args[at+1] != value) {
			notes = append(notes, "it ran with "+flag+" "+value+" until now, and does no more; to keep that, install it with: homeport "+flag+" "+value+" service install")
		}
	}
	for _, v := range before.Env {
		if !slices.ContainsFunc(now.Env, func(n service.Variable) bool { return n.Name == v.Name }) {
			notes = append(notes, "it had "+v.Name+"="+v.Value+" until now, and has no more; to keep that, install it from a terminal where this is set")
		}
	}
	return notes
}
