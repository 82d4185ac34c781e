package idevicebackup2

import (
	"encoding/binary"
	"math/bits"
	"regexp"
	"strconv"
)

// maxHead is how much of what the tool sends first is kept to look for its
// Connect request, which has about 500 bytes.
const maxHead = 8 << 10

var (
	connectMark = regexp.MustCompile(`<key>MessageType</key>\s*<string>Connect</string>`)
	portMark    = regexp.MustCompile(`<key>PortNumber</key>\s*<integer>(\d{1,5})</integer>`)
)

// connectPort finds the device port that a usbmuxd client asks to be connected
// to, in the first bytes that it sends: messages of a 16-byte little-endian header
// that begins with the length, and an XML property list. The port is written in
// network byte order. It answers 0 when there is no such request (yet).
func connectPort(head []byte) int {
	for len(head) >= 16 {
		n := binary.LittleEndian.Uint32(head)
		if n < 16 || int64(n) > int64(len(head)) {
			return 0
		}
		if message := head[16:n]; connectMark.Match(message) {
			if m := portMark.FindSubmatch(message); m != nil {
				swapped, err := strconv.ParseUint(string(m[1]), 10, 16)
				if err != nil {
					return 0
				}
				return int(bits.ReverseBytes16(uint16(swapped)))
			}
		}
		head = head[n:]
	}
	return 0
}
