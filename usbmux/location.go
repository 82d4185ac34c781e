package usbmux

// ViaHub says that the link's place on the bus is unmistakably behind a hub. What
// usbmuxd tells as LocationID has two forms, which have no value in common:
//
//	Linux           bus << 16 | address; the address, 1 to 127, says nothing of hubs
//	macOS, Windows  the bus in the top byte, then one nibble per port on the way,
//	                0x14230000: bus 0x14, port 2, and port 3 of the hub that is there
//
// Everything else is not understood, and is then no hub. Where the computer's own
// bus is seen, HostDevice.ViaHub knows better.
func (l Link) ViaHub() bool {
	bus, ports := splitLocation(l.LocationID)
	return len(ports)-ownHubs(bus, ports) > 1
}

// splitLocation reads the second form; no ports mean that it is not that form.
func splitLocation(id uint32) (bus uint8, ports []uint8) {
	for shift := 20; shift >= 0; shift -= 4 {
		nibble := uint8(id >> shift & 0xF)
		if nibble == 0 {
			if id&(1<<shift-1) != 0 {
				return 0, nil // a port 0 on the way
			}
			break
		}
		ports = append(ports, nibble)
	}
	return uint8(id >> 24), ports
}

// ownHubs counts the hubs on a path that are part of the computer: Macs with
// Intel's EHCI controllers, at 0x1A and 0x1D, have the chipset's own hub at port 1
// of each.
func ownHubs(bus uint8, ports []uint8) int {
	if (bus == 0x1A || bus == 0x1D) && len(ports) > 0 && ports[0] == 1 {
		return 1
	}
	return 0
}
