package main

import (
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
	"homeport/usbmux"
)

// busSituations are what happens between the computer and the phone.
var busSituations = []situation{
	bus(cause.MuxPermissionDenied, "the socket is closed to this account", busScene{muxErr: refused(cause.MuxPermissionDenied, syscall.EACCES)}),
	bus(cause.MuxServiceNotRunning, "an iPhone at the bus for hours, and no usbmuxd", busScene{bus: onLinux("desk", "1-1.4"), muxErr: refused(cause.MuxServiceNotRunning, syscall.ECONNREFUSED)}),
	bus(cause.AppleSupportMissing, "Windows takes the iPhone for a camera, and has nothing of Apple's",
		busScene{bus: onWindows("pictures-only"), muxErr: refused(cause.MuxServiceNotRunning, syscall.ECONNREFUSED), apple: &preflight.AppleSupport{}}),
	bus(cause.AppleSupportMissing, "Windows without anything of Apple's, and no iPhone",
		busScene{bus: onWindows("unknown"), muxErr: refused(cause.MuxServiceNotRunning, syscall.ECONNREFUSED), apple: &preflight.AppleSupport{}}),
	bus(cause.MuxServiceNotRunning, "Windows, Apple's service has stopped",
		busScene{bus: onWindows("devices-app"), muxErr: refused(cause.MuxServiceNotRunning, syscall.ECONNREFUSED), apple: &preflight.AppleSupport{Installed: true}}),
	bus(cause.USBDriverMissing, "Windows has no driver", busScene{bus: onWindows("no-driver")}),
	bus(cause.USBDriverMissing, "Windows sees the pictures only", busScene{bus: onWindows("pictures-only")}),
	bus(cause.USBDriverMissing, "Windows' driver cannot start", busScene{bus: onWindows("cannot-start")}),
	bus(cause.DeviceNotInMux, "an iPhone at the bus for hours, not listed", busScene{bus: onLinux("desk", "1-1.4")}),
	bus(cause.DeviceNotInMux, "a Mac shows it, usbmuxd does not", busScene{bus: onMac("intel-catalina", "26-1.2")}),
	bus(cause.DeviceNotInMux, "Windows says that the iPhone reported a problem", busScene{bus: onWindows("reported")}),
	bus(cause.USBClaimedByOtherProgram, "the file manager imports pictures", busScene{bus: onLinux("trouble", "1-1")}),
	bus(cause.USBClaimedByOtherProgram, "a rule keeps new devices out", busScene{bus: onLinux("trouble", "1-4")}),
	bus(cause.USBClaimedByOtherProgram, "a virtual machine on a Mac", busScene{bus: onMac("silicon-sonoma", "2-1.4.2")}),
	bus(cause.USBClaimedByOtherProgram, "a virtual machine on Windows", busScene{bus: onWindows("virtualbox")}),
	bus(cause.USBClaimedByOtherProgram, "disabled in the Device Manager", busScene{bus: onWindows("disabled")}),
	bus(cause.AccessoryNotSupported, "a hub without power of its own", busScene{bus: onLinux("trouble", "1-6.1")}),
	bus(cause.USBRestrictedMode, "a known iPhone with iOS 18, last unlocked yesterday",
		busScene{bus: onLinux("desk", "1-1.4"), memory: &preflight.Memory{IOSVersion: "18.5", Unlocked: 26 * time.Hour}}),
	bus(cause.WiredAccessoryNotAllowed, "a known iPhone with iOS 26",
		busScene{bus: onLinux("desk", "1-1.4"), memory: &preflight.Memory{IOSVersion: "26.1", Unlocked: 26 * time.Hour}}),
	bus(cause.DeviceNotInMux, "a known iPhone with iOS 26, unlocked a minute ago",
		busScene{bus: onLinux("desk", "1-1.4"), memory: &preflight.Memory{IOSVersion: "26.1", Unlocked: time.Minute}}),
	bus(cause.DeviceInRecovery, "Linux", busScene{bus: onLinux("desk", "3-1")}),
	bus(cause.DeviceInRecovery, "a Mac", busScene{bus: onMac("silicon-sonoma", "1-1")}),
	bus(cause.DeviceInRecovery, "Windows", busScene{bus: onWindows("recovery")}),
	bus(cause.DeviceInRecovery, "DFU mode", busScene{bus: onMac("intel-catalina", "20-3")}),

	bus(cause.USBEnumerationFailed, "the kernel gave up a minute ago; nobody says that it is an iPhone", busScene{bus: kernel("charge", 6060*time.Second)}),
	unseen(cause.USBEnumerationFailed, "the kernel gave up on a worn cable", busScene{bus: kernel("charge", 6004*time.Second)}),
	unseen(cause.USBEnumerationFailed, "Windows' Unknown USB Device", busScene{bus: onWindows("unknown")}),
	unseen(cause.AccessoryNotSupported, "the port was switched off for over-current", busScene{bus: kernel("power", 60*time.Second)}),
	unseen(cause.USBFlapping, "four times within a minute", busScene{bus: kernel("loose", 155*time.Second)}),
	unseen(cause.CableNoData, "a Mac on which nothing is seen", busScene{bus: onMac("none", "")}),
	unseen(cause.CableNoData, "the kernel's last trouble is ten minutes old, and usbmuxd is not there, as it should be",
		busScene{bus: kernel("charge", 6600*time.Second), muxErr: refused(cause.MuxServiceNotRunning, syscall.ENOENT)}),

	on(cause.USBSlowerThanPhone, "an iPhone 15 Pro at USB 2", func(s *simulator.PhoneSpec) { s.ProductType, s.Speed = "iPhone16,1", 480_000_000 }, (*stage).doctors),
	on(cause.USBSlowLink, "12 Mbit/s", func(s *simulator.PhoneSpec) { s.Speed = 12_000_000 }, (*stage).doctors),
	on(cause.USBViaHub, "usbmuxd tells of a hub", func(s *simulator.PhoneSpec) { s.LocationID = 0x14230000 }, (*stage).doctors),
	{id: cause.MuxUntrustedOwner, name: "a web server in usbmuxd's place", how: simulated, alone: true, play: func(t *testing.T) heard {
		return devicesFrom(t, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
	}},
	on(cause.MuxNotAnswering, "usbmuxd answers besides the question", nil, func(s *stage) heard {
		s.sim.Play(simulator.MuxReply{Request: "ListDevices", Reply: map[string]any{"MessageType": "Result", "Number": 6}})
		return s.refusing(s.homeport("devices"))
	}),
}

// busScene is what a computer shows of its bus and of usbmuxd.
type busScene struct {
	bus    func(*testing.T) usbmux.Capture
	muxErr error
	apple  *preflight.AppleSupport
	memory *preflight.Memory
}

// Devices lists no phone.
func (s busScene) Devices(context.Context) ([]usbmux.Link, []error, error) {
	return nil, nil, s.muxErr
}

func (s busScene) host(t *testing.T) preflight.Host {
	c := usbmux.Capture{Sysfs: fstest.MapFS{}}
	if s.bus != nil {
		c = s.bus(t)
	}
	h := preflight.Host{Destination: t.TempDir(), Mux: s, USB: c.HostDevices, Ports: c.PortTroubles, Grace: time.Millisecond}
	if s.apple != nil {
		h.AppleSupport = func(context.Context) (preflight.AppleSupport, error) { return *s.apple, nil }
	}
	if s.memory != nil {
		h.Remember = func(context.Context, string) (preflight.Memory, bool) { return *s.memory, true }
	}
	return h
}

// bus is a situation that the checks of the computer find.
func bus(id cause.ID, name string, scene busScene) situation {
	return situation{id: id, name: name, how: captured, alone: true, play: func(t *testing.T) heard {
		return ofFindings(preflight.Run(t.Context(), preflight.HostChecks(scene.host(t))).Findings)
	}}
}

// unseen is a situation in which a person says that the phone is plugged in.
func unseen(id cause.ID, name string, scene busScene) situation {
	return situation{id: id, name: name, how: captured, alone: true, play: func(t *testing.T) heard {
		f, settled := preflight.Absent(scene.host(t)).Look(t.Context())
		if !settled {
			t.Error("nothing is to be waited for")
		}
		return ofFindings([]preflight.Finding{f})
	}}
}

// refused is what a client of usbmuxd answers when the system refuses the socket.
func refused(id cause.ID, err syscall.Errno) error {
	return cause.New(id, cause.Evidence{"socket": "UNIX:///var/run/usbmuxd"}, &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", err)})
}

const busData = "../../usbmux/testdata/"

// onLinux is one device of a captured tree, with all that is above it, beside a file
// manager that holds the device 1-1.
func onLinux(name, device string) func(*testing.T) usbmux.Capture {
	return func(t *testing.T) usbmux.Capture {
		tree := fstest.MapFS{}
		for path, file := range capturedTree(t, name) {
			for at := device; at != ""; at = at[:max(strings.LastIndexByte(at, '.'), 0)] {
				if strings.HasPrefix(path, at+"/") || strings.HasPrefix(path, at+":") {
					tree[path] = file
				}
			}
		}
		return usbmux.Capture{Sysfs: tree, Proc: fstest.MapFS{
			"812/comm": {Data: []byte("gvfsd-gphoto2\n")}, "812/fd/17": {Mode: fs.ModeSymlink, Data: []byte("/dev/bus/usb/001/011")},
		}}
	}
}

// capturedTree reads a captured tree: "path = content" or "path -> target".
func capturedTree(t *testing.T, name string) fstest.MapFS {
	tree := fstest.MapFS{}
	for line := range strings.Lines(string(busFile(t, "sysfs/"+name+".txt"))) {
		line = strings.TrimSpace(line)
		if path, target, link := strings.Cut(line, " -> "); link {
			tree[path] = &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(target)}
		} else if path, content, file := strings.Cut(line, " ="); file && !strings.HasPrefix(line, "#") {
			tree[path] = &fstest.MapFile{Data: []byte(strings.TrimSpace(content) + "\n")}
		}
	}
	return tree
}

// kernel is what the kernel said until a time, beside its ports.
func kernel(name string, uptime time.Duration) func(*testing.T) usbmux.Capture {
	return func(t *testing.T) usbmux.Capture {
		c := usbmux.Capture{Sysfs: capturedTree(t, "ports"), Uptime: uptime}
		for line := range strings.Lines(string(busFile(t, "kernel/"+name+".txt"))) {
			c.Kernel = append(c.Kernel, line)
		}
		return c
	}
}

// onMac is what ioreg printed; only the phone at one place is there, all of them for "".
func onMac(name, place string) func(*testing.T) usbmux.Capture {
	return func(t *testing.T) usbmux.Capture {
		c := usbmux.Capture{Ioreg: busFile(t, "ioreg/"+name+".plist")}
		list, err := c.HostDevices(t.Context())
		if err != nil || place == "" {
			return c
		}
		for _, d := range list {
			if d.BusPath != place {
				// Another vendor's device is no phone.
				c.Ioreg = dropPhone(c.Ioreg, d.Serial)
			}
		}
		return c
	}
}

// dropPhone makes a phone in ioreg's list a device of nobody's, by its serial number.
func dropPhone(list []byte, serial string) []byte {
	text := string(list)
	at := strings.Index(text, "<string>"+serial+"</string>")
	vendor := strings.LastIndex(text[:at], "<integer>1452</integer>")
	return []byte(text[:vendor] + "<integer>9999</integer>" + text[vendor+len("<integer>1452</integer>"):])
}

// onWindows is what the Plug and Play manager told.
func onWindows(name string) func(*testing.T) usbmux.Capture {
	return func(t *testing.T) usbmux.Capture { return usbmux.Capture{PnP: busFile(t, "setupapi/"+name+".json")} }
}

func busFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(busData + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// doctors is doctor without arguments.
func (s *stage) doctors() heard { return s.doctor() }

// refusing holds that the command ended as one that was refused before it began.
func (s *stage) refusing(g heard) heard {
	if g.exit != cause.ExitRefused {
		s.Errorf("exit code %d, want %d", g.exit, cause.ExitRefused)
	}
	return g
}

// devicesFrom runs devices against a program that answers everything the same.
func devicesFrom(t *testing.T, answer string) heard {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(answer))
			_, _ = io.Copy(io.Discard, conn) // until the client has gone
			_ = conn.Close()
		}
	}()
	var g heard
	cmd := command(t, l.Addr().String(), "--json", "--state", t.TempDir(), "devices")
	out, _ := cmd.Output()
	g.exit, g.output = cmd.ProcessState.ExitCode(), string(out)
	g.readLines(strings.NewReader(g.output))
	if g.exit != cause.ExitRefused {
		t.Errorf("exit code %d, want %d", g.exit, cause.ExitRefused)
	}
	return g
}
