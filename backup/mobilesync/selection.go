package mobilesync

import (
	"fmt"
	"path"
	"strings"
)

// Selection picks rows. The zero value picks all of them; domains, groups and
// paths narrow it down, and of several domains, groups or paths one has to fit.
type Selection struct {
	Domains []string // whole names
	Groups  []Group
	// Paths name a file, or a folder and all that is in it, as "Domain/path"; with
	// Domains also without the domain. They may have the wildcards of path.Match;
	// one without a slash is then compared with the last component.
	Paths []string
}

// Check refuses wildcards that cannot be understood.
func (s Selection) Check() error {
	for _, p := range s.Paths {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("path %q: %w", p, err)
		}
	}
	return nil
}

// Match says whether the selection has a file.
func (s Selection) Match(domain, rel string) bool {
	return s.inDomains(domain) && s.inGroups(domain, rel) && s.inPaths(domain, rel)
}

func (s Selection) inDomains(domain string) bool {
	for _, d := range s.Domains {
		if d == domain {
			return true
		}
	}
	return len(s.Domains) == 0
}

func (s Selection) inGroups(domain, rel string) bool {
	for _, g := range s.Groups {
		if g.Has(domain, rel) {
			return true
		}
	}
	return len(s.Groups) == 0
}

func (s Selection) inPaths(domain, rel string) bool {
	if len(s.Paths) == 0 {
		return true
	}
	full := domain + "/" + rel
	for _, p := range s.Paths {
		p = strings.Trim(p, "/")
		if fits(p, full) || len(s.Domains) > 0 && fits(p, rel) {
			return true
		}
	}
	return false
}

// fits compares one path of a selection with the name of a file.
func fits(pattern, name string) bool {
	if inside(strings.TrimSuffix(name, "/"), pattern) {
		return true
	}
	if !strings.ContainsAny(pattern, `*?[`) {
		return false
	}
	if !strings.Contains(pattern, "/") {
		ok, _ := path.Match(pattern, path.Base(name))
		return ok
	}
	// A wildcard may mean a folder, so that what is in it fits too.
	ok, _ := path.Match(pattern, firstComponents(name, strings.Count(pattern, "/")+1))
	return ok
}

// firstComponents is the beginning of a path, n components long.
func firstComponents(p string, n int) string {
	for i := range len(p) {
		if p[i] == '/' {
			if n--; n == 0 {
				return p[:i]
			}
		}
	}
	return p
}
