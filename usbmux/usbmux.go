// Package usbmux knows who is plugged in. It speaks to usbmuxd, the program that
// holds the USB side of every iPhone and iPad: it lists the phones and watches
// them come and go, reads and writes pair records, opens connections to a
// phone's ports, and looks at the USB bus itself when usbmuxd shows nothing.
//
// # The wire
//
// usbmuxd listens on a unix socket (macOS, Linux: /var/run/usbmuxd) or on TCP
// (Windows: 127.0.0.1:27015). A message is a header of four little-endian 32-bit
// words and a property list:
//
//	length   of the whole message, header included
//	version  1
//	message  8, a property list
//	tag      chosen by the client, echoed in the reply; 0 in events
//
// Requests are dictionaries with a MessageType: ListDevices, Listen, Connect,
// ReadBUID, ReadPairRecord, SavePairRecord, DeletePairRecord. A reply is either
// the value itself or {MessageType: "Result", Number: n}; n is 0 for done, 1 bad
// command, 2 no such device, 3 refused by the phone, 6 bad version, and an errno
// for pair records (2 is "none"). After Listen the connection carries events
// (Attached, Detached, Paired) and nothing else; after Connect it is a tunnel to
// the phone's port, whose number goes over the wire in network byte order.
//
// usbmuxd is not to be relied on. It is absent on Linux while no phone is plugged
// in, dies or hangs when a phone is unplugged in mid-transfer, and leaves a stale
// socket behind. So every request has its own connection, a deadline, and a reply
// that is decoded here, entry by entry; and the socket must belong to root, to
// usbmux or to the user, since whoever answers there sees the pair records.
//
// # The wall
//
// github.com/danielpaulus/go-ios gives the framing, the messages and the pair
// record. It is imported by this package and its children only; its calls that
// dial, decode or wait by themselves are not used, because they ignore errors and
// know no deadline.
package usbmux
