package computer

import (
	"context"
	"unsafe"

	"golang.org/x/sys/windows"

	"homeport/preflight"
)

// drive asks the volume itself only when it is one of this computer: a share may
// hang.
func drive(_ context.Context, dir string) (preflight.Drive, error) {
	place := root(dir)
	if place == "" || place[0] == '\\' {
		return driveOfWindows(dir, windowsDrive{}), nil
	}
	path, err := windows.UTF16PtrFromString(place)
	if err != nil {
		return preflight.Drive{}, err
	}
	w := windowsDrive{kind: windows.GetDriveType(path)}
	if w.remote = connection(place[:2]); w.kind != noRootDir && w.kind != remoteDrive {
		var flags uint32
		system := make([]uint16, windows.MAX_PATH+1)
		if windows.GetVolumeInformation(path, nil, 0, nil, nil, &flags, &system[0], uint32(len(system))) == nil {
			w.readOnly, w.system = flags&windows.FILE_READ_ONLY_VOLUME != 0, windows.UTF16ToString(system)
		}
	}
	return driveOfWindows(dir, w), nil
}

// connection is the share that a letter stands for, connected now or only
// remembered.
func connection(letter string) string {
	name, err := windows.UTF16PtrFromString(letter)
	if err != nil {
		return ""
	}
	share := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(share))
	call := windows.NewLazySystemDLL("mpr.dll").NewProc("WNetGetConnectionW")
	if call.Find() != nil {
		return ""
	}
	const notConnectedNow = 1201 // ERROR_CONNECTION_UNAVAIL: the name is given all the same
	no, _, _ := call.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&share[0])), uintptr(unsafe.Pointer(&size)))
	if no != 0 && no != notConnectedNow {
		return ""
	}
	return windows.UTF16ToString(share)
}
