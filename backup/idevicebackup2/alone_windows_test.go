package idevicebackup2

// playAlone is for Unix.
func playAlone(string) {}
