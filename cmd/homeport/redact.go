package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// redactor takes out of texts what says who somebody is. It learns first, from all
// that there is, and then replaces: the same thing has the same pseudonym
// everywhere, as in "phone-1". It is used by one goroutine.
type redactor struct {
	places  []place             // folders and what they are called instead, longest first
	names   map[string]string   // a known thing, in lower case, to its pseudonym
	exact   map[string]string   // the same as it was written
	counts  map[string]int      // pseudonyms given, by kind
	removed map[string]int      // replacements made, by kind
	literal *regexp.Regexp      // all names in all spellings; nil: to be made
	spelt   map[string]string   // a spelling, in lower case, to its pseudonym
	secrets map[string]struct{} // whole spellings, for the last look
}

// place is a folder whose path is not to be seen.
type place struct{ path, pseudonym string }

func newRedactor() *redactor {
	return &redactor{names: map[string]string{}, exact: map[string]string{}, counts: map[string]int{}, removed: map[string]int{}}
}

// folder makes path, and all below it, begin with pseudonym.
func (r *redactor) folder(path, pseudonym string) {
	if len(path) < 2 || slices.ContainsFunc(r.places, func(p place) bool { return p.path == path }) {
		return
	}
	r.places = append(r.places, place{path, pseudonym})
	slices.SortStableFunc(r.places, func(a, b place) int { return cmp.Compare(len(b.path), len(a.path)) })
}

// learn gives a thing of some kind a pseudonym, and returns it. What everybody has
// is no secret and learns nothing.
func (r *redactor) learn(kind, thing string) string {
	thing = strings.TrimSpace(thing)
	if utf8.RuneCountInString(thing) < 3 || len(thing) > 4096 || commonWords[strings.ToLower(thing)] {
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
	r.names[key], r.exact[thing], r.literal = pseudonym, pseudonym, nil
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
	words := personal(name)
	if len(words) == 0 {
		return
	}
	if pseudonym == "" {
		pseudonym = r.fresh("phone", name)
	}
	r.learnAs(pseudonym, name)
	for _, w := range words {
		r.learn("name", w)
	}
}

// personal are the words of a phone's name that may be somebody's.
func personal(name string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(name, notLetter) {
		if utf8.RuneCountInString(w) >= 3 && !commonWords[strings.ToLower(w)] {
			words = append(words, w)
		}
	}
	return words
}

// commonWords say nothing about anybody, though phones, accounts and drives are
// called so.
var commonWords = setOf(`iphone ipad ipod phone apple the von der des las los mein meine my mon pro max mini plus air
	simulated home user users admin root backup backups homeport data local localhost default none null true false
	this macbook windows linux untitled disk drive external usb`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// text takes out of a text what must not be seen.
func (r *redactor) text(s string) string {
	for _, p := range r.places {
		s = r.replacePlace(s, p)
	}
	r.compile()
	s = r.literal.ReplaceAllStringFunc(s, func(found string) string {
		pseudonym, ok := r.spelt[strings.ToLower(found)]
		if !ok {
			pseudonym = "removed"
		}
		r.note(pseudonym)
		return pseudonym
	})
	return r.patterns(s)
}

// replacePlace replaces a folder's path in every spelling.
func (r *redactor) replacePlace(s string, p place) string {
	for _, form := range spellings(p.path) {
		if n := strings.Count(s, form); n > 0 {
			r.removed["path"] += n
			s = strings.ReplaceAll(s, form, p.pseudonym)
		}
	}
	return s
}

// note counts a replacement by the kind of its pseudonym.
func (r *redactor) note(pseudonym string) {
	kind, _, _ := strings.Cut(pseudonym, "-")
	r.removed[kind]++
}

// compile makes one expression of all that was learned, the longest first.
func (r *redactor) compile() {
	if r.literal != nil {
		return
	}
	r.spelt, r.secrets = map[string]string{}, map[string]struct{}{}
	for name, pseudonym := range r.exact {
		// An escape of a letter knows no case.
		for _, cased := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			for _, form := range spellings(cased) {
				r.spelt[strings.ToLower(form)] = pseudonym
			}
		}
	}
	forms := slices.SortedFunc(maps.Keys(r.spelt), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	quoted := make([]string, 0, len(forms)+1)
	for _, f := range forms {
		expr := regexp.QuoteMeta(f)
		if utf8.RuneCountInString(f) <= 3 {
			expr = `\b` + expr + `\b`
		} else {
			r.secrets[f] = struct{}{}
		}
		quoted = append(quoted, expr)
	}
	if len(quoted) == 0 {
		quoted = append(quoted, `\x00never`)
	}
	r.literal = regexp.MustCompile(`(?i)(?:` + strings.Join(quoted, "|") + `)`)
}

// leak finds something in a finished text that was learned and is still there; ""
// is good.
func (r *redactor) leak(s string) string {
	r.compile()
	low := strings.ToLower(s)
	for secret := range r.secrets {
		if strings.Contains(low, secret) {
			return r.spelt[secret]
		}
	}
	for _, p := range r.places {
		if strings.Contains(s, p.path) {
			return p.pseudonym
		}
	}
	return ""
}
