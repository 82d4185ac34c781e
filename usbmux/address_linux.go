package usbmux

// DefaultAddress is where usbmuxd listens: its own socket. On Linux the socket is
// usually absent while no phone is plugged in.
func DefaultAddress() Address { return Address{Network: "unix", Addr: "/var/run/usbmuxd"} }
