package main

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"homeport/configs/service"
)

// scmManager is Windows' service manager, for a computer that nobody logs on to.
type scmManager struct {
	state string // the state folder
}

// serviceKey is where Windows keeps what it knows of the service.
const serviceKey = `SYSTEM\CurrentControlSet\Services\` + service.TaskName

func (m scmManager) name() string { return "Windows service" }

// open opens the service. It is nil when there is none.
func (m scmManager) open() (*mgr.Mgr, *mgr.Service, error) {
	manager, err := mgr.Connect()
	if err != nil {
		return nil, nil, needsAdmin(fmt.Errorf("open service manager: %w", err))
	}
	s, err := manager.OpenService(service.TaskName)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return manager, nil, nil
	}
	if err != nil {
		_ = manager.Disconnect()
		return nil, nil, needsAdmin(fmt.Errorf("open service: %w", err))
	}
	return manager, s, nil
}

// told knows nothing: what the service manager keeps is one command line.
func (m scmManager) told(context.Context) (service.Spec, bool) { return service.Spec{}, false }

func needsAdmin(err error) error {
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return advised{err, "run it in a terminal that was opened as administrator"}
	}
	return err
}

func (m scmManager) install(ctx context.Context, spec service.Spec, _ bool) ([]string, error) {
	spec.Args = append(spec.Args, "--manager")
	line, err := service.CommandLine(spec)
	if err != nil {
		return nil, err
	}
	manager, s, err := m.open()
	if err != nil {
		return nil, err
	}
	defer manager.Disconnect()
	done := "written: the service "
	if s == nil {
		s, err = manager.CreateService(service.TaskName, spec.Program, mgr.Config{StartType: mgr.StartAutomatic}, spec.Args...)
		if err != nil {
			return nil, needsAdmin(fmt.Errorf("make service: %w", err))
		}
	} else {
		done = "written anew: the service "
		if err := halt(ctx, s); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	defer s.Close()
	left, err := tellRest(s, line, spec.Env)
	if err != nil {
		return nil, needsAdmin(err)
	}
	did := append([]string{done + service.TaskName, "starts with the computer from now on"}, left...)
	if err := launch(ctx, s); err != nil {
		return did, err
	}
	return append(did, "started"), nil
}

// launch starts the service, and waits until it runs or has ended.
func launch(ctx context.Context, s *mgr.Service) error {
	if err := s.Start(); err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
		return fmt.Errorf("start service: %w", err)
	}
	status, err := await(ctx, s, func(state svc.State) bool { return state != svc.StartPending })
	if err != nil {
		return fmt.Errorf("start service: %w", err)
	}
	if status.State == svc.Stopped {
		return advised{fmt.Errorf("start service: it ended at once, with exit code %d", status.ServiceSpecificExitCode), "the log says why: homeport service status --system names it"}
	}
	return nil
}

// await asks the service how it is until the answer is right.
func await(ctx context.Context, s *mgr.Service, right func(svc.State) bool) (svc.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, managerTime)
	defer cancel()
	for {
		status, err := s.Query()
		if err != nil {
			return status, fmt.Errorf("ask service: %w", err)
		}
		if right(status.State) {
			return status, nil
		}
		select {
		case <-ctx.Done():
			return status, fmt.Errorf("it is not done yet: %w", context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// restartPauses are how long Windows waits before it starts the service again.
var restartPauses = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}

// tellRest tells Windows the rest: the command line, what to do when it ends with an
// error, and its environment. did says what of it was refused and can be done without.
func tellRest(s *mgr.Service, line string, env []service.Variable) (did []string, err error) {
	path, err := windows.UTF16PtrFromString(line)
	if err != nil {
		return nil, fmt.Errorf("write service: %w", err)
	}
	err = windows.ChangeServiceConfig(s.Handle, windows.SERVICE_NO_CHANGE, windows.SERVICE_AUTO_START, windows.SERVICE_NO_CHANGE,
		path, nil, nil, nil, nil, nil, windows.StringToUTF16Ptr("Homeport"))
	if err != nil {
		return nil, fmt.Errorf("write service: %w", err)
	}
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, serviceKey, registry.SET_VALUE)
	if err != nil {
		return nil, fmt.Errorf("write environment of service: %w", err)
	}
	var list []string
	for _, v := range env {
		list = append(list, v.Name+"="+v.Value)
	}
	if err := errors.Join(key.SetStringsValue("Environment", list), key.Close()); err != nil {
		return nil, fmt.Errorf("write environment of service: %w", err)
	}
	var actions []mgr.RecoveryAction
	for _, pause := range restartPauses {
		actions = append(actions, mgr.RecoveryAction{Type: mgr.ServiceRestart, Delay: pause})
	}
	const day = 24 * 60 * 60
	if err := errors.Join(s.SetRecoveryActions(actions, day), s.SetRecoveryActionsOnNonCrashFailures(true)); err != nil {
		did = append(did, "Windows does not start it again when it ends with an error: "+err.Error())
	}
	return did, nil
}

// halt stops the service and waits until it has.
func halt(ctx context.Context, s *mgr.Service) error {
	status, err := s.Query()
	if err != nil {
		return fmt.Errorf("ask service: %w", err)
	}
	if status.State == svc.Stopped {
		return nil
	}
	if _, err := s.Control(svc.Stop); err != nil && !errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return fmt.Errorf("stop service: %w", err)
	}
	if _, err := await(ctx, s, func(state svc.State) bool { return state == svc.Stopped }); err != nil {
		return fmt.Errorf("stop service: %w", err)
	}
	return nil
}

// with does something with the service that is there.
func (m scmManager) with(do func(*mgr.Service) error) error {
	manager, s, err := m.open()
	if err != nil {
		return err
	}
	defer manager.Disconnect()
	if s == nil {
		return errNotInstalled
	}
	defer s.Close()
	return needsAdmin(do(s))
}

func (m scmManager) start(ctx context.Context) error {
	return m.with(func(s *mgr.Service) error { return launch(ctx, s) })
}

func (m scmManager) stop(ctx context.Context) error {
	return m.with(func(s *mgr.Service) error { return halt(ctx, s) })
}

func (m scmManager) uninstall(ctx context.Context) ([]string, error) {
	err := m.with(func(s *mgr.Service) error {
		if err := halt(ctx, s); err != nil {
			return err
		}
		if err := s.Delete(); err != nil {
			return fmt.Errorf("remove service: %w", err)
		}
		return nil
	})
	if errors.Is(err, errNotInstalled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []string{"stopped", "removed: the service " + service.TaskName}, nil
}

func (m scmManager) status(context.Context) (serviceStatus, error) {
	var st serviceStatus
	err := m.with(func(s *mgr.Service) error {
		q, err := s.Query()
		if err != nil {
			return fmt.Errorf("ask service: %w", err)
		}
		start, err := startType(s)
		if err != nil {
			return fmt.Errorf("read service: %w", err)
		}
		st = serviceStatus{Installed: true, File: "the service " + service.TaskName, Automatic: start == windows.SERVICE_AUTO_START,
			Running: q.State == svc.Running, PID: int(q.ProcessId)}
		if code := int(q.ServiceSpecificExitCode); !st.Running && windows.Errno(q.Win32ExitCode) == windows.ERROR_SERVICE_SPECIFIC_ERROR {
			st.Exit = &code
		}
		return nil
	})
	if errors.Is(err, errNotInstalled) {
		err = nil
	}
	return st, err
}

// startType is how Windows starts the service; mgr's Config asks for more, which not
// every Windows has.
func startType(s *mgr.Service) (uint32, error) {
	const most = 8 << 10 // bytes; the manager's own bound
	buffer := make([]uint64, most/8)
	config := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buffer[0]))
	var need uint32
	err := windows.QueryServiceConfig(s.Handle, config, most, &need)
	return config.StartType, err
}
