package cause

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// form is one way in which programs write a code: what it looks like, and which
// codes of the catalogue it may be. The first group that matched is the number;
// around is the text before it on its line, in lower case.
type form struct {
	looks *regexp.Regexp
	codes func(number, around string) []string
	// Weak forms count only in a text about phones or backups, or when there is
	// hardly anything else.
	weak bool
}

// forms is every way that is understood. They are looked for in lower case.
var forms = []form{
	{looks: regexp.MustCompile(`\b0x(e80000[0-9a-f]{2})\b|(?:^|[^-0-9a-f])(e80000[0-9a-f]{2})(?:$|[^-0-9a-z])`), codes: appleHex},
	{looks: regexp.MustCompile(`(-40265\d{4}|\b389231\d{4})\b`), codes: appleDecimal},
	{looks: regexp.MustCompile(`mberrordomain[^0-9]{0,30}?(\d{1,3})\b`), codes: inDomain("mberrordomain/")},
	{looks: regexp.MustCompile(`\b(mobilebackup2|lockdown-client|lockdown|usbmuxd|itunes|finder|device-manager)/(-?\d{1,3})\b`), codes: nil},
	{looks: regexp.MustCompile(`mobilebackup2?[^\n0-9]{0,80}?[ (:=](-\d{1,3})\b`), codes: inDomain("mobilebackup2/")},
	{looks: regexp.MustCompile(`(?:lockdown|handshake|startsession|start_session|startservice|\bpair)[^\n]{0,90}?[ (:=](-\d{1,3})\b`), codes: lockdownCodes},
	{looks: regexp.MustCompile(`\b(?:error|fehler)[ _-]?(?:code|nummer|number|no\.?)?['"]?\s*(?:is|was|[:=#])?\s*['"(#]?(-?\d{1,5})\b`), codes: errorNumber, weak: true},
	{looks: regexp.MustCompile(`\bcode['"]?\s*[:=]\s*['"(]?(-?\d{1,5})\b`), codes: errorNumber, weak: true},
	{looks: regexp.MustCompile(`\((-\d{1,5})\)`), codes: errorNumber, weak: true},
	{looks: regexp.MustCompile(`idevicebackup2?[^\n]{0,80}?(?:exit|exited|status|returned|code)[^\n0-9-]{0,24}(\d{1,3})\b`), codes: exitStatus},
	{looks: regexp.MustCompile(`\b0x8007([0-9a-f]{4})\b`), codes: windowsHex, weak: true},
	{looks: regexp.MustCompile(`\b(?:system error|winerror|win32 error)\s*[:=]?\s*(\d{1,4})\b`), codes: inDomain("windows/"), weak: true},
	{looks: regexp.MustCompile(`\(code (\d{1,2})\)`), codes: inDomain("device-manager/"), weak: true},
	{looks: regexp.MustCompile(`(?:\berrno[ :=]{1,3}|os error |nsposixerrordomain code=)(\d{1,3})\b`), codes: errnoNumber, weak: true},
	{looks: regexp.MustCompile(`nscocoaerrordomain code=(\d{3})\b`), codes: cocoaNumber, weak: true},
	{looks: regexp.MustCompile(`(?:^|[\s('"])(e(?:nospc|dquot|acces|perm|rofs|io|busy|fbig|nametoolong|timedout|hostdown|stale)): `), codes: errnoName},
	{looks: regexp.MustCompile(`\b(e(?:nospc|dquot|acces|perm|rofs|io|busy|fbig|nametoolong|timedout|hostdown|stale))\b`), codes: errnoName, weak: true},
}

// maxAround is how much of its line before a number says whose it is.
const maxAround = 160

func inDomain(domain string) func(number, around string) []string {
	return func(number, _ string) []string { return []string{domain + number} }
}

func appleHex(number, _ string) []string { return []string{"0x" + number} }

// appleDecimal reads a code of Apple's host library that a program printed as a
// decimal number, signed or not.
func appleDecimal(number, _ string) []string {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil
	}
	return []string{fmt.Sprintf("0x%08x", uint32(n))}
}

func lockdownCodes(number, around string) []string {
	if kernelLine.MatchString(around) {
		return nil
	}
	return []string{"lockdown/" + number, "lockdown-client/" + number}
}

// kernelLine is what stands before an error number of a kernel's USB driver, which
// looks like one of lockdown and is none.
var kernelLine = regexp.MustCompile(`\busb \d+-\d|\busb\d+\b|descriptor|not accepting address|xhci|\burb\b|enumerate`)

// foreign is what stands before a number that is no code of a backup's.
var foreign = regexp.MustCompile(`http|exit|status|errno|domain|zip|area|postal|windows|win32|stop|make|net::|device manager`)

// errorNumber reads "error 208", "error code: -54" and the like. What stands before
// it on its line says whose number it is.
func errorNumber(number, around string) []string {
	n, err := strconv.Atoi(number)
	if err != nil || n == 0 || kernelLine.MatchString(around) {
		return nil
	}
	if n > 0 {
		if foreign.MatchString(around) || n < 100 && !strings.Contains(around, "backup") {
			return nil
		}
		return []string{"mberrordomain/" + number}
	}
	switch {
	case strings.Contains(around, "errno"), strings.Contains(around, "domain="):
		return nil
	case strings.Contains(around, "mobilebackup"), strings.Contains(around, "protocol version"):
		return []string{"mobilebackup2/" + number}
	case strings.Contains(around, "lockdown"), strings.Contains(around, "unhandled"), strings.Contains(around, "pair"), strings.Contains(around, "idevice"):
		return lockdownCodes(number, around)
	case strings.Contains(around, "finder"):
		return []string{"finder/" + number, "itunes/" + number}
	}
	return bareCodes(number)
}

// domainRank orders the readings of a bare number: what people see most comes
// first. Domains that are not named here are never meant by a bare number.
var domainRank = []string{"mberrordomain", "itunes", "mobilebackup2", "lockdown", "lockdown-client", "finder"}

// bareCodes looks a number up in every domain that people see. A positive number
// is one of a backup's own error codes.
func bareCodes(number string) []string {
	codes := make([]string, len(domainRank))
	for i, domain := range domainRank {
		codes[i] = domain + "/" + number
	}
	return codes
}

// exitStatus reads what idevicebackup2 ends with: the low byte of the phone's
// error code, negated. Statuses that mean other things too are left alone.
func exitStatus(number, _ string) []string {
	n, _ := strconv.Atoi(number)
	code := 256 - n
	if code < 100 || code > 212 {
		return nil
	}
	return []string{"mberrordomain/" + strconv.Itoa(code)}
}

// windowsHex reads a Windows error in its long form.
func windowsHex(number, _ string) []string {
	n, err := strconv.ParseUint(number, 16, 16)
	if err != nil {
		return nil
	}
	return []string{"windows/" + strconv.FormatUint(n, 10)}
}

// errnoNames are the numbers that are the same on Linux and macOS, and Linux's for
// the others.
var errnoNames = map[string]string{
	"1": "eperm", "5": "eio", "13": "eacces", "16": "ebusy", "27": "efbig", "28": "enospc", "30": "erofs",
	"36": "enametoolong", "63": "enametoolong", "69": "edquot", "110": "etimedout", "112": "ehostdown", "116": "estale", "122": "edquot",
}

func errnoNumber(number, _ string) []string { return []string{"errno/" + errnoNames[number]} }

func errnoName(name, _ string) []string { return []string{"errno/" + name} }

// cocoaNumber reads the numbers of a Mac's own file errors.
func cocoaNumber(number, _ string) []string {
	switch number {
	case "513", "257":
		return []string{"errno/EACCES"}
	case "640":
		return []string{"errno/ENOSPC"}
	case "642":
		return []string{"errno/EROFS"}
	}
	return nil
}

var wholeNumber = regexp.MustCompile(`^(?:an? |the )?(?:unknown |itunes |iphone |backup |finder )*(?:error|errorcode|code|error code|error number|fehler)?\s*[:#]?\s*\(?(-?\d{1,5})\)?[.!?]?$`)

// findCodes finds the numbers that other programs show.
func (f *finder) findCodes() {
	if m := wholeNumber.FindStringSubmatch(strings.Join(strings.Fields(f.lower), " ")); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n != 0 {
			f.addCodes(bareCodes(m[1]), m[1], 0, scoreBare)
		}
		return
	}
	for _, form := range forms {
		if form.weak && !f.aboutPhones && !f.brief {
			continue
		}
		for _, at := range form.looks.FindAllStringSubmatchIndex(f.lower, -1) {
			f.addForm(form, at)
		}
	}
}

// addForm adds what one written code means.
func (f *finder) addForm(form form, at []int) {
	matched := strings.TrimSpace(f.text[at[0]:at[1]])
	if form.codes == nil { // domain and number both written out
		f.addCodes([]string{f.lower[at[2]:at[3]] + "/" + f.lower[at[4]:at[5]]}, matched, at[0], scoreCode)
		return
	}
	i := slices.IndexFunc(at[2:], func(n int) bool { return n >= 0 }) + 2
	number := f.lower[at[i]:at[i+1]]
	around := f.lower[max(0, at[i]-maxAround):at[i]]
	around = around[strings.LastIndexByte(around, '\n')+1:]
	codes := form.codes(number, around)
	score := scoreCode
	switch {
	case strings.Contains(around, "underlying error"):
		score = scoreCode / 4
	case len(codes) > 2:
		score = scoreBare
	}
	f.addCodes(codes, matched, at[0], score)
}

// addCodes adds the causes of codes; of several domains, and of several causes of
// one code, the first is the likeliest.
func (f *finder) addCodes(codes []string, matched string, at, score int) {
	rank := 0
	for _, code := range codes {
		for _, id := range byCode()[strings.ToLower(code)] {
			f.add(Hit{ID: id, Matched: matched, Sure: ByCode, at: at, score: score - rank*score/16})
			rank++
		}
	}
}
