package preflight

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// Volume asks Windows. gopsutil ignores quotas and file systems there.
func (HostDisk) Volume(dir string) (Volume, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return Volume{}, fmt.Errorf("find drive: %w", err)
	}
	var v Volume
	var free, total, all uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, &total, &all); err != nil {
		return Volume{}, fmt.Errorf("measure drive: %w", err)
	}
	v.Free, v.Total = int64(free), int64(total)
	root := make([]uint16, windows.MAX_LONG_PATH)
	if err := windows.GetVolumePathName(path, &root[0], uint32(len(root))); err != nil {
		return v, nil
	}
	v.Network = windows.GetDriveType(&root[0]) == windows.DRIVE_REMOTE
	name, system := make([]uint16, windows.MAX_PATH+1), make([]uint16, windows.MAX_PATH+1)
	err = windows.GetVolumeInformation(&root[0], &name[0], uint32(len(name)), nil, nil, nil, &system[0], uint32(len(system)))
	if err == nil {
		v.Name, v.FileSystem = windows.UTF16ToString(name), windows.UTF16ToString(system)
	}
	return v, nil
}
