package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"homeport/configs/service"
)

// taskManager is Windows' Task Scheduler, and where that refuses, the Run key, which
// starts programs at log-on and knows nothing else.
type taskManager struct {
	run runner
	// begin starts a program in this session, apart from this one, unless the daemon runs
	// already; end asks the daemon that was started with args to end, and waits until it
	// has. Only the Run key needs begin.
	begin func(program string, args []string) error
	end   func(ctx context.Context, args []string) error
	split func(line string) []string // a command line, by Windows' rules
	spec  service.Spec               // what an install from here would start
}

// runKey is where Windows looks at log-on, and runKeyLength what it reads there.
const (
	runKeyLength = 260
	runKey       = `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`
)

func (m taskManager) name() string { return "start at log-on" }

// task reads the task; false when there is none.
func (m taskManager) task(ctx context.Context) (service.TaskState, bool) {
	out, _, err := m.run(ctx, "schtasks", "/Query", "/TN", service.TaskName, "/XML")
	if err != nil {
		return service.TaskState{}, false
	}
	t, err := service.ParseTask([]byte(out))
	return t, err == nil && t.Program != ""
}

// told is what the task says that is there, or the Run key.
func (m taskManager) told(ctx context.Context) (service.Spec, bool) {
	if t, there := m.task(ctx); there {
		return service.Spec{Program: t.Program, Args: m.split(t.Arguments)}, true
	}
	out, _, err := m.run(ctx, "reg", "query", runKey, "/v", service.TaskName)
	_, line, found := strings.Cut(out, "REG_SZ")
	if words := m.split(strings.TrimSpace(line)); err == nil && found && len(words) > 0 {
		return service.Spec{Program: words[0], Args: words[1:]}, true
	}
	return service.Spec{}, false
}

// was are the arguments of the daemon that an earlier install started, or those of one
// that an install from here would.
func (m taskManager) was(ctx context.Context) []string {
	if s, there := m.told(ctx); there {
		return s.Args
	}
	return m.spec.Args
}

// inRunKey says that the Run key starts Homeport.
func (m taskManager) inRunKey(ctx context.Context) bool {
	_, _, err := m.run(ctx, "reg", "query", runKey, "/v", service.TaskName)
	return err == nil
}

func (m taskManager) install(ctx context.Context, spec service.Spec, restart bool) ([]string, error) {
	was := m.was(ctx)
	before, there := m.task(ctx)
	line, err := service.CommandLine(service.Spec{Program: spec.Program, Args: spec.Args})
	if err != nil {
		return nil, err
	}
	refusal := m.createTask(ctx, spec)
	if refusal != nil {
		return m.installRunKey(ctx, line, was, restart, refusal)
	}
	var did []string
	if m.inRunKey(ctx) { // from a time when there was no task
		if _, said, err := m.run(ctx, "reg", "delete", runKey, "/v", service.TaskName, "/f"); err != nil {
			return nil, managerSaid("remove Run key", said, err)
		}
		did = append(did, "removed: the entry in the Run key")
	}
	after, _ := m.task(ctx)
	changed := there && before != after // also when it was switched off
	did = append(did, map[bool]string{true: "written anew", false: "written"}[there]+": the task "+service.TaskName+" of the Task Scheduler", "starts at log-on from now on")
	if changed || restart {
		if err := m.end(ctx, was); err != nil {
			return did, err
		}
	}
	return append(did, "started"), m.startTask(ctx)
}

// createTask writes the task over what is there.
func (m taskManager) createTask(ctx context.Context, spec service.Spec) error {
	text, err := service.Task(spec)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp("", "homeport-task-*.xml")
	if err != nil {
		return fmt.Errorf("write task: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write task: %w", err)
	}
	if _, said, err := m.run(ctx, "schtasks", "/Create", "/TN", service.TaskName, "/XML", f.Name(), "/F"); err != nil {
		return managerSaid("schtasks /Create", said, err)
	}
	if _, there := m.task(ctx); !there {
		_, _, _ = m.run(ctx, "schtasks", "/Delete", "/TN", service.TaskName, "/F")
		return errors.New("the task is not there afterwards")
	}
	return nil
}

// installRunKey is what remains without a task.
func (m taskManager) installRunKey(ctx context.Context, line string, was []string, restart bool, refusal error) ([]string, error) {
	if len(line) > runKeyLength {
		return nil, errors.Join(refusal, fmt.Errorf("the Run key holds %d characters, and the command line has %d", runKeyLength, len(line)))
	}
	did := []string{"the Task Scheduler refused (" + refusal.Error() + "), so the Run key is used: it starts Homeport at log-on, and does not start it again when it ends"}
	if _, said, err := m.run(ctx, "reg", "add", runKey, "/v", service.TaskName, "/t", "REG_SZ", "/d", line, "/f"); err != nil {
		return nil, errors.Join(refusal, managerSaid("write Run key", said, err))
	}
	did = append(did, "written: "+runKey+`\`+service.TaskName)
	if restart || !slices.Equal(was, m.spec.Args) {
		if err := m.end(ctx, was); err != nil {
			return did, err
		}
	}
	return append(did, "started"), m.begin(m.spec.Program, m.spec.Args)
}

// startTask runs the task now. IgnoreNew makes a second run of it nothing.
func (m taskManager) startTask(ctx context.Context) error {
	for _, args := range [][]string{{"/Change", "/TN", service.TaskName, "/ENABLE"}, {"/Run", "/TN", service.TaskName}} {
		if _, said, err := m.run(ctx, "schtasks", args...); err != nil {
			return managerSaid("schtasks "+args[0], said, err)
		}
	}
	return nil
}

func (m taskManager) start(ctx context.Context) error {
	if _, there := m.task(ctx); there {
		return m.startTask(ctx)
	}
	if s, there := m.told(ctx); there {
		return m.begin(s.Program, s.Args)
	}
	return errNotInstalled
}

// stop switches the task off first: it would start the program again within minutes.
func (m taskManager) stop(ctx context.Context) error {
	if t, there := m.task(ctx); there && t.Enabled {
		if _, said, err := m.run(ctx, "schtasks", "/Change", "/TN", service.TaskName, "/DISABLE"); err != nil {
			return managerSaid("schtasks /Change", said, err)
		}
	}
	return m.end(ctx, m.was(ctx))
}

func (m taskManager) uninstall(ctx context.Context) ([]string, error) {
	_, task := m.task(ctx)
	key := m.inRunKey(ctx)
	if !task && !key {
		return nil, nil
	}
	if err := m.stop(ctx); err != nil {
		return nil, err
	}
	did := []string{"stopped"}
	if task {
		if _, said, err := m.run(ctx, "schtasks", "/Delete", "/TN", service.TaskName, "/F"); err != nil {
			return did, managerSaid("schtasks /Delete", said, err)
		}
		did = append(did, "removed: the task "+service.TaskName)
	}
	if key {
		if _, said, err := m.run(ctx, "reg", "delete", runKey, "/v", service.TaskName, "/f"); err != nil {
			return did, managerSaid("remove Run key", said, err)
		}
		did = append(did, "removed: the entry in the Run key")
	}
	return did, nil
}

func (m taskManager) status(ctx context.Context) (serviceStatus, error) {
	t, there := m.task(ctx)
	if !there {
		s := serviceStatus{Installed: m.inRunKey(ctx)}
		if s.Installed {
			s.How, s.File, s.Automatic = "Run key at log-on", runKey+`\`+service.TaskName, true
			s.Notes = []string{"the Run key starts it at log-on; nothing starts it again when it ends"}
		}
		return s, nil
	}
	s := serviceStatus{Installed: true, How: "task at log-on", File: "the task " + service.TaskName + " of the Task Scheduler", Automatic: t.Enabled}
	out, _, err := m.run(ctx, "schtasks", "/Query", "/TN", service.TaskName, "/V", "/FO", "CSV", "/NH")
	if n, ended := service.ParseTaskResult(strings.TrimSpace(out)); err == nil && ended {
		s.Exit = &n
	}
	if !t.Enabled {
		s.Notes = []string{"stopped by hand; it stays so until: homeport service start"}
	}
	return s, nil
}
