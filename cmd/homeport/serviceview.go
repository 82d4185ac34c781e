package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

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

// viewTime is how long the program of another account may take to say where it has things.
const viewTime = 30 * time.Second

// viewOf is what the service sees: as the account that it runs as, and with what it was
// told when it was installed, which another terminal may have said.
func (a *app) viewOf(ctx context.Context, o serviceOptions, spec service.Spec) (serviceView, error) {
	if spec.Program == "" || !o.system && a.tellsTheSame(spec) {
		return a.view()
	}
	if !o.system {
		spec.User = ""
	}
	ctx, cancel := context.WithTimeout(ctx, viewTime)
	defer cancel()
	cmd, err := placesOf(ctx, spec)
	if err != nil {
		return serviceView{}, err
	}
	var out bytes.Buffer
	cmd.Stdout = &bounded{w: &out, left: managerOutput}
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	owner := cmp.Or(spec.User, "this account")
	if ctx.Err() != nil {
		return serviceView{}, fmt.Errorf("ask for the settings of %s: no answer within %v", owner, viewTime)
	}
	if code, ended := exitOf(err); err != nil && !ended {
		return serviceView{}, advised{fmt.Errorf("%s cannot run it: %w", owner, err), "put the program where every account may run it: " + usualProgramFolder()}
	} else if ended && code != 0 {
		return serviceView{}, usageError{fmt.Errorf("the settings of %s: %s", owner, errorSaid(out.Bytes()))}
	}
	var v serviceView
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		return v, fmt.Errorf("ask for the settings of %s: %w", owner, err)
	}
	return v, nil
}

// placesOf is this program, run to say where another service has things: the one that is
// installed may be of an age that cannot.
func placesOf(ctx context.Context, spec service.Spec) (*exec.Cmd, error) {
	own, err := ownProgram()
	if err != nil {
		return nil, err
	}
	args := spec.Args
	if n := len(args) - 2; n >= 0 && slices.Equal(args[n:], []string{"service", "run"}) {
		args = args[:n]
	}
	cmd, err := commandAs(ctx, spec.User, own, append(slices.Clone(args), "--json", "service", "places")...)
	if err != nil {
		return nil, err
	}
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "HOMEPORT_") })
	for _, v := range spec.Env {
		cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
	}
	return cmd, nil
}

// tellsTheSame says that an install from here would tell the service what it was told.
func (a *app) tellsTheSame(spec service.Spec) bool {
	args, err := a.serviceArgs()
	env, _ := serviceEnv(os.Environ())
	return err == nil && slices.Equal(args, spec.Args) && slices.Equal(env, spec.Env)
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
			told := flag + " " + quoted(value)
			notes = append(notes, "it ran with "+told+" until now, and does no more; to keep that, install it with: homeport "+told+" service install")
		}
	}
	for _, v := range before.Env {
		if !slices.ContainsFunc(now.Env, func(n service.Variable) bool { return n.Name == v.Name }) {
			notes = append(notes, "it had "+v.Name+"="+v.Value+" until now, and has no more; to keep that, install it from a terminal where this is set")
		}
	}
	return notes
}
