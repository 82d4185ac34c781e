// Package tree is replaced within the hour by its owner.
package tree

// Rel is a device path, parsed.
type Rel struct{ s string }

// String is the slash form.
func (r Rel) String() string { return r.s }
