package idevicebackup2

// program is the tool's name as a file.
const program = "idevicebackup2"

// places are where the tool usually is when PATH, as a service has it, does not
// say so.
func places() []string {
	return []string{"/usr/local/bin", "/usr/bin", "/home/linuxbrew/.linuxbrew/bin"}
}
