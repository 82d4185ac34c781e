package cause

import (
	"math"
	"slices"
	"strings"
	"sync"
)

// gap stands in a phrase for a few words of any kind, written as "...".
const (
	gap      = "..."
	gapWords = 8
)

// phrase is a piece of another program's message, word by word in common form.
type phrase struct {
	id     ID
	words  []string
	weight int  // how telling it is
	weak   bool // other programs say it as well
	often  bool // it has to come several times
}

// index is the catalogue as the search needs it.
type index struct {
	phrases     map[string][]phrase // by their first word
	phraseWords rarity
	sayings     []saying
	saidIn      map[string][]int // the sayings that a word stands in
	saidWords   rarity
	topics      map[string][]topic
}

// catalogueIndex is made once, from the catalogue alone.
var catalogueIndex = sync.OnceValue(func() *index {
	x := &index{
		phrases: map[string][]phrase{}, phraseWords: rarityOf(programVocabulary(), programTexts),
		saidIn: map[string][]int{}, saidWords: rarityOf(peopleVocabulary(), wordings),
	}
	for _, r := range catalogue {
		for _, t := range r.Texts {
			x.addPhrase(phrase{id: r.ID}, t)
		}
		for _, t := range r.Common {
			x.addPhrase(phrase{id: r.ID, weak: true}, t)
		}
		for _, t := range r.Repeated {
			x.addPhrase(phrase{id: r.ID, often: true}, t)
		}
		for _, t := range wordings(r) {
			x.addSaying(r, t)
		}
	}
	x.topics = x.topicsOf()
	return x
})

// programTexts is what programs say of a cause.
func programTexts(r Row) []string { return slices.Concat(r.Texts, r.Common, r.Repeated) }

// wordings is everything that says to a person what has happened.
func wordings(r Row) []string {
	plain, _ := fill(r.Sentence, nil)
	if r.Plain != "" {
		plain = r.Plain
	}
	return slices.Concat([]string{r.Title, plain}, r.Texts, said()[r.ID])
}

// rarity says of a word how few causes have it: a word of one cause says much, a
// word of nearly all causes says little.
type rarity map[string]float64

func rarityOf(v *vocabulary, texts func(Row) []string) rarity {
	count := map[string]int{}
	for _, r := range catalogue {
		seen := map[string]bool{}
		for _, s := range texts(r) {
			for _, p := range v.tokenize(s) {
				seen[p.word] = true
			}
		}
		for w := range seen {
			count[w]++
		}
	}
	all := rarity{}
	for w, n := range count {
		all[w] = max(math.Log(float64(1+len(catalogue))/float64(n)), 0.8)
	}
	return all
}

// bland words say little whoever has them.
var bland = map[string]float64{
	"not": 1, "phone": 0.6, "backup": 0.8, "computer": 0.7, "error": 0.5, "fail": 1, "itunes": 1, "every": 1.2, "another": 1, "only": 1.3, "start": 1, "already": 0.5,
}

// strangeWord is how much a word counts that the catalogue does not have.
const strangeWord = 1.6

// worth is how much a word counts.
func (r rarity) worth(word string) float64 {
	if w, ok := bland[word]; ok {
		return w
	}
	if w, ok := r[word]; ok {
		return w
	}
	if strings.ContainsAny(word, "0123456789") {
		return 0
	}
	return strangeWord
}

// telling is the least that the words of a program's text have to be worth.
const telling = 3.8

// addPhrase adds a text, word by word.
func (x *index) addPhrase(p phrase, text string) {
	worth := 0.0
	for i, part := range strings.Split(text, gap) {
		if i > 0 {
			p.words = append(p.words, gap)
		}
		for _, w := range programVocabulary().tokenize(part) {
			p.words = append(p.words, w.word)
			worth += x.phraseWords.worth(w.word)
		}
	}
	p.weight = scoreText + int(10*worth)
	x.phrases[p.words[0]] = append(x.phrases[p.words[0]], p)
}

// found is a phrase in the text: from which piece to which.
type found struct {
	phrase
	from, to int
}

// often is how many times a text has to come that tells something only by that.
const often = 3

// findPhrases finds what other programs say. A phrase inside a longer one does not
// count: "not enough space" in "not enough space on the iPhone".
func (f *finder) findPhrases() {
	all := f.phrases()
	times := map[ID]int{}
	longest := 0 // the end of the longest phrase that began earlier
	for i := 0; i < len(all); {
		next, here := i, 0
		for ; next < len(all) && all[next].from == all[i].from; next++ {
			here = max(here, all[next].to)
		}
		for _, p := range all[i:next] {
			if p.to < here || p.to < longest {
				continue
			}
			if p.often {
				if times[p.id]++; times[p.id] < often {
					continue
				}
			}
			f.addFound(p)
		}
		longest = max(longest, here)
		i = next
	}
}

// phrases are all that stand in the text, by where they begin.
func (f *finder) phrases() []found {
	var all []found
	weak := map[ID]bool{}
	pieces := f.programPieces
	for i := range pieces {
		for _, p := range catalogueIndex().phrases[pieces[i].word] {
			if n := matches(pieces[i:], p.words); n > 0 {
				all = append(all, found{p, i, i + n})
				weak[p.id] = weak[p.id] || p.weak
			}
		}
	}
	if f.aboutPhones || f.brief || len(weak) > 1 && len(f.starts) <= maxTold && len(f.pieces) <= toldWords {
		return all // one failure after the other is about something of ours
	}
	return slices.DeleteFunc(all, func(p found) bool { return p.weak })
}

func (f *finder) addFound(p found) {
	start, end := f.programPieces[p.from].start, f.programPieces[p.to-1].end
	score := p.weight
	if p.weak {
		score = score * 3 / 5
	}
	f.add(Hit{ID: p.id, Matched: f.text[start:end], Sure: ByText, at: start, score: score})
}

// matches is how many pieces the words of a phrase take, or 0.
func matches(pieces []piece, words []string) int {
	at := 0
	for i, w := range words {
		if w != gap {
			if at >= len(pieces) || pieces[at].word != w {
				return 0
			}
			at++
			continue
		}
		for skip := range gapWords {
			if n := matches(pieces[min(at+skip, len(pieces)):], words[i+1:]); n > 0 {
				return at + skip + n
			}
		}
		return 0
	}
	return at
}
