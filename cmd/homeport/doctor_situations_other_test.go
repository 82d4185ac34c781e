//go:build !linux

package main

// driveSights need a drive that a test can mount.
var driveSights []sight
