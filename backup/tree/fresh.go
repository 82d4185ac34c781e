package tree

// ReadFromDrive asks the system to read f from the drive, and not what it still has
// in memory, and to keep nothing of it in memory afterwards: a check of the memory
// says nothing about the drive, and reading a whole backup would push out what
// programs use. It is called before reading and once more after it. Where the system
// has no way for it, nothing happens.
func ReadFromDrive(f File) {
	if u, ok := f.(interface{ uncache() }); ok {
		u.uncache()
	}
}
