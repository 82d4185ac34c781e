package cause

import (
	"regexp"
	"slices"
	"strings"
)

// level is how much a line of a log says about a failure.
type level int

const (
	chatter level = iota // debugging, progress, what went well
	plain                // nothing tells
	warning
	failure
)

// share is how much a hit of such a line counts in a log, in percent.
var share = map[level]int{chatter: 35, plain: 80, warning: 55, failure: 100}

// logLines is from how many lines on a text is taken for a log: then the level and
// the place of a line count.
const logLines = 7

var (
	chatterLine = regexp.MustCompile(`\b(?:info|debug|trace|verbose|dbg|notice)\b|\[[vdi]\]`)
	warningLine = regexp.MustCompile(`\bwarn(?:ing)?\b|\[w\]`)
	failureLine = regexp.MustCompile(`\b(?:error|err|erro|fatal|fail|failed|fails|failure|panic|critical|crit|emerg|exception|abort|aborted|refused|denied|cannot|unable|could not|can't|couldn't)\b|errorcode|error:|exception:|error\b|\[e\]`)
	successLine = regexp.MustCompile(`\bbackup (?:was )?(?:successful|complete|completed|finished|done)\b|\b(?:backed up|completed|finished) successfully\b`)
)

// levelEnd is how far into a line the word for its level may stand.
const levelEnd = 60

// levelOf reads a line, in lower case. A level at its beginning decides.
func levelOf(line string) level {
	head := line[:min(len(line), levelEnd)]
	switch {
	case warningLine.MatchString(head) && !strings.Contains(head, "error"):
		return warning
	case chatterLine.MatchString(head) && !strings.Contains(head, "error"):
		return chatter
	case failureLine.MatchString(line):
		return failure
	}
	return plain
}

// readLines notes where the lines begin and what level each has.
func (f *finder) readLines() {
	at := 0
	for line := range strings.SplitSeq(f.lower, "\n") {
		if strings.TrimSpace(line) != "" {
			f.starts = append(f.starts, at)
			f.levels = append(f.levels, levelOf(line))
		}
		at += len(line) + 1
	}
}

// lineOf is the index of the line that a byte stands in.
func (f *finder) lineOf(at int) int {
	i, found := slices.BinarySearch(f.starts, at)
	if !found {
		i--
	}
	return max(i, 0)
}

// isLog says whether the text is long enough for the place of a line to count.
func (f *finder) isLog() bool { return len(f.starts) >= logLines }

// weigh is a hit's score with the level of its line.
func (f *finder) weigh(h Hit) int {
	if !f.isLog() {
		return h.score
	}
	return h.score * share[f.levels[f.lineOf(h.at)]] / 100
}

// lateLines is how many lines before the last error of a log still belong to it.
const lateLines = 4

// preferLate halves what stands well before the last error of a log, and drops what
// a log told in passing that then ends with a success.
func (f *finder) preferLate(hits []Hit) []Hit {
	if !f.isLog() {
		return hits
	}
	if at := successLine.FindAllStringIndex(f.lower, -1); at != nil {
		success := at[len(at)-1][0]
		hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.at < success && f.levels[f.lineOf(h.at)] != failure })
	}
	last := 0
	for _, h := range hits {
		if l := f.lineOf(h.at); f.levels[l] >= plain && h.score >= scoreText*share[plain]/100 {
			last = max(last, l)
		}
	}
	for i, h := range hits {
		if f.lineOf(h.at) < last-lateLines {
			hits[i].score /= 2
		}
	}
	return hits
}
