package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// form is one spelling of something that must not be seen.
type form struct {
	text      string // folded
	written   string // as it must stand there; "" when its case does not matter
	pseudonym string
	whole     bool // only as a word of its own
	place     bool // a folder: what goes on after it is not another folder's name
	letters   bool // nothing but letters
}

// keySize is by how many of its bytes a form is looked up: a short one in full, of
// long ones so many that few have them in common.
func keySize(n int) int {
	for _, size := range []int{64, 32, 16, 8} {
		if n >= size {
			return size
		}
	}
	return n
}

// finder finds thousands of forms in one pass over a text.
type finder struct {
	byKey map[string][]form // the longest first
	sizes []int             // of the keys, the longest first
	first [256]bool         // bytes that a form begins with
	ours  func(word string) bool
}

// newFinder makes one of all that r has learned.
func newFinder(r *redactor) *finder {
	f := &finder{byKey: map[string][]form{}, ours: r.isOurs}
	seen := map[form]bool{}
	add := func(x form) {
		if x.text == "" || seen[x] {
			return
		}
		seen[x] = true
		key := x.text[:keySize(len(x.text))]
		f.byKey[key] = append(f.byKey[key], x)
		f.first[key[0]] = true
		if !slices.Contains(f.sizes, len(key)) {
			f.sizes = append(f.sizes, len(key))
		}
	}
	for thing, pseudonym := range r.exact {
		for _, x := range r.forms(thing, pseudonym) {
			add(x)
		}
	}
	for path, pseudonym := range r.places {
		for _, s := range append(spellings(path), strings.ReplaceAll(path, `\`, "/")) {
			add(form{text: smallCase(s), pseudonym: pseudonym, place: true})
		}
	}
	slices.SortFunc(f.sizes, func(a, b int) int { return cmp.Compare(b, a) })
	for _, list := range f.byKey {
		slices.SortFunc(list, func(a, b form) int {
			return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text), cmp.Compare(a.pseudonym, b.pseudonym))
		})
	}
	return f
}

// forms are the forms of one thing that are looked for in a text. A word that is in
// every report says nothing in small letters; written as a name, it does.
func (r *redactor) forms(thing, pseudonym string) []form {
	weak := r.onlyOurs(thing)
	if weak && thing == strings.ToLower(thing) {
		return nil
	}
	short := utf8.RuneCountInString(thing) <= 3 && !strings.ContainsFunc(thing, wordless)
	exact := weak || utf8.RuneCountInString(thing) < 3 && short
	cased := []string{thing}
	if !exact { // an escape of a letter knows no case
		cased = append(cased, strings.ToLower(thing), strings.ToUpper(thing))
	}
	var list []form
	for _, c := range cased {
		for _, s := range spellings(c) {
			x := form{text: smallCase(s), pseudonym: pseudonym, whole: short || weak, letters: !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })}
			if exact {
				x.written = s
			}
			list = append(list, x)
		}
	}
	return list
}

// wordless are the letters of scripts that put no space between words, and signs
// that are no letters.
func wordless(r rune) bool { return r >= 0x2E80 }

// smallCase makes a text small, letter by letter, where that leaves its length in bytes.
func smallCase(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if low := unicode.ToLower(r); r != utf8.RuneError && utf8.RuneLen(low) == n {
			b.WriteRune(low)
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// replace replaces every form in s, from left to right, and tells of each.
func (f *finder) replace(s string, tell func(pseudonym string)) string {
	low := smallCase(s)
	var out strings.Builder
	done := 0
	for i := 0; i < len(low); {
		x := f.at(s, low, i)
		if x == nil {
			i++
			continue
		}
		tell(x.pseudonym)
		out.WriteString(s[done:i])
		out.WriteString(x.pseudonym)
		i += len(x.text)
		done = i
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// at is the longest form that stands at i.
func (f *finder) at(s, low string, i int) *form {
	if !f.first[low[i]] {
		return nil
	}
	for _, n := range f.sizes {
		if i+n > len(low) {
			continue
		}
		list := f.byKey[low[i:i+n]]
		for k := range list {
			if x := &list[k]; strings.HasPrefix(low[i:], x.text) && f.fits(s, low, i, x) {
				return x
			}
		}
	}
	return nil
}

// fits says whether a form that stands at i is meant there.
func (f *finder) fits(s, low string, i int, x *form) bool {
	end := i + len(x.text)
	switch {
	case x.written != "" && s[i:end] != x.written:
		return false
	case x.place:
		return endsName(low[end:])
	case x.whole:
		return beginsWord(low[:i]) && endsWord(low[end:]) && !modelWord(s[:i], x)
	case x.letters:
		return !f.ours(wordAround(low, i, end))
	}
	return true
}

// modelWord says whether a word is part of the name of a model, as in iPhone Pro Max.
func modelWord(before string, x *form) bool {
	return x.text == "max" && (strings.HasSuffix(before, "Pro ") || strings.HasSuffix(before, "XS "))
}

// escapeEnds are escapes that end in what looks like a letter of a word.
var escapeEnds = regexp.MustCompile(`(?:%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[abfnrtv])$`)

func beginsWord(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || notLetter(r) || escapeEnds.MatchString(before[max(0, len(before)-6):])
}

func endsWord(after string) bool {
	r, _ := utf8.DecodeRuneInString(after)
	return after == "" || notLetter(r)
}

func endsName(after string) bool {
	r, _ := utf8.DecodeRuneInString(after)
	return after == "" || notLetter(r) && r != '_' && r != '-'
}

// wordAround is the whole word in which a piece stands.
func wordAround(s string, start, end int) string {
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:start])
		if !unicode.IsLetter(r) {
			break
		}
		start -= n
	}
	for end < len(s) {
		r, n := utf8.DecodeRuneInString(s[end:])
		if !unicode.IsLetter(r) {
			break
		}
		end += n
	}
	return s[start:end]
}
