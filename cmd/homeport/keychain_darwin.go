package main

// hasKeychain is true: macOS always has one.
func hasKeychain() bool { return true }
