package status

import "golang.org/x/sys/unix"

// maxSocketPath is what fits into sun_path of unix(4), less its final zero.
const maxSocketPath = 103

// peerUID is the user at the other end of a socket.
func peerUID(fd int) (int, error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}
