//go:build unix

package store

import "testing"

// TestOwnerHasAName holds that nobody is told the number of an account.
func TestOwnerHasAName(t *testing.T) {
	t.Parallel()
	if got := owner(0); got != "root" {
		t.Errorf("0 is called %q", got)
	}
	if got := owner(4_000_000_123); got != "another user" {
		t.Errorf("an account without a name is called %q", got)
	}
}
