package main

import "os"

func browserCommand(url string) (string, []string) { return "xdg-open", []string{url} }

// hasScreen reports whether a browser could show anything.
func hasScreen() bool { return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" }
