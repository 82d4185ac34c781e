package main

func browserCommand(url string) (string, []string) {
	return "rundll32", []string{"url.dll,FileProtocolHandler", url}
}

// hasScreen reports whether a browser could show anything.
func hasScreen() bool { return true }
