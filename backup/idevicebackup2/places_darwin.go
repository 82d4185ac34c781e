package idevicebackup2

// program is the tool's name as a file.
const program = "idevicebackup2"

// places are where the tool usually is when PATH, as a service has it, does not
// say so: Homebrew on Apple and on Intel chips, MacPorts.
func places() []string { return []string{"/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin"} }
