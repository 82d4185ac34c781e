package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"homeport/cause"
	"homeport/configs/service"
)

// serviceReport is service status as JSON has it.
type serviceReport struct {
	How       string   `json:"how"`
	Installed bool     `json:"installed"`
	Automatic bool     `json:"automatic"`
	Running   bool     `json:"running"`
	StartedBy string   `json:"startedBy,omitempty"` // service or terminal
	PID       int      `json:"pid,omitempty"`
	Since     string   `json:"since,omitempty"`
	Activity  string   `json:"activity,omitempty"`
	File      string   `json:"file,omitempty"`
	LastExit  *int     `json:"lastExit,omitempty"`
	Ended     string   `json:"ended,omitempty"`
	Restarts  int      `json:"restarts"`
	Log       string   `json:"log,omitempty"`
	Notes     []string `json:"notes"`
	ExitCode  int      `json:"exitCode"`
}

func runServiceStatus(ctx context.Context, a *app, o serviceOptions) error {
	s, err := a.service(o)
	var r serviceReport
	switch {
	case errors.Is(err, errNoSupervisor):
		r = serviceReport{Notes: noSupervisorNotes(err)}
		r.look(a, o, a.stateFolder(), service.Spec{})
	case err != nil:
		return err
	default:
		if r, err = a.serviceReport(ctx, s, o); err != nil {
			return err
		}
	}
	switch {
	case !r.Installed:
		r.ExitCode = cause.ExitNoSuch
	case !r.Running:
		r.ExitCode = notRunning
	}
	if a.json {
		a.printJSON(r)
	} else {
		r.print(a.page(), time.Now(), o)
	}
	if r.ExitCode != 0 {
		return said{coded{r.ExitCode}}
	}
	return nil
}

// serviceReport asks the supervisor, the account that the service runs as, and the lock
// in its state folder.
func (a *app) serviceReport(ctx context.Context, s supervisor, o serviceOptions) (serviceReport, error) {
	st, err := s.status(ctx)
	if err != nil {
		return serviceReport{}, err
	}
	r := serviceReport{How: cmp.Or(st.How, s.name()), Installed: st.Installed, Automatic: st.Automatic, Running: st.Running, PID: st.PID,
		Activity: st.Activity, LastExit: st.Exit, Ended: st.Ended, Restarts: st.Restarts, Notes: nonNil(st.Notes)}
	if st.Installed {
		r.File = st.File
	}
	spec, _ := s.told(ctx)
	view, err := a.viewOf(ctx, o, spec)
	switch {
	case err == nil && (st.Installed || !o.system): // else it is whose account?
		r.Log = view.Log
	case err == nil:
	case errors.Is(err, errNotOurs):
		r.Notes = append(r.Notes, "it runs as "+spec.User+"; that account, or root, sees more of it")
	case st.Exit == nil || *st.Exit != cause.ExitUsage: // else that is told already
		r.Notes = append(r.Notes, "the configuration is not valid; read why: "+asAccount(o, spec)+"homeport config check")
	}
	r.look(a, o, view.State, spec)
	return r, nil
}

// noSupervisorNotes tell a person why there can be no service here, and what helps.
func noSupervisorNotes(err error) []string {
	notes := []string{err.Error()}
	if help, ok := errors.AsType[advised](err); ok {
		notes = append(notes, help.hint)
	}
	return notes
}

// look adds what the lock in the state folder says: whoever holds it runs, whatever
// a supervisor knows of it. What runs in a terminal is not the service. And it looks for
// the program.
func (r *serviceReport) look(a *app, o serviceOptions, state string, spec service.Spec) {
	if _, err := os.Stat(spec.Program); spec.Program != "" && errors.Is(err, fs.ErrNotExist) {
		r.Notes = append(r.Notes, "its program is not there any more: "+spec.Program+"; put it back, or install Homeport from where it is now: "+o.verb("install"))
		r.LastExit, r.Ended = nil, ""
	}
	info, there := runningDaemon(state)
	if !there || o.system && r.PID != info.PID {
		return
	}
	if info.How == inTerminal {
		r.Notes = append(r.Notes, "Homeport runs "+info.String())
		if !r.Running {
			r.StartedBy = inTerminal
		}
		return
	}
	if !r.Installed {
		r.Notes = append(r.Notes, "Homeport runs "+info.String()+", by another way than this; see also homeport service status"+map[bool]string{false: " --system"}[o.system])
		return
	}
	r.Running, r.StartedBy, r.LastExit, r.Ended = true, asService, nil, ""
	if info.PID > 0 {
		r.PID, r.Since = info.PID, info.Since.Format(time.RFC3339)
	}
	if info.replaced(spec.Program) {
		r.Notes = append(r.Notes, "its program was replaced since it began; the new one runs from the next start on, or now with: "+o.verb("install"))
	}
}

// print tells it to a person.
func (r *serviceReport) print(p *page, now time.Time, o serviceOptions) {
	switch {
	case r.Running:
		text := "running"
		if since, err := time.Parse(time.RFC3339, r.Since); err == nil {
			text += " since " + moment(since, now)
		}
		if r.PID > 0 {
			text += fmt.Sprintf(" (process %d)", r.PID)
		}
		p.row(markOK, "service", text)
	case r.Installed:
		p.row(markFail, "service", "installed, not running; start it with: "+o.verb("start"))
	case r.How == "":
		p.row(markSkip, "service", "not installed")
	default:
		p.row(markSkip, "service", "not installed; install it with: "+o.verb("install"))
	}
	if r.Activity != "" {
		p.row("", "now", r.Activity)
	}
	if r.Installed {
		starts := r.How
		if !r.Automatic {
			starts += ", which does not start it by itself"
		}
		p.row("", "started by", starts)
		p.row("", "written in", r.File)
	}
	switch {
	case r.Ended != "":
		p.row("", "last end", r.Ended)
	case r.LastExit != nil:
		p.row("", "last end", lastEnd(*r.LastExit))
	}
	if r.Restarts > 0 {
		p.row("", "restarts", fmt.Sprintf("%d since it was started by hand", r.Restarts))
	}
	if r.Log != "" {
		p.row("", "log", r.Log)
	}
	for _, n := range r.Notes {
		p.row(markNote, "", n)
	}
}

// lastEnd tells an exit code.
func lastEnd(code int) string {
	switch code {
	case 0:
		return "it was stopped, or ended by itself without trouble (exit code 0)"
	case cause.ExitUsage:
		return "its configuration is not valid (exit code 2); read why: homeport config check"
	}
	return fmt.Sprintf("exit code %d; the log says more", code)
}
