package status

import "golang.org/x/sys/unix"

// maxSocketPath is what fits into sun_path of unix(7), less its final zero.
const maxSocketPath = 107

// peerUID is the user at the other end of a socket.
func peerUID(fd int) (int, error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}
