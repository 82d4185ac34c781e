package idevicebackup2

import "os"

// passed are the variables that the tool gets from ours: what its libraries need
// to load and to find the computer's own folders. Passwords (BACKUP_PASSWORD) and
// all else stay out.
var passed = []string{
	"PATH", "HOME", "TMPDIR",
	"SystemRoot", "SystemDrive", "windir", "ProgramData", "ALLUSERSPROFILE", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP",
}

// bareEnvironment is the environment of the tool, with its messages in English.
func bareEnvironment(more ...string) []string {
	env := []string{"LC_ALL=C", "TERM=dumb"}
	for _, name := range passed {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, more...)
}
