package usbmux

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// maxPnP is more than any computer has of USB devices.
const maxPnP = 10_000

func hostDevices(ctx context.Context) ([]HostDevice, error) {
	list, err := readPnP(ctx)
	return phonesInPnP(list, time.Now()), err
}

// The keys of DEVPKEY_Device_BusReportedDeviceDesc and
// DEVPKEY_Device_LastArrivalDate, from Windows' devpkey.h.
var (
	busNameKey = windows.DEVPROPKEY{FmtID: windows.DEVPROPGUID{Data1: 0x540b947e, Data2: 0x8b40, Data3: 0x45bc,
		Data4: [8]byte{0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}}, PID: 4}
	arrivalKey = windows.DEVPROPKEY{FmtID: windows.DEVPROPGUID{Data1: 0x83da6326, Data2: 0x97a6, Data3: 0x4088,
		Data4: [8]byte{0x94, 0x53, 0xa1, 0x92, 0x3f, 0x57, 0x3b, 0x29}}, PID: 102}
)

// readPnP lists what is plugged in under the enumerator "USB".
func readPnP(ctx context.Context) ([]pnpDevice, error) {
	set, err := windows.SetupDiGetClassDevsEx(nil, "USB", 0, windows.DIGCF_ALLCLASSES|windows.DIGCF_PRESENT, 0, "")
	if err != nil {
		return nil, fmt.Errorf("list USB devices: %w", err)
	}
	defer set.Close()
	var list []pnpDevice
	for i := range maxPnP {
		if ctx.Err() != nil {
			return nil, ended(ctx, "list USB devices")
		}
		data, err := set.EnumDeviceInfo(i)
		if errors.Is(err, windows.ERROR_NO_MORE_ITEMS) {
			break
		}
		if err != nil {
			continue // it went meanwhile
		}
		list = append(list, readPnPDevice(set, data))
	}
	return list, nil
}

// readPnPDevice reads what is told of one device. x/sys panics at a value that is
// empty; then the rest of that device is not known.
func readPnPDevice(set windows.DevInfo, data *windows.DevInfoData) (d pnpDevice) {
	defer func() { _ = recover() }()
	d.InstanceID, _ = set.DeviceInstanceID(data)
	text := func(property windows.SPDRP) string {
		v, _ := set.DeviceRegistryProperty(data, property)
		s, _ := v.(string)
		return s
	}
	texts := func(property windows.SPDRP) []string {
		v, _ := set.DeviceRegistryProperty(data, property)
		s, _ := v.([]string)
		return s
	}
	d.HardwareIDs = texts(windows.SPDRP_HARDWAREID)
	d.Service = text(windows.SPDRP_SERVICE)
	d.LocationPaths = texts(windows.SPDRP_LOCATION_PATHS)
	d.LocationInfo = text(windows.SPDRP_LOCATION_INFORMATION)
	d.Description = text(windows.SPDRP_DEVICEDESC)
	if name, err := windows.SetupDiGetDeviceProperty(set, data, &busNameKey); err == nil {
		d.Name, _ = name.(string)
	}
	var status, problem uint32
	const hasProblem = 0x400 // DN_HAS_PROBLEM of cfg.h
	if windows.CM_Get_DevNode_Status(&status, &problem, data.DevInst, 0) == nil && status&hasProblem != 0 {
		d.Problem = problem
	}
	d.Arrived = arrival(set, data)
	return d
}

var getDeviceProperty = windows.NewLazySystemDLL("setupapi.dll").NewProc("SetupDiGetDevicePropertyW")

// arrival reads when a device was plugged in. x/sys reads properties of the type
// string only.
func arrival(set windows.DevInfo, data *windows.DevInfoData) uint64 {
	if getDeviceProperty.Find() != nil {
		return 0
	}
	var kind, size uint32
	var when windows.Filetime
	ok, _, _ := getDeviceProperty.Call(uintptr(set), uintptr(unsafe.Pointer(data)), uintptr(unsafe.Pointer(&arrivalKey)),
		uintptr(unsafe.Pointer(&kind)), uintptr(unsafe.Pointer(&when)), unsafe.Sizeof(when), uintptr(unsafe.Pointer(&size)), 0)
	if ok == 0 || windows.DEVPROPTYPE(kind) != windows.DEVPROP_TYPE_FILETIME {
		return 0
	}
	return uint64(when.HighDateTime)<<32 | uint64(when.LowDateTime)
}
