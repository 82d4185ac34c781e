package mobilebackup2

import "testing"

// makeFIFO does nothing: Windows has no FIFOs in folders.
func makeFIFO(testing.TB, string) {}
