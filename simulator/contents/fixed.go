package contents

import "strings"

// fixedRow is a row that is on every simulated phone.
type fixedRow struct {
	kind         Kind
	domain, path string
	target       string // of a Link
	size         uint64 // of a File
}

// store is a place where the bulk of small files lies: a domain and the
// beginning of the names of its directories.
type store struct{ domain, dir string }

var stores = [...]store{
	{"HomeDomain", "Library/Caches/Store "},
	{"AppDomain-com.example.chat", "Documents/Media "},
	{"AppDomainGroup-group.com.example.chat", "Messages/Thread "},
	{"AppDomainPlugin-com.example.chat.share", "Documents/Share "},
	{"AppDomain-org.example.notes", "Documents/"},
	{"AppDomain-com.example.maps", "Library/Application Support/Tiles/"},
	{"MediaDomain", "Media/Recordings/"},
	{"AppDomain-net.example.Games", "Library/Saved Games/"},
	{"SysContainerDomain-com.example.daemon", "Library/State/"},
	{"SysSharedContainerDomain-systemgroup.com.example.shared", "Library/"},
	{"BooksDomain", "Books/"},
}

// apps are the bundle ids in Manifest.plist.
var apps = [...]string{"com.example.chat", "com.example.maps", "net.example.Games", "org.example.notes"}

// fixedFiles are the files that a reader of backups looks for first, and then
// names that are legal on a phone and awkward elsewhere. The first ones stay
// when a Config asks for fewer files than there are here.
var fixedFiles = [...]fixedRow{
	{domain: "HomeDomain", path: "Library/SMS/sms.db", size: 1 << 20},
	{domain: "HomeDomain", path: "Library/AddressBook/AddressBook.sqlitedb", size: 300 << 10},
	{domain: "HomeDomain", path: "Library/Preferences/com.apple.springboard.plist", size: 4 << 10},
	{domain: "CameraRollDomain", path: "Media/PhotoData/Photos.sqlite", size: 2 << 20},
	{domain: "HomeDomain", path: "Library/Empty/nothing", size: 0},
	{domain: "WirelessDomain", path: "Library/CallHistory/call_history.db", size: 60 << 10},
	{domain: "RootDomain", path: "Library/Preferences/com.apple.MobileBackup.plist", size: 1 << 10},
	{domain: "DatabaseDomain", path: "timezone/localtime.bin", size: 3 << 10},
	{domain: "KeychainDomain", path: "keychain-backup.plist", size: 40 << 10},
	{domain: "SystemPreferencesDomain", path: "SystemConfiguration/preferences.plist", size: 9 << 10},
	{domain: "ManagedPreferencesDomain", path: "mobile/.GlobalPreferences.plist", size: 1 << 10},
	{domain: "TonesDomain", path: "Media/Purchases/ring.m4r", size: 500 << 10},
	{domain: "KeyboardDomain", path: "Library/Keyboard/user_model_database.sqlite", size: 90 << 10},

	{domain: awkward, path: "Documents/.hidden", size: 10},
	{domain: awkward, path: "Documents/..double dots", size: 11},
	{domain: awkward, path: "Documents/...", size: 12},
	{domain: awkward, path: "Documents/ leading and trailing spaces ", size: 13},
	{domain: awkward, path: "Documents/ends with a dot.", size: 14},
	{domain: awkward, path: "Documents/colon: a:b", size: 15},
	{domain: awkward, path: `Documents/back\slash "quotes" <angles> | pipe ? star *`, size: 16},
	{domain: awkward, path: "Documents/new\nline and\ttab", size: 17},
	{domain: awkward, path: "Documents/escape \x1b[31mred\x1b[0m", size: 18},
	{domain: awkward, path: "Documents/CON", size: 19},
	{domain: awkward, path: "Documents/aux.txt", size: 20},
	{domain: awkward, path: "Documents/Case", size: 21},
	{domain: awkward, path: "Documents/case", size: 22},
	{domain: awkward, path: "Documents/na\u00efve composed", size: 23},
	{domain: awkward, path: "Documents/nai\u0308ve decomposed", size: 24},
	{domain: awkward, path: "Documents/日本語 العربية עברית", size: 25},
	{domain: awkward, path: "Documents/👩‍👩‍👧‍👦 family 🏳️‍🌈", size: 26},
	{domain: awkward, path: "Documents/right \u202eto left", size: 27},
	{domain: awkward, path: "Documents/%s %n %00 $HOME `id` ; rm", size: 28},
	{domain: awkward, path: "Documents/'; DROP TABLE Files; --", size: 29},
	{domain: awkward, path: "Documents/-rf", size: 30},
	{domain: awkward, path: "Documents/Manifest.db", size: 31},
	{domain: awkward, path: "Documents/" + strings.Repeat("long", 63) + "end", size: 32},
	{domain: awkward, path: "Documents/" + strings.Repeat("deep/", 60) + "bottom", size: 33},
	{domain: awkward, path: "Documents/one byte", size: 1},
	{domain: awkward, path: "Documents/empty one", size: 0},
	{domain: awkward, path: "Documents/empty two", size: 0},
}

const awkward = "AppDomain-com.example.awkward"

// fixedLinks are the symbolic links, which have a row and no body.
var fixedLinks = [...]fixedRow{
	{domain: "HomeDomain", path: "Library/Link to SMS", target: "SMS/sms.db"},
	{domain: awkward, path: "Documents/dangling link", target: "nowhere/at all"},
	{domain: awkward, path: "Documents/upward link", target: "../../../etc/passwd"},
	{domain: awkward, path: "Documents/lien é", target: "/private/var/mobile/Média"},
}

// fixedRows answers the first n fixed files, the links, and the directories
// above everything that a phone may hold, each once and each after its parent.
func fixedRows(n int) []fixedRow {
	var rows []fixedRow
	seen := map[[2]string]bool{}
	var above func(domain, path string)
	above = func(domain, path string) {
		if k := strings.LastIndexByte(path, '/'); k >= 0 {
			path = path[:k]
		} else if path != "" {
			path = ""
		} else {
			return
		}
		if seen[[2]string{domain, path}] {
			return
		}
		above(domain, path)
		seen[[2]string{domain, path}] = true
		rows = append(rows, fixedRow{kind: Dir, domain: domain, path: path})
	}
	enter := func(row fixedRow, kind Kind) {
		above(row.domain, row.path)
		row.kind = kind
		rows = append(rows, row)
	}
	for _, row := range fixedFiles[:n] {
		enter(row, File)
	}
	for _, row := range fixedLinks {
		enter(row, Link)
	}
	for _, s := range stores {
		above(s.domain, s.dir+"001")
	}
	above(cameraRoll, "Media/DCIM/100APPLE")
	return rows
}
