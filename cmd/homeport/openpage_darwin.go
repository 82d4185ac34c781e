package main

import "os"

func browserCommand(url string) (string, []string) { return "/usr/bin/open", []string{url} }

// hasScreen reports whether a browser could show anything: over ssh it would open where
// nobody sits.
func hasScreen() bool { return os.Getenv("SSH_CONNECTION") == "" }
