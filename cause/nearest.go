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
	tieBreak  = 30 // at most, for the words of all sayings of the cause
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

// asked is what sounds like a complaint and is part of a question.
var asked = regexp.MustCompile(`\bhow long\b|\bwithout (?:wi-?fi|an? \w+|the \w+|it\w*)`)

// findNearest compares each sentence with all sayings.
func (f *finder) findNearest() {
	if f.aboutOthers() || f.onlyAsks() || f.ofSource() || f.isWell() {
		return
	}
	f.findAnchors()
	spans := f.sentences()
	for _, s := range spans {
		f.compare(s[0], s[1])
	}
	if len(f.starts) <= maxTold && f.fit != fitWhole && f.isTold() {
		for _, c := range f.clauses() {
			f.compare(c[0], c[1])
		}
	}
	if len(spans) > 1 && len(f.pieces) <= 40 {
		f.compare(0, len(f.pieces))
	}
	if len(f.hits) > 0 {
		return
	}
	for _, s := range spans {
		f.compareTopics(s[0], s[1])
	}
	if len(f.hits) == 0 && len(spans) > 1 && len(f.pieces) <= 40 {
		f.compareTopics(0, len(f.pieces))
	}
}

// anchors are words of which a complaint about a backup has one. Of the first kind
// one is enough; with the second the whole sentence has to fit better.
var (
	firmAnchors  = []string{"itunes", "passcode", "icloud", "find my", "lost mode", "screentime", "mux", "lockdown", "idevicebackup2", "stolen"}
	looseAnchors = []string{"phone", "backup", "trust", "deny", "restore", "computer", "cable", "disk", "folder", "password", "share", "hub", "battery", "percent", "charge", "plug", "port", "disconnect", "encrypt", "gb", "cloud", "recovery", "sync", "virus", "stuck", "zero"}
)

// otherThing is what a complaint of another kind is about.
var otherThing = regexp.MustCompile(`\b(?:android|samsung|galaxy|pixel|xiaomi|huawei|oneplus|nokia|motorola|adb|printer|scanner|playstation|ps[45]|xbox|nintendo|steam deck|tv|car|oven|fridge|mysql|postgres\w*|oracle|ora-\d+|docker|kubernetes|bitlocker|kindle|gopro|drone|smart ?watch|airpods|headphones|calendar|outlook|invoice|divorce|concert|wedding|surgery)\b`)

// aboutOthers says whether the text complains of something else altogether.
func (f *finder) aboutOthers() bool {
	return !strings.Contains(f.lower, "iphone") && otherThing.MatchString(f.lower)
}

// notes is how programmers write of their own work: what they changed, and in which
// of their files.
var notes = regexp.MustCompile(`\w\(\)|\b\w+\.(?:c|h|cc|cpp|py|go|rs|js|pl|texi|am|test)\b|\(\w+(?:, ?\w+)*\):|#\d{3,}|(?m:^[\s*•-]*(?:Add|Implement|Fix|Fixed|Remove|Update|Updated|Make|Use|Correct|Improve|Report|Support|Allow|Issue|New)\b)|\b(?:[Cc]loses:|[Tt]hanks to|callers?|struct|pointers?|assertions?|regressions?|upstream|refactor\w*|func|functions?|malloc|compiler|gcc|libc|API|macros?|patch(?:es)?|header|buffer(?:ed|s)?|syscalls?|CVE|testcases?|arguments?|integers?|mmap|modules?|daemon --|archives?|sockets?|code paths?)\b`)

// ofSource says whether the text is about some program's source.
func (f *finder) ofSource() bool {
	return !f.isLog() && !f.aboutPhones && !strings.Contains(f.lower, "homeport") && notes.MatchString(f.text) && !person.MatchString(f.lower)
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

// wellDone is what people and programs say when all is well; a "no problem" in it is
// none.
var wellDone = regexp.MustCompile(`\b(?:success(?:ful|fully)?|works (?:fine|great|well|perfectly)|went (?:fine|well)|without (?:any |a )?(?:problems?|errors?|issues?)|no (?:problems?|errors?|issues?)|errors?: 0|0 errors|exit code 0|(?:very |so )?happy with|looks? (?:great|good)|all good|is fine)\b`)

// isWell says whether the text tells of a success and complains of nothing else.
func (f *finder) isWell() bool {
	return !f.isLog() && wellDone.MatchString(f.lower) && !complaint.MatchString(wellDone.ReplaceAllString(f.lower, ""))
}

// onlyAsks says whether the text begins as a question and complains of nothing.
func (f *finder) onlyAsks() bool {
	return howTo.MatchString(strings.TrimSpace(f.lower)) && !complaint.MatchString(asked.ReplaceAllString(f.lower, ""))
}

// maxTold is how many lines somebody has at most who tells of one failure after the
// other.
const maxTold = 3

// clauseEnd is what stands between two parts of a sentence.
var clauseEnd = regexp.MustCompile(`[,:()]|(?i:\b(?:and|but|also|then|now|so|because|cause)\b)`)

// clauses are the parts of the sentences.
func (f *finder) clauses() [][2]int {
	var parts [][2]int
	for _, s := range f.sentences() {
		from := s[0]
		for i := s[0] + 1; i <= s[1]; i++ {
			if i < s[1] && !clauseEnd.MatchString(f.text[f.pieces[i-1].end:max(f.pieces[i-1].end, f.pieces[i].start)]) {
				continue
			}
			if len(wordSet(f.pieces[from:i])) >= 2 {
				parts = append(parts, [2]int{from, i})
			}
			from = i
		}
	}
	return parts
}

// findBeside compares the clauses in which nothing was found: what went wrong next.
func (f *finder) findBeside() {
	if f.onlyAsks() || len(f.pieces) > 2*toldWords {
		return
	}
	f.findAnchors()
	sure := slices.Clone(f.hits)
	for _, c := range f.clauses() {
		from, to := f.pieces[c[0]].start, f.pieces[c[1]-1].end
		if !slices.ContainsFunc(sure, func(h Hit) bool { return h.at < to && h.at+len(h.Matched) > from }) {
			f.compare(c[0], c[1])
		}
	}
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
		if !wrapped.MatchString(f.lower[at:f.pieces[i].end]) && (!f.isLog() || f.levels[f.lineOf(at)] == failure) {
			spans = append(spans, [2]int{from, end})
		}
		from = end
	}
	return spans[max(0, len(spans)-maxSentences):]
}

// wrapped is how systemd ends the report of any program, and how a kernel begins one
// on a port: neither is anybody's way to tell a cause.
var wrapped = regexp.MustCompile(`\.(?:service|timer|scope|mount): (?:main process exited|failed with result|control process exited|unit entered failed|scheduled restart|start request repeated)|\busb \d+-[\d.]+: `)

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
	total := x.total(words)
	shared, count := map[int]float64{}, map[int]int{}
	for _, w := range words {
		worth := x.saidWords.worth(w)
		for _, i := range x.saidIn[w] {
			shared[i] += worth
			count[i]++
		}
	}
	sums, _, _ := x.speaksFor(words)
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
		f.add(Hit{ID: s.id, Matched: strings.Join(strings.Fields(f.text[start:end]), " "), Sure: Nearest, at: start, score: int(scoreNear*score + tieBreak*sums[rowOf(s.id)]/total)})
	}
}
