package tree

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of a device path. Real ones have at most 4 components and under 120
// bytes; the limits are what every file system that we write to can hold.
const (
	MaxPath       = 1024 // bytes in all
	MaxComponent  = 255  // bytes between slashes
	MaxComponents = 32
)

// Rel is a device path that was parsed and found harmless: relative, slash
// separated, without "." and "..", at least one component, and made only of
// characters and names that mean the same on every system. The zero Rel is the
// root of a tree; Parse never returns it. Rels are equal when their paths are.
type Rel struct{ s string }

// PathError says why a path is refused. Hostile means that no phone sends such
// a path by mistake: it tries to leave the folder or to fool a file system.
type PathError struct {
	Path    string
	Reason  string
	Hostile bool
}

// Error gives the path, quoted and cut to a readable length, and the reason.
func (e *PathError) Error() string {
	p := e.Path
	if len(p) > 200 {
		p = p[:200] + "..."
	}
	return fmt.Sprintf("path %q: %s", p, e.Reason)
}

// Parse reads a path as a phone spells it. Leading slashes are dropped (real
// phones send "/.b/6/..."), doubled and trailing ones too. A backslash parts
// components as a slash does, so that what it means on Windows is judged
// everywhere, and is then refused for being there at all. Every refusal is a *PathError.
func Parse(devicePath string) (Rel, error) {
	if len(devicePath) > MaxPath {
		return Rel{}, &PathError{devicePath, "longer than 1024 bytes", true}
	}
	if bad := badPrefix(devicePath); bad != "" {
		return Rel{}, &PathError{devicePath, bad, true}
	}
	p := strings.TrimLeft(devicePath, "/")
	if isClean(p) {
		return Rel{p}, nil
	}
	return parseSlow(devicePath, p)
}

// badPrefix finds the forms that Windows reads as another disk, machine or
// device, before any slash is dropped.
func badPrefix(p string) string {
	switch {
	case strings.HasPrefix(p, `\`):
		return "begins with a backslash"
	case strings.HasPrefix(p, "//"):
		return "begins like a network share"
	case len(p) >= 2 && p[1] == ':' && isLetter(p[0]):
		return "begins with a drive letter"
	}
	return ""
}

// isClean recognises the shapes that make up all but a handful of the paths of
// a backup, <first>/xx/<40 hex> and <first>/Snapshot/xx/<40 hex>, without
// allocating. The first component is still checked in full.
func isClean(p string) bool {
	first, rest, ok := strings.Cut(p, "/")
	if !ok || checkComponent(first) != "" {
		return false
	}
	rest = strings.TrimPrefix(rest, "Snapshot/")
	return len(rest) == 43 && rest[2] == '/' && isLowerHex(rest[:2]) && isLowerHex(rest[3:])
}

func parseSlow(devicePath, p string) (Rel, error) {
	if !utf8.ValidString(p) {
		return Rel{}, &PathError{devicePath, "not UTF-8", true}
	}
	var b strings.Builder
	var n int
	for _, c := range strings.FieldsFunc(p, func(r rune) bool { return r == '/' || r == '\\' }) {
		if n++; n > MaxComponents {
			return Rel{}, &PathError{devicePath, "more than 32 components", true}
		}
		if bad := checkComponent(c); bad != "" {
			return Rel{}, &PathError{devicePath, bad, isHostile(c)}
		}
		if b.Len() > 0 {
			b.WriteByte('/')
		}
		b.WriteString(c)
	}
	switch {
	case n == 0:
		return Rel{}, &PathError{devicePath, "empty", false}
	case strings.Contains(p, `\`):
		return Rel{}, &PathError{devicePath, "has a backslash", true}
	}
	return Rel{b.String()}, nil
}

// String is the slash form; "" for the root.
func (r Rel) String() string { return r.s }

// IsRoot tells whether r is the root of its tree.
func (r Rel) IsRoot() bool { return r.s == "" }

// First is the first component: in a device path the identifier of the backup.
func (r Rel) First() string {
	first, _, _ := strings.Cut(r.s, "/")
	return first
}

// Base is the last component.
func (r Rel) Base() string { return r.s[strings.LastIndexByte(r.s, '/')+1:] }

// Parent is the directory that holds r; the root's parent is the root.
func (r Rel) Parent() Rel {
	i := strings.LastIndexByte(r.s, '/')
	if i < 0 {
		return Rel{}
	}
	return Rel{r.s[:i]}
}

// Join appends parts, each of which may hold slashes and is judged as Parse
// judges: a part with ".." is refused even if the result would stay inside.
func (r Rel) Join(parts ...string) (Rel, error) {
	p := strings.Join(parts, "/")
	if r.s != "" {
		p = r.s + "/" + p
	}
	return Parse(p)
}

// Contains tells whether x is r itself or lies below it.
func (r Rel) Contains(x Rel) bool {
	return r.s == "" || x.s == r.s || strings.HasPrefix(x.s, r.s) && x.s[len(r.s)] == '/'
}
