package cause

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// piece is one word of a text in its common form, and where it stands.
type piece struct {
	word       string
	start, end int // bytes of the text
}

// tokenize splits a text into words and brings each into its common form: lower
// case, without its ending, and, where the vocabulary has one, the word that stands
// for it and its like. Words that carry no meaning are left out.
func (v *vocabulary) tokenize(text string) []piece { return v.common(v.split(text)) }

// split finds the words of a text. "InvalidHostID" is three, as "invalid_host_id",
// unless it is a name that the catalogue knows as a whole.
func (v *vocabulary) split(text string) []piece {
	var list []piece
	start := -1
	for i, r := range text {
		inside := isWordRune(r) || start >= 0 && (r == '_' || r == '\'') && continues(text[i+1:])
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			list = v.take(list, text, start, i)
			start = -1
		}
		if r == '%' {
			list = append(list, piece{"percent", i, i + 1})
		}
	}
	if start >= 0 {
		list = v.take(list, text, start, len(text))
	}
	return list
}

// take adds what stands between two bytes: one name, or the words in it.
func (v *vocabulary) take(list []piece, text string, start, end int) []piece {
	if name := nameOf(text[start:end]); v.names[name] {
		return append(list, piece{name, start, end})
	}
	var last rune
	from := start
	for i, r := range text[start:end] {
		i += start
		if i > from && (r == '_' || isHump(last, r, text[from:i], text[i+utf8.RuneLen(r):end])) {
			list = append(list, piece{stem(text[from:i]), from, i})
			from = i
		}
		if r == '_' {
			from = i + 1
		}
		last = r
	}
	if from < end {
		list = append(list, piece{stem(text[from:end]), from, end})
	}
	return list
}

// nameOf is how a program's name for an error is looked up: without case, signs,
// and the ending that some programs add.
func nameOf(word string) string {
	name := strings.ReplaceAll(strings.ToLower(word), "_", "")
	if short := strings.TrimSuffix(strings.TrimSuffix(name, "exception"), "error"); len(short) > 5 {
		return short
	}
	return name
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// continues says whether a word goes on behind a sign within it.
func continues(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isWordRune(r)
}

// isHump says whether a new word begins at r, as in "passwordProtected" and
// "HostIDError". "iPhone" is one word, and so is "macOS".
func isHump(last, r rune, before, after string) bool {
	if !unicode.IsUpper(r) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(after)
	if unicode.IsLower(last) {
		return len(before) > 1 && !strings.EqualFold(before, "mac")
	}
	return unicode.IsUpper(last) && unicode.IsLower(next) && len(before) > 1 && next != 's'
}

// stem brings a word into lower case and takes its ending off. The result need not
// be a word: it only has to be the same for "charge", "charges" and "charging".
func stem(w string) string {
	w = strings.ToLower(w)
	w = strings.TrimSuffix(w, "'s")
	w = strings.ReplaceAll(w, "'", "")
	if len(w) > 40 || strings.ContainsAny(w, "0123456789") {
		return w
	}
	cut := func(ending string, least int) bool {
		if len(w) < least+len(ending) || !strings.HasSuffix(w, ending) {
			return false
		}
		w = strings.TrimSuffix(w, ending)
		return true
	}
	switch {
	case cut("sses", 2):
		w += "ss"
	case cut("ies", 3):
		w += "y"
	case cut("ing", 3), cut("ed", 3):
		if n := len(w); n > 3 && w[n-1] == w[n-2] && !strings.ContainsRune("lsz", rune(w[n-1])) {
			w = w[:n-1]
		}
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"):
	default:
		cut("s", 3)
	}
	cut("e", 3)
	return w
}

// common replaces stems by what stands for them, longest run first.
func (v *vocabulary) common(list []piece) []piece {
	out := make([]piece, 0, len(list))
	for i := 0; i < len(list); {
		words, n := v.longest(list[i:])
		if n == 0 {
			words, n = v.single[list[i].word], 1
			if words == nil {
				words = []string{list[i].word}
			}
		}
		for _, w := range words {
			if w != "" {
				out = append(out, piece{w, list[i].start, list[i+n-1].end})
			}
		}
		i += n
	}
	return out
}

// longest finds the longest run of words that the list begins with and that the
// vocabulary has something for.
func (v *vocabulary) longest(list []piece) ([]string, int) {
	for _, r := range v.runs[list[0].word] {
		if len(r.stems) <= len(list) && slices.EqualFunc(r.stems, list[:len(r.stems)], func(s string, t piece) bool { return s == t.word }) {
			return r.words, len(r.stems)
		}
	}
	return nil, 0
}

// run is a row of words that together mean something else than one by one.
type run struct {
	stems []string
	words []string
}

// vocabulary says which words stand for others.
type vocabulary struct {
	single map[string][]string
	runs   map[string][]run // by the first stem, longest first
	names  map[string]bool  // that are not taken apart
}

// newVocabulary reads a table: each line has what words stand for, a colon, and
// the words, with commas between them. "-" stands for nothing at all.
func newVocabulary(table string) *vocabulary {
	v := &vocabulary{map[string][]string{}, map[string][]run{}, map[string]bool{}}
	for line := range strings.Lines(table) {
		meaning, words, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		stand := strings.Fields(strings.ReplaceAll(meaning, "-", ""))
		if stand == nil {
			stand = []string{""}
		}
		for word := range strings.SplitSeq(words, ",") {
			v.add(v.split(word), stand)
		}
	}
	for first, list := range v.runs {
		slices.SortStableFunc(list, func(a, b run) int { return len(b.stems) - len(a.stems) })
		v.runs[first] = list
	}
	return v
}

func (v *vocabulary) add(list []piece, stand []string) {
	switch len(list) {
	case 0:
	case 1:
		v.single[list[0].word] = stand
	default:
		stems := make([]string, len(list))
		for i, t := range list {
			stems[i] = t.word
		}
		v.runs[stems[0]] = append(v.runs[stems[0]], run{stems, stand})
	}
}
