package usbmux

// DefaultAddress is where the Apple Mobile Device Service of iTunes or Apple
// Devices listens.
func DefaultAddress() Address { return Address{Network: "tcp", Addr: "127.0.0.1:27015"} }
