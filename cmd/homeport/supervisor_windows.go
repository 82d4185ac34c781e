package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/windows"

	"homeport/configs"
	"homeport/configs/service"
)

// systemSupervisor is the Task Scheduler, or the service manager for a computer that
// nobody logs on to.
func systemSupervisor(a *app, o serviceOptions) (supervisor, error) {
	if o.user != "" {
		return nil, usageError{errors.New("--user is not for Windows: the service runs as the system, with your settings")}
	}
	program, err := ownProgram()
	if err != nil {
		return nil, err
	}
	args, err := a.serviceArgs()
	if err != nil {
		return nil, err
	}
	if o.system {
		return scmManager{state: a.stateFolder()}, nil
	}
	state := func(args []string) string {
		if i := slices.Index(args, "--state"); i >= 0 && i+1 < len(args) {
			return args[i+1]
		}
		paths, err := configs.SystemPaths() // what this terminal says is not what that one did
		if err != nil {
			return a.stateFolder()
		}
		return paths.StateDir
	}
	begin := func(program string, args []string) error {
		if _, runs := runningDaemon(state(args)); runs {
			return nil
		}
		return startApart(program, args)
	}
	end := func(ctx context.Context, args []string) error { return endDaemon(ctx, state(args)) }
	return taskManager{run: runCommand, begin: begin, end: end, split: splitLine, spec: service.Spec{Program: program, Args: args}}, nil
}

// splitLine takes a command line apart as Windows does.
func splitLine(line string) []string {
	if line == "" {
		return nil
	}
	words, err := windows.DecomposeCommandLine(line)
	if err != nil {
		return nil
	}
	return words
}

// systemSpec adds what Windows needs to know: whose log-on starts the task. A task has
// no environment of its own.
func systemSpec(spec *service.Spec, o serviceOptions) ([]string, error) {
	var notes []string
	if o.system {
		// The system's own account would look for everything in its own profile.
		for _, name := range []string{"USERPROFILE", "APPDATA", "LOCALAPPDATA"} {
			if value := os.Getenv(name); value != "" {
				spec.Env = append(spec.Env, service.Variable{Name: name, Value: value})
			}
		}
		return []string{"it runs as the system, with the settings and the backup folder of this account"}, nil
	}
	for _, v := range spec.Env {
		notes = append(notes, "the service does not see "+v.Name+" of this terminal; set it for your account with: setx "+v.Name)
	}
	spec.Env = nil
	me, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("find this account: %w", err)
	}
	spec.User = me.Username
	return notes, nil
}

// usualProgramFolder is where a program of a person lies.
func usualProgramFolder() string {
	dir, err := os.UserCacheDir() // %LOCALAPPDATA%
	if err != nil {
		return `%LOCALAPPDATA%\Programs\Homeport`
	}
	return filepath.Join(dir, "Programs", "Homeport")
}

// managerEnviron is the environment of schtasks and reg.
func managerEnviron(environ []string) []string { return environ }

// startApart starts a program that has no console and outlives this one.
func startApart(program string, args []string) error {
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start homeport: %w", err)
	}
	return cmd.Process.Release()
}

// stopEventName is the event by which the daemon of a process is asked to end.
func stopEventName(pid int) *uint16 {
	return windows.StringToUTF16Ptr(fmt.Sprintf(`Local\homeport-stop-%d`, pid))
}

// endDaemon asks the daemon that runs as a service in this session to end, as one
// signal would, and waits until it has.
func endDaemon(ctx context.Context, state string) error {
	info, there := runningDaemon(state)
	if !there || info.How != asService || info.PID == 0 {
		return nil
	}
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(info.PID))
	if err != nil {
		return fmt.Errorf("stop process %d: %w", info.PID, err)
	}
	defer windows.CloseHandle(process)
	event, err := windows.OpenEvent(windows.EVENT_MODIFY_STATE, false, stopEventName(info.PID))
	if err != nil {
		return fmt.Errorf("stop process %d: it takes no request: %w", info.PID, err)
	}
	defer windows.CloseHandle(event)
	if err := windows.SetEvent(event); err != nil {
		return fmt.Errorf("stop process %d: %w", info.PID, err)
	}
	const look = 200 // milliseconds
	for waited := int64(0); waited < managerTime.Milliseconds(); waited += look {
		if state, err := windows.WaitForSingleObject(process, look); err != nil || state == windows.WAIT_OBJECT_0 {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return fmt.Errorf("stop process %d: it has not ended within %v", info.PID, managerTime)
}
