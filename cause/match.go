package cause

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Hit is one cause that fits a text, the piece of the text that it fits, and how
// sure that is.
type Hit struct {
	ID      ID
	Matched string
	Sure    Sure

	at    int // bytes of the text before it
	score int
	both  bool // its number and its words are there
}

// Sure says by what a cause was recognised.
type Sure string

// The ways to recognise a cause, from certain to likely.
const (
	ByID    Sure = "id"      // its id is written out
	ByCode  Sure = "code"    // by a number that other programs show
	ByText  Sure = "text"    // by words of another program
	Nearest Sure = "nearest" // it is the likeliest of what a person may mean
)

// Scores of a hit. An id or a code that is written out outweighs every text, a
// telling text outweighs a common one, and a bare number weighs little, because the
// same number means different things to different programs.
const (
	scoreID   = 2000
	scoreCode = 1000
	scoreBare = 400
	scoreText = 500
	scoreBoth = 150 // more when both the number and words are there
)

// maxHits is how many causes are answered with, and minShare the least share of
// the best one's score, in percent, that another one needs.
const (
	maxHits  = 5
	minShare = 28

	minShareNear = 75 // where nothing is sure
)

// Match finds the causes that fit what somebody pasted: an id, a number ("208",
// "-4", "0xE8000065", "MBErrorDomain/105"), a message of another program, the end
// of its log, or a sentence of a person. The best fit comes first; when nothing
// fits, the one hit is unknown. It takes any bytes, of any length, and looks at the
// end of a long text only.
func Match(text string) []Hit {
	f := newFinder(unpaste(text))
	f.findIDs()
	if len(f.hits) == 0 {
		f.findCodes()
		f.findPhrases()
	}
	if !slices.ContainsFunc(f.hits, func(h Hit) bool { return h.score >= scoreBare }) {
		f.findNearest()
	} else if len(f.starts) <= maxTold {
		f.findBeside()
	}
	return f.best()
}

// finder is one search.
type finder struct {
	text          string // plain
	lower         string
	pieces        []piece // as people mean it
	programPieces []piece // as programs put it
	starts        []int   // of the lines that are not empty
	levels        []level

	aboutPhones bool // it names a phone, a backup or a program for them
	brief       bool // it is short enough to be nothing but an error

	fit      fit  // how near it has to be to what people say
	restores bool // it speaks of a restore

	hits []Hit
}

// named is a phone's name in quotes, as dialogs have it: it may say anything.
var named = regexp.MustCompile(`(?i)\b(iphone|ipad|ipod touch|ipod) "[^"\n]{1,64}"`)

// domainWord is what a text about phones or backups has in it.
var domainWord = regexp.MustCompile(`phone|\bipad|\bipod|\bios\b|back[ -]?ups?\b|back(?:ing|ed|s)[ -]up|itunes|usbmux|lockdown|idevice|imobiledevice|mobiledevice|mobilebackup|mobilesync|apple|\b3utools|imazing|homeport`)

// briefWords is how many words a text has at most that is taken for an error by
// itself, whatever it is about.
const briefWords = 8

func newFinder(text string) *finder {
	text = named.ReplaceAllString(text, "$1")
	f := &finder{text: text, lower: lowerASCII(text)}
	words := peopleVocabulary().split(text)
	if len(words) <= maxSpelled {
		peopleSpelling().correct(words)
	}
	f.pieces = peopleVocabulary().common(words)
	f.programPieces = programVocabulary().tokenize(text)
	f.aboutPhones = domainWord.MatchString(f.lower)
	f.brief = len(f.pieces) <= briefWords
	f.readLines()
	return f
}

// lowerASCII keeps every byte where it is.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// add keeps the best hit of each cause; of equal ones the later.
func (f *finder) add(h Hit) {
	h.score = f.weigh(h)
	i := slices.IndexFunc(f.hits, func(old Hit) bool { return old.ID == h.ID })
	if i < 0 {
		f.hits = append(f.hits, h)
		return
	}
	old := f.hits[i]
	both := old.both || old.Sure != h.Sure && old.Sure != Nearest && h.Sure != Nearest
	if h.score > old.score || h.score == old.score && h.at > old.at {
		f.hits[i] = h
	}
	f.hits[i].both = both
}

// best orders the hits: what explains another one stands before it, the last error
// of a log before what came earlier, and what hardly fits is left out.
func (f *finder) best() []Hit {
	hits := f.preferLate(f.hits)
	f.preferCodes(hits)
	for i := range hits {
		if hits[i].both {
			hits[i].score += scoreBoth
		}
	}
	for i := range hits {
		row, _ := Lookup(hits[i].ID)
		for _, reason := range hits {
			if slices.Contains(row.DependsOn, reason.ID) && reason.at != hits[i].at && reason.score*2 > hits[i].score {
				hits[i].score = min(hits[i].score, reason.score-1)
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.at, a.at), cmp.Compare(rowOf(a.ID), rowOf(b.ID)))
	})
	if len(hits) == 0 {
		return []Hit{{ID: Unknown}}
	}
	least := hits[0].score * minShare / 100
	if hits[0].Sure == Nearest {
		least = hits[0].score * minShareNear / 100
	}
	hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.score < least })
	return hits[:min(len(hits), maxHits)]
}

// rowOf is where a cause stands in the catalogue: of causes that fit equally well
// the first is told first.
func rowOf(id ID) int {
	return slices.IndexFunc(catalogue, func(r Row) bool { return r.ID == id })
}

// preferCodes takes what the words of a line say back to little where the number in
// the same sentence says something else: the number is exact, but never of a mere warning.
func (f *finder) preferCodes(hits []Hit) {
	for i, h := range hits {
		row, _ := Lookup(h.ID)
		if h.Sure == ByText && row.Severity == Fail && slices.ContainsFunc(hits, func(c Hit) bool {
			return c.Sure == ByCode && c.score >= scoreBare && f.lineOf(c.at) == f.lineOf(h.at) && !endsSentence(f.text[min(c.at, h.at):max(c.at, h.at)])
		}) {
			hits[i].score /= 4
		}
	}
}

// findIDs finds an id by itself, or written out in a text such as one of our own
// log lines.
func (f *finder) findIDs() {
	alone := strings.Trim(strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' || r == '\n' {
			return '-'
		}
		return r
	}, f.lower), "-\"'().:")
	if _, ok := Lookup(ID(alone)); ok {
		f.add(Hit{ID: ID(alone), Matched: alone, Sure: ByID, score: scoreID})
		return
	}
	for _, at := range ownID.FindAllStringSubmatchIndex(f.lower, -1) {
		i := slices.IndexFunc(at[2:], func(n int) bool { return n >= 0 }) + 2
		id := ID(f.lower[at[i]:at[i+1]])
		if _, ok := Lookup(id); ok && id != Unknown {
			f.add(Hit{ID: id, Matched: string(id), Sure: ByID, at: at[0], score: scoreID})
		}
	}
}

// ownID is an id as our own output shows it: behind "cause", in parentheses, or
// behind the verb that explains it.
var ownID = regexp.MustCompile(`"?cause"?\s*[:=]\s*"?([a-z0-9]+(?:-[a-z0-9]+)+)\b|\(([a-z0-9]+(?:-[a-z0-9]+)+)\)|homeport explain ([a-z0-9]+(?:-[a-z0-9]+)+)\b`)
