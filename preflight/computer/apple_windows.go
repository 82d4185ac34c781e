package computer

import (
	"context"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"homeport/preflight"
)

func appleSupport(context.Context) (preflight.AppleSupport, error) {
	f := appleFacts{service: serviceState(appleService)}
	f.packages = subKeys(registry.CURRENT_USER, `Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages`)
	for _, place := range []string{`SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`, `SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall`} {
		for _, name := range subKeys(registry.LOCAL_MACHINE, place) {
			f.programs = append(f.programs, text(registry.LOCAL_MACHINE, place+`\`+name, "DisplayName"))
		}
	}
	var err error
	f.processes, err = processNames()
	return appleSupportOf(f), err
}

// serviceState asks the service manager, with the right to ask and no other; 0 for
// a service that is not there.
func serviceState(name string) uint32 {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return 0
	}
	defer func() { _ = windows.CloseServiceHandle(manager) }()
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0
	}
	service, err := windows.OpenService(manager, wide, windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return 0
	}
	defer func() { _ = windows.CloseServiceHandle(service) }()
	var s windows.SERVICE_STATUS
	if windows.QueryServiceStatus(service, &s) != nil {
		return 0
	}
	return s.CurrentState
}
