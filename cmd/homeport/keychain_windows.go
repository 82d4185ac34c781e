package main

// hasKeychain is true: Windows always has its Credential Manager.
func hasKeychain() bool { return true }
