package usbmux

import "fmt"

// muxProgram is what usbmuxd's program is called.
const muxProgram = "usbmuxd"

// ownerError says that the socket, or the program behind it, belongs to a user
// who has no business with usbmuxd.
type ownerError struct{ uid int64 }

func (e *ownerError) Error() string {
	return fmt.Sprintf("it belongs to user %d, not to root, usbmux or this user", e.uid)
}
