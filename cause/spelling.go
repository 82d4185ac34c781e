package cause

import (
	"maps"
	"slices"
	"sync"
)

// spelled is how long a word is at least that a slip of the finger is looked for in,
// and maxSpelled how many words a text has at most: programs make no such slips.
const (
	spelled    = 6
	maxSpelled = 150
)

// spelling finds a known word for one with a letter too many, too few, wrong or
// swapped: both are the same once a letter is left out of each.
type spelling struct {
	known map[string]bool
	less  map[string]string // a known word with a letter left out
}

var peopleSpelling = sync.OnceValue(func() *spelling {
	s := &spelling{map[string]bool{}, map[string]string{}}
	v := peopleVocabulary()
	for _, r := range catalogue {
		for _, text := range wordings(r) {
			s.learn(v.split(text))
		}
	}
	for word := range v.single {
		s.known[word] = true
	}
	for _, runs := range v.runs {
		for _, r := range runs {
			for _, w := range r.stems {
				s.known[w] = true
			}
		}
	}
	for _, word := range slices.Sorted(maps.Keys(s.known)) {
		if len(word) >= spelled-1 {
			for i := range word {
				s.less[word[:i]+word[i+1:]] = word
			}
		}
	}
	return s
})

func (s *spelling) learn(pieces []piece) {
	for _, p := range pieces {
		s.known[p.word] = true
	}
}

// correct replaces the words that nobody knows.
func (s *spelling) correct(pieces []piece) {
	for i, p := range pieces {
		if len(p.word) < spelled || len(p.word) > 20 || s.known[p.word] {
			continue
		}
		if word := s.nearest(p.word); word != "" {
			pieces[i].word = word
		}
	}
}

func (s *spelling) nearest(word string) string {
	if known, ok := s.less[word]; ok { // a letter too few
		return known
	}
	for i := range word {
		short := word[:i] + word[i+1:]
		if s.known[short] && len(short) >= spelled-1 {
			return short
		}
		if known, ok := s.less[short]; ok && len(known) == len(word) && oneSlip(known, word) {
			return known
		}
	}
	return ""
}

// oneSlip says whether two words of one length differ in one letter, or in two
// neighbours that are swapped.
func oneSlip(a, b string) bool {
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	j := len(a)
	for j > i && a[j-1] == b[j-1] {
		j--
	}
	return j-i <= 1 || j-i == 2 && a[i] == b[i+1] && a[i+1] == b[i]
}
