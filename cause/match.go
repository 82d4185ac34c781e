package cause

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Hit is one cause that fits a text, and the piece of the text that it fits.
type Hit struct {
	ID      ID
	Matched string

	score int
}

// maxPasted bounds what Match looks at: the end of a pasted log, where the
// failure stands.
const maxPasted = 256 << 10

// Scores of a hit. A code that is written out outweighs every text, a longer
// text outweighs a shorter one, and a bare number weighs least, because the same
// number means different things to different programs.
const (
	scoreID   = 10_000
	scoreCode = 5_000
	scoreText = 1_000
	scoreBare = 500
)

// domainRank orders the readings of a bare number: what people see most comes
// first. Domains that are not named here are never meant by a bare number.
var domainRank = []string{"MBErrorDomain", "iTunes", "mobilebackup2", "lockdown", "Finder"}

var (
	wholeNumber = regexp.MustCompile(`^(?:an? )?(?:unknown )?(?:error|errorcode|code|error code|fehler)?\s*[:#]?\s*\(?(-?\d{1,5})\)?\.?$`)
	hexCode     = regexp.MustCompile(`0xe80000[0-9a-f]{2}`)
	domainCode  = regexp.MustCompile(`([a-z0-9-]+)[/ :]+(-?\d{1,5})\b`)
	mbCode      = regexp.MustCompile(`(?:errorcode|error code) (\d{1,3})\b|mberrordomain\D{0,10}(\d{1,3})\b`)
	lockdownNo  = regexp.MustCompile(`lockdownd?\b[^0-9]{0,60}?(-\d{1,3})\b`)
	aloneCode   = regexp.MustCompile(`\((-\d{1,5})\)`)
)

// Match finds the causes that fit what somebody pasted: an id, a number ("208",
// "-4", "0xE8000065", "MBErrorDomain/105"), a message of another program, or the
// end of its log. The best fit comes first; when nothing fits, the one hit is
// unknown. Exit codes of other programs are not looked up: they collide with
// everything.
func Match(text string) []Hit {
	if len(text) > maxPasted {
		text = text[len(text)-maxPasted:]
	}
	text = strings.Join(strings.Fields(strings.ToLower(straighten(text))), " ")
	var f finder
	f.ids(text)
	f.codes(text)
	f.texts(text)
	if len(f.hits) == 0 {
		f.titles(text)
	}
	if len(f.hits) == 0 {
		return []Hit{{ID: Unknown}}
	}
	slices.SortStableFunc(f.hits, func(a, b Hit) int { return cmp.Compare(b.score, a.score) })
	return f.hits
}

// straighten replaces the typographic signs that Apple's dialogs use.
func straighten(s string) string {
	return strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`, "−", "-", "–", "-", "\u00a0", " ").Replace(s)
}

// finder gathers hits, one per cause, with the best score.
type finder struct{ hits []Hit }

func (f *finder) add(id ID, matched string, score int) {
	i := slices.IndexFunc(f.hits, func(h Hit) bool { return h.ID == id })
	if i < 0 {
		f.hits = append(f.hits, Hit{id, matched, score})
	} else if score > f.hits[i].score {
		f.hits[i] = Hit{id, matched, score}
	}
}

// ids finds an id by itself, or written out in a text such as one of our own log
// lines.
func (f *finder) ids(text string) {
	alone := strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' {
			return '-'
		}
		return r
	}, strings.Trim(text, " \"'`()."))
	for _, r := range catalogue {
		switch id := string(r.ID); {
		case alone == id:
			f.add(r.ID, id, scoreID)
		case r.ID != Unknown && strings.Contains(id, "-") && containsWord(text, id):
			f.add(r.ID, id, scoreID-1)
		}
	}
}

// codes finds numbers that other programs show.
func (f *finder) codes(text string) {
	if m := wholeNumber.FindStringSubmatch(text); m != nil {
		f.bare(m[1])
	}
	for _, code := range hexCode.FindAllString(text, -1) {
		f.code(code, scoreCode)
	}
	for _, m := range domainCode.FindAllStringSubmatch(text, -1) {
		f.code(m[1]+"/"+m[2], scoreCode)
	}
	for _, m := range mbCode.FindAllStringSubmatch(text, -1) {
		f.code("mberrordomain/"+m[1]+m[2], scoreCode)
	}
	for _, m := range lockdownNo.FindAllStringSubmatch(text, -1) {
		f.code("lockdown/"+m[1], scoreCode)
		f.code("lockdown-client/"+m[1], scoreCode)
	}
	for _, m := range aloneCode.FindAllStringSubmatch(text, -1) {
		if strings.Contains(text, "mobilebackup2") {
			f.code("mobilebackup2/"+m[1], scoreCode-1)
		} else {
			f.bare(m[1])
		}
	}
}

func (f *finder) code(code string, score int) {
	for _, id := range ForCode(code) {
		f.add(id, code, score)
	}
}

// bare looks a number up in every domain that people see. A positive number is
// one of a backup's own error codes.
func (f *finder) bare(number string) {
	if n, err := strconv.Atoi(number); err != nil || n == 0 {
		return
	}
	for i, domain := range domainRank {
		f.code(domain+"/"+number, scoreBare-i)
	}
}

// texts finds pieces of other programs' messages.
func (f *finder) texts(text string) {
	for _, r := range catalogue {
		for _, t := range r.Texts {
			if strings.Contains(text, t) {
				f.add(r.ID, t, scoreText+len(t))
			}
		}
	}
}

// titles is the last resort: a cause whose title's or id's words nearly all stand
// in the text.
func (f *finder) titles(text string) {
	titleWords, idWords := significant(text), strings.FieldsFunc(text, notLetter)
	for _, r := range catalogue {
		f.addByWords(r, r.Title, significant(strings.ToLower(r.Title)), titleWords)
		f.addByWords(r, string(r.ID), strings.Split(string(r.ID), "-"), idWords)
	}
}

// addByWords adds a cause when at least two of the wanted words, and two thirds of
// them, are there.
func (f *finder) addByWords(r Row, matched string, want, words []string) {
	found := 0
	for _, w := range want {
		if slices.Contains(words, w) {
			found++
		}
	}
	if found >= 2 && found*3 >= len(want)*2 {
		f.add(r.ID, matched, found*100/len(want))
	}
}

// significant splits a text into the words that carry meaning.
func significant(text string) []string {
	words := strings.FieldsFunc(text, notLetter)
	return slices.DeleteFunc(words, func(w string) bool {
		return len(w) < 4 || slices.Contains([]string{"iphone", "this", "that", "with", "cannot", "does", "from", "than", "there"}, w)
	})
}

func notLetter(r rune) bool { return !('a' <= r && r <= 'z' || r == '\'') }

// containsWord says whether word stands in text with no letter or dash beside it.
func containsWord(text, word string) bool {
	for rest := text; ; {
		before, after, found := strings.Cut(rest, word)
		if !found {
			return false
		}
		if !endsInWord(before) && (after == "" || !isWordByte(after[0])) {
			return true
		}
		rest = after
	}
}

func endsInWord(s string) bool { return s != "" && isWordByte(s[len(s)-1]) }

func isWordByte(b byte) bool {
	return b == '-' || b == '_' || 'a' <= b && b <= 'z' || '0' <= b && b <= '9'
}

// ForCode returns the causes that a code may mean, the likeliest first: a number
// with its domain ("MBErrorDomain/105", "lockdown/-17", "mobilebackup2/-4",
// "usbmuxd/3", "errno/ENOSPC") or one of Apple's host library ("0xE8000065").
// Most codes mean one cause; for those that mean several, the caller decides by
// what it can measure.
func ForCode(code string) []ID {
	ids := slices.Clone(ambiguous[strings.ToLower(code)])
	for _, r := range catalogue {
		if !slices.Contains(ids, r.ID) && slices.ContainsFunc(r.Codes, func(c string) bool { return strings.EqualFold(c, code) }) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// ambiguous lists the codes that several causes claim, with the likeliest first.
var ambiguous = map[string][]ID{
	"itunes/-54":        {FileLocked, DestinationNotWritable},
	"lockdown/-34":      {BackupServiceRefused, BackupBlockedByRestriction},
	"mberrordomain/22":  {EncryptionRequiredByPolicy, BackupBlockedByRestriction},
	"mberrordomain/100": {DeviceInternalError, LockedDuringBackup, DeviceSnapshotStuck},
	"mberrordomain/102": {DeviceStorageFull, HostDiskFullDuring},
	"mberrordomain/103": {DeviceInternalError, HostIOError},
	"mberrordomain/104": {DeviceInternalError, LockedDuringBackup, HostIOError},
	"mberrordomain/105": {HostDiskFullDuring, HostSpaceMisreported, DeviceStorageFull},
	"mberrordomain/106": {DeviceStorageFull, RestoreNoRoom},
	"mberrordomain/203": {HostSoftwareTooOld, BackupNewerThanPhone},
	"mobilebackup2/-4":  {DeviceDisconnected, DeviceBackupAgentCrashed},
}
