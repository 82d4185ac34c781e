package usbmux

// DefaultAddress is where Apple's usbmuxd listens; it is part of the system.
func DefaultAddress() Address { return Address{Network: "unix", Addr: "/var/run/usbmuxd"} }
