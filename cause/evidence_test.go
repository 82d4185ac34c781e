package cause

// key documents one name of evidence that sentences use.
type key struct {
	name    string
	meaning string
	sample  any
}

// keys is every name that a placeholder may have. The generated page shows it,
// and the tests render with its samples.
var keys = []key{
	{"account", "the account on this computer", "anna"},
	{"age", "seconds since the last good version", Seconds(12 * 86400)},
	{"known", "seconds since a phone without a version was first seen", Seconds(20 * 86400)},
	{"allowed", "what the setting may be", "auto, native or libimobiledevice"},
	{"app", "the app whose data stops the backup", "Chat"},
	{"askedFor", "seconds for which the phone asked for its passcode in vain", Seconds(95)},
	{"asleep", "seconds that the computer slept", Seconds(754)},
	{"away", "seconds for which the phone was unplugged while it was asked for trust", Seconds(60)},
	{"backupVersion", "the iOS version of the phone that was backed up", "26.1"},
	{"bytes", "bytes in this backup", Bytes(12_400_000_000)},
	{"bytesBefore", "bytes in the backup before", Bytes(49_800_000_000)},
	{"closedAfter", "seconds after which the phone's passcode question closed, without the passcode", Seconds(8)},
	{"code", "the number or word that the phone gave", "ServiceProhibited"},
	{"copy", "bytes of the earlier version that have to be copied first", Bytes(49_800_000_000)},
	{"could", "seconds that it could take", Seconds(4 * 60)},
	{"count", "how many places", 12},
	{"file", "the settings file", "/home/anna/.config/homeport/config.yaml"},
	{"fileSystem", "the file system's name", "exFAT"},
	{"files", "how many files", 12},
	{"fits", "how many more versions have room", 2},
	{"free", "bytes free where they are needed", Bytes(8_400_000_000)},
	{"host", "the other computer's name", "mini"},
	{"inside", "the folder in which the backup folder is to be made", "/media/anna/Disk"},
	{"iosVersion", "the phone's iOS version", "18.5"},
	{"key", "the setting, as a path of keys", "keep.last"},
	{"kind", "the kind of a network share", "SMB"},
	{"maxFiles", "how many files the drive can hold, where it can hold no more", 65536},
	{"met", "the phones that were ever here, nearest first", []string{"Anna's iPhone", "Ben's iPhone"}},
	{"mirror", "what a mirror keeps", "one version"},
	{"name", "the name that was asked for", "anna"},
	{"need", "bytes that the backup needs", Bytes(62_100_000_000)},
	{"doing", "what another computer does", "is backing up this iPhone to the same folder"},
	{"daemon", "how and since when Homeport runs", "as a service since 10:15 (process 4711)"},
	{"noFolder", "a path that was to be a folder", "/home/anna/notes.txt"},
	{"oldAge", "seconds since iCloud's last backup, when that is long", Seconds(40 * 86400)},
	{"oldest", "the oldest iOS version that works", "10"},
	{"owner", "the program or account that owns the socket", "the user mallory"},
	{"ownFree", "bytes free where Homeport keeps its own files", Bytes(84_000_000)},
	{"path", "a path on this computer", "/media/anna/Backups"},
	{"percent", "0 to 100", 17},
	{"phones", "the phones in question, nearest first", []string{"Anna's iPhone", "Ben's iPhone"}},
	{"pinned", "the pinned version that a mirror would replace", "20261122T103140Z-0012"},
	{"port", "the name of the port", "1-2"},
	{"policy", "what the system's rules for encryption forbid", "no SHA-1 signatures"},
	{"possible", "bits per second that the phone can do", BitRate(10_000_000_000)},
	{"program", "the program that is in the way", "gvfsd-gphoto2"},
	{"when", "at which moment a command was run: before or after", "before"},
	{"reason", "what exactly was found, in a few words", "it has no Manifest.db"},
	{"received", "bytes received before it ended", Bytes(21_400_000_000)},
	{"rule", "the setting that is in the way", "a setting in Windows' Device Manager"},
	{"service", "the cloud service", "OneDrive"},
	{"check", "what has to be looked at", "the folder can be written"},
	{"share", "the address of a network share", "//nas/backups"},
	{"short", "bytes that are missing", Bytes(53_700_000_000)},
	{"slowest", "what held the backup up most", "the cable"},
	{"socket", "the address of the iPhone service", "/var/run/usbmuxd"},
	{"speed", "bits per second", BitRate(480_000_000)},
	{"stopped", "where the drive is that the system stopped writing to", "/media/anna/Backups"},
	{"takes", "seconds that it will take", Seconds(25 * 60)},
	{"tested", "the newest iOS version that was tested", "26.1"},
	{"times", "how often", 4},
	{"upTo", "bytes that the backup may need, when only the phone knows how many", Bytes(62_100_000_000)},
	{"usual", "the folder that takes backups when nobody chose one", "/home/anna/.local/share/homeport/backups"},
	{"value", "what the setting was", "often"},
	{"version", "the version's id", "20261122T103140Z-0012"},
	{"volume", "the drive's name", "Backups"},
	{"where", "where a program was looked for", "at /opt/idevicebackup2"},
	{"waitedFor", "seconds without an answer", Seconds(60)},
	{"who", "who answered, when it was not the iPhone", "the program that talks to iPhones"},
}

// otherKeys are evidence that no sentence shows, but that means something.
var otherKeys = []key{
	{"byHand", "a person started what failed, and nothing starts it again", true},
	{"none", "there is no backup in the folder at all", true},
	{"ownEngine", "it is Homeport's own engine that the phone does not take", true},
	{"shownFor", "seconds for which the phone showed its passcode prompt", Seconds(4)},
	{"waited", "seconds for which the person was waited for in vain; turns the exit code of a wait into 8", Seconds(300)},
}

// samples is evidence of every kind.
func samples() Evidence {
	ev := Evidence{}
	for _, k := range keys {
		ev[k.name] = k.sample
	}
	return ev
}
