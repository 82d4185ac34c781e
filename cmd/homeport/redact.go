package main

import (
	"fmt"
	"strings"
)

// redactor takes out of texts what says who somebody is. It learns first, from all
// that there is, and then replaces: the same thing has the same pseudonym
// everywhere, as in "phone-1". It is used by one goroutine.
type redactor struct {
	places  map[string]string // folders, and what they are called instead
	names   map[string]string // a known thing, in lower case, to its pseudonym
	exact   map[string]string // the same as it was written
	ours    map[string]bool   // words that are in every report, in lower case
	counts  map[string]int    // pseudonyms given, by kind
	removed map[string]int    // replacements made, by kind
	finder  *finder           // of all that was learned; nil: to be made
}

func newRedactor() *redactor {
	r := &redactor{places: map[string]string{}, names: map[string]string{}, exact: map[string]string{}, ours: map[string]bool{}}
	r.counts, r.removed = map[string]int{}, map[string]int{}
	return r
}

// folder makes path, and all below it, begin with pseudonym.
func (r *redactor) folder(path, pseudonym string) {
	path = strings.TrimRight(path, `/\`)
	if _, known := r.places[path]; len(path) < 2 || known {
		return
	}
	r.places[path], r.finder = pseudonym, nil
}

// mostThing bounds what is learned, in bytes.
const mostThing = 4096

// learn gives a thing of some kind a pseudonym, and returns it. What everybody has
// is no secret and learns nothing.
func (r *redactor) learn(kind, thing string) string {
	thing = strings.TrimSpace(thing)
	if thing == "" || len(thing) > mostThing || everybodys(thing) {
		return ""
	}
	return r.learnAs(r.fresh(kind, thing), thing)
}

// learnAs gives a thing a pseudonym that another one has too.
func (r *redactor) learnAs(pseudonym, thing string) string {
	key := strings.ToLower(thing)
	if known, ok := r.names[key]; ok {
		pseudonym = known
	}
	r.names[key], r.exact[thing], r.finder = pseudonym, pseudonym, nil
	return pseudonym
}

// fresh is the pseudonym of a thing that may be known already.
func (r *redactor) fresh(kind, thing string) string {
	if known, ok := r.names[strings.ToLower(thing)]; ok {
		return known
	}
	r.counts[kind]++
	return fmt.Sprintf("%s-%d", kind, r.counts[kind])
}

// phone learns a phone by its UDID and its name, either of which may be empty, and
// the names of people in that.
func (r *redactor) phone(udid, name string) {
	pseudonym := ""
	if udid != "" {
		pseudonym = r.learn("phone", canonicalKey(udid))
		if pseudonym != "" {
			r.learnAs(pseudonym, udid)
		}
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > mostThing || everybodys(name) {
		return
	}
	if pseudonym == "" {
		pseudonym = r.fresh("phone", name)
	}
	r.learnAs(pseudonym, name)
	if shown := clean(name); shown != "" && !everybodys(shown) {
		r.learnAs(pseudonym, shown)
	}
	for _, w := range strings.FieldsFunc(name, notLetter) {
		r.learn("name", w)
	}
}

// known is the pseudonym of a text that is one learned thing and nothing else.
func (r *redactor) known(s string) (string, bool) {
	pseudonym, ok := r.names[strings.ToLower(strings.TrimSpace(s))]
	return pseudonym, ok
}

// text takes out of a text what must not be seen.
func (r *redactor) text(s string) string { return r.patterns(r.literals(s)) }

// literals takes out what was learned.
func (r *redactor) literals(s string) string {
	if r.finder == nil {
		r.finder = newFinder(r)
	}
	return r.finder.replace(s, r.note)
}

// note counts a replacement by the kind of its pseudonym.
func (r *redactor) note(pseudonym string) {
	kind, _, _ := strings.Cut(pseudonym, "-")
	if kindWords[kind] == "" {
		kind = "path"
	}
	r.removed[kind]++
}

// leak finds something in a finished text that was learned and is still there; ""
// is good.
func (r *redactor) leak(s string) string {
	found := ""
	if r.finder == nil {
		r.finder = newFinder(r)
	}
	r.finder.replace(s, func(pseudonym string) { found = pseudonym })
	return found
}
