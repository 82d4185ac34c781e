package cause

import (
	"regexp"
	"slices"
	"strings"
)

// saying is one way to tell a cause, as a set of words in common form.
type saying struct {
	id     ID
	text   string
	words  []string
	weight float64

	restores bool // it is of a cause that only a restore knows
}

// nearAlone is how much the shared words have to be worth at least, scoreNear what a
// good fit scores, and nearLeast the least share of that.
const (
	nearAlone = 2.4
	nearLeast = 0.3
	scoreNear = 380
)

// strangeWords is how many words count at most that the catalogue does not have:
// people tell stories.
const strangeWords = 7

// maxSentences bounds how many sentences of a text are compared, from its end.
const maxSentences = 60

func (x *index) addSaying(r Row, text string) {
	s := saying{id: r.ID, text: text, restores: r.When == ByRestore, words: wordSet(peopleVocabulary().tokenize(text))}
	for _, w := range s.words {
		s.weight += x.saidWords.worth(w)
	}
	if s.weight < nearAlone {
		return
	}
	for _, w := range s.words {
		x.saidIn[w] = append(x.saidIn[w], len(x.sayings))
	}
	x.sayings = append(x.sayings, s)
}

// fit says how well a sentence has to fit a saying: as shares of the saying and of
// the sentence.
type fit struct{ saying, sentence float64 }

var (
	fitSaying = fit{0.70, 0.34} // in a text about phones or backups
	fitBoth   = fit{0.58, 0.58} // in one that may be about them; also in the first, when much is said
	fitWhole  = fit{0.85, 0.85} // in any other
	fitOne    = fit{0.70, 0.75} // where only one word is shared
)

func (f fit) holds(shared, saying, sentence float64) bool {
	return shared >= f.saying*saying && shared >= f.sentence*sentence
}

// near says whether what a sentence and a saying share is enough of both.
func (f *finder) near(shared float64, words int, saying, sentence float64) bool {
	switch {
	case shared < nearAlone:
		return false
	case words == 1:
		return fitOne.holds(shared, saying, sentence) && (f.fit != fitWhole || shared >= 2*nearAlone)
	case f.fit == fitSaying && fitSaying.holds(shared, saying, sentence):
		return true
	case f.fit == fitWhole:
		return fitWhole.holds(shared, saying, sentence) && shared >= 1.5*nearAlone
	}
	return fitBoth.holds(shared, saying, sentence) && (shared >= 2*nearAlone || fitSaying.holds(shared, saying, sentence))
}

// wordSet is the words of a sentence, each once, without numbers.
func wordSet(pieces []piece) []string {
	var words []string
	for _, p := range pieces {
		if strings.Trim(p.word, "0123456789") != "" {
			words = append(words, p.word)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// howTo begins a question that is no complaint.
var howTo = regexp.MustCompile(`^\W*(?:how (?:do|to|can|should|would|does one)|where (?:is|are|can|do)|can (?:i|you|we)|should i|is (?:it|there)|what (?:is|are)|which|best way)\b`)

// complaint makes a complaint of any question.
var complaint = regexp.MustCompile(`\b(?:not|n't|cannot|fail\w*|error|wrong|stuck|stop\w*|long|lost|forgot\w*|without|never|no)\b|n't\b`)

// findNearest compares each sentence with all sayings.
func (f *finder) findNearest() {
	if f.aboutOthers() || f.onlyAsks() {
		return
	}
	f.findAnchors()
	spans := f.sentences()
	for _, s := range spans {
		f.compare(s[0], s[1])
	}
	if len(spans) > 1 && len(f.pieces) <= 40 {
		f.compare(0, len(f.pieces))
	}
}

// anchors are words of which a complaint about a backup has one. Of the first kind
// one is enough; with the second the whole sentence has to fit better.
var (
	firmAnchors  = []string{"itunes", "backup", "passcode", "icloud", "find my", "lost mode", "screentime", "mux", "lockdown", "idevicebackup2", "stolen"}
	looseAnchors = []string{"phone", "trust", "deny", "restore", "computer", "cable", "disk", "folder", "password", "share", "hub", "battery", "percent", "charge", "plug", "port", "disconnect", "encrypt", "gb", "cloud", "recovery", "sync", "virus", "stuck", "zero"}
)

// otherThing is what a complaint of another kind is about.
var otherThing = regexp.MustCompile(`\b(?:android|samsung|galaxy|pixel|xiaomi|huawei|oneplus|nokia|motorola|adb|printer|scanner|playstation|ps[45]|xbox|nintendo|steam deck|tv|car|oven|fridge|mysql|postgres\w*|oracle|ora-\d+|docker|kubernetes|bitlocker|kindle|gopro|drone|watch|airpods|headphones)\b`)

// aboutOthers says whether the text complains of something else altogether.
func (f *finder) aboutOthers() bool {
	return !strings.Contains(f.lower, "iphone") && otherThing.MatchString(f.lower)
}

// findAnchors decides how well a sentence has to fit.
func (f *finder) findAnchors() {
	f.fit = fitWhole
	for _, p := range f.pieces {
		if slices.Contains(looseAnchors, p.word) {
			f.fit = fitBoth
		}
		f.restores = f.restores || p.word == "restore"
	}
	if f.aboutPhones || slices.ContainsFunc(f.pieces, func(p piece) bool { return slices.Contains(firmAnchors, p.word) }) {
		f.fit = fitSaying
	}
}

// onlyAsks says whether the text begins as a question and complains of nothing.
func (f *finder) onlyAsks() bool {
	return howTo.MatchString(strings.TrimSpace(f.lower)) && !complaint.MatchString(f.lower)
}

// sentences are the pieces from and to of each sentence that may be a complaint. In
// a log only the lines that tell a failure are.
func (f *finder) sentences() [][2]int {
	var spans [][2]int
	from := 0
	for i := range f.pieces {
		end := i + 1
		if end < len(f.pieces) && !endsSentence(f.text[f.pieces[i].end:max(f.pieces[i].end, f.pieces[end].start)]) {
			continue
		}
		at := f.pieces[from].start
		if !f.isLog() || f.levels[f.lineOf(at)] == failure {
			spans = append(spans, [2]int{from, end})
		}
		from = end
	}
	return spans[max(0, len(spans)-maxSentences):]
}

// endsSentence says whether what stands between two words ends a sentence.
func endsSentence(between string) bool {
	return strings.ContainsAny(between, "!?;\n") || strings.Contains(between, ". ")
}

// compare adds the causes that some pieces of the text are near to.
func (f *finder) compare(from, to int) {
	x := catalogueIndex()
	words := wordSet(f.pieces[from:to])
	if len(words) > 60 {
		return
	}
	total, strange := 0.0, 0
	shared, count := map[int]float64{}, map[int]int{}
	for _, w := range words {
		worth := x.saidWords.worth(w)
		if _, known := x.saidWords[w]; !known {
			if strange++; strange > strangeWords {
				continue
			}
		}
		total += worth
		for _, i := range x.saidIn[w] {
			shared[i] += worth
			count[i]++
		}
	}
	start, end := f.pieces[from].start, f.pieces[to-1].end
	for i, worth := range shared {
		s := x.sayings[i]
		if !f.near(worth, count[i], s.weight, total) {
			continue
		}
		score := worth / s.weight * (0.5 + 0.5*worth/total) * min(worth/8, 1.5)
		if s.restores && !f.restores {
			score *= 0.6
		}
		if score < nearLeast {
			continue
		}
		f.add(Hit{ID: s.id, Matched: strings.Join(strings.Fields(f.text[start:end]), " "), Sure: Nearest, at: start, score: int(scoreNear * score)})
	}
}
