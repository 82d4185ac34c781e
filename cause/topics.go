package cause

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// topic says how much a word speaks for a cause: how much it is worth, and how many
// of the sayings with it are of that cause.
type topic struct {
	cause int // place in the catalogue
	worth float64
}

// topicsOf counts the words of all sayings. What a single saying has by chance is
// left out.
func (x *index) topicsOf() map[string][]topic {
	count := map[string]map[int]int{}
	for _, s := range x.sayings {
		for _, w := range s.words {
			if count[w] == nil {
				count[w] = map[int]int{}
			}
			count[w][rowOf(s.id)]++
		}
	}
	topics := map[string][]topic{}
	for w, causes := range count {
		most := slices.Max(slices.Collect(maps.Values(causes)))
		for _, c := range slices.Sorted(maps.Keys(causes)) {
			n := causes[c]
			share := math.Sqrt(float64(n)/float64(most)) * min(1, 0.55+0.15*float64(n))
			topics[w] = append(topics[w], topic{c, x.saidWords.worth(w) * share})
		}
	}
	return topics
}

// topicFit is how much of a sentence's words has to speak for a cause, and how much
// they have to be worth.
type topicFit struct{ share, least float64 }

// topicFits are for what may be any text, halfFits for a few sentences, and toldFits
// for what a person tells.
var (
	topicFits = map[fit]topicFit{fitSaying: {0.85, 9}, fitBoth: {0.8, 7.5}, fitWhole: {0.9, 9}}
	halfFits  = map[fit]topicFit{fitSaying: {0.55, 4}, fitBoth: {0.78, 6}, fitWhole: {0.9, 9}}
	toldFits  = map[fit]topicFit{fitSaying: {0.48, 3.4}, fitBoth: {0.52, 4.2}, fitWhole: {0.72, 7}}
)

// toldWords is how many words of meaning a person's few sentences have at most.
const toldWords = 30

// person is what people write and programs hardly ever, program what is hardly ever
// in the words of a person.
var (
	person  = regexp.MustCompile(`\b(?:i|i'm|im|i've|my|me|mine|we|our|us|he|she|his|her|kids?|mom|dad|son|wife|husband)\b|[?!]{2}|\bit (?:says|wants|asks)\b`)
	program = regexp.MustCompile(`[{}<>|=]|\w\(|\w_\w|::|\w/\w+/|#\d|\w\.\w+:|\[\d`)
)

// isTold says whether the text is a person's own words.
func (f *finder) isTold() bool {
	return !f.isLog() && len(f.pieces) <= toldWords && !program.MatchString(f.text) && (person.MatchString(f.lower) ||
		!notes.MatchString(f.text) && complaint.MatchString(f.lower))
}

// A cause that leads by less than topicLead is told together with the next one;
// scoreTopic is what a good fit scores, and topicWord how much a word has to speak
// for the cause to be one of the two that are needed.
const (
	topicLead  = 1.15
	scoreTopic = 200
	topicWord  = 0.9
)

// speaksFor sums up, for each cause, how much the words speak for it, how much those
// that do not are worth, and how many clearly do.
func (x *index) speaksFor(words []string) (sums, rest []float64, clear []int) {
	sums, rest, clear = make([]float64, len(catalogue)), make([]float64, len(catalogue)), make([]int, len(catalogue))
	others := 0.0
	for _, w := range words {
		other := min(x.saidWords.worth(w), strangeWord)
		others += other
		for _, t := range x.topics[w] {
			sums[t.cause] += t.worth
			rest[t.cause] -= other
			if t.worth >= topicWord {
				clear[t.cause]++
			}
		}
	}
	for i := range rest {
		rest[i] += others
	}
	return sums, rest, clear
}

// compareTopics adds the cause that most words of a sentence speak for, where no
// saying is near: people find ways to put it that nobody wrote down.
func (f *finder) compareTopics(from, to int) {
	x := catalogueIndex()
	words := wordSet(f.pieces[from:to])
	if len(words) < 2 || len(words) > 60 {
		return
	}
	sums, rest, clear := x.speaksFor(words)
	best, second := topTwo(sums)
	need := topicFits[f.fit]
	switch {
	case f.isTold() && person.MatchString(f.lower):
		need = toldFits[f.fit]
	case f.isTold():
		need = halfFits[f.fit]
	}
	for i, c := range []int{best, second} {
		row := catalogue[c]
		if sums[c] < need.least || sums[c] < need.share*(sums[c]+rest[c]) || clear[c] < 2 || i > 0 && sums[best] >= topicLead*sums[c] || row.When == ByRestore && !f.restores {
			return
		}
		start, end := f.pieces[from].start, f.pieces[to-1].end
		f.add(Hit{ID: row.ID, Matched: strings.Join(strings.Fields(f.text[start:end]), " "), Sure: Nearest, at: start, score: int(scoreTopic * sums[c] / (sums[c] + rest[c]))})
	}
}

// total is how much a sentence's words are worth.
func (x *index) total(words []string) float64 {
	total, strange := 0.0, 0
	for _, w := range words {
		if _, known := x.saidWords[w]; !known {
			if strange++; strange > strangeWords {
				continue
			}
		}
		total += x.saidWords.worth(w)
	}
	return total
}

// topTwo are the places of the two largest.
func topTwo(sums []float64) (best, second int) {
	second = 1
	if sums[1] > sums[0] {
		best, second = 1, 0
	}
	for i := 2; i < len(sums); i++ {
		switch {
		case sums[i] > sums[best]:
			best, second = i, best
		case sums[i] > sums[second]:
			second = i
		}
	}
	return best, second
}
