package cause

import "time"

// earlierRows are the causes in other programs and in earlier backups.
var earlierRows = []Row{
	{
		ID:       SyncLockHeld,
		Title:    "Another program is syncing",
		Sentence: "Finder, iTunes, Apple Devices, Photos or another tool is working with the iPhone",
		Special:  []string{"another program, probably {program}, is working with the iPhone"},
		Remedy: []string{
			"Wait until it has finished, or close it.",
			"Then plug the iPhone in again.",
		},
		Instead: byHand(
			"Wait until it has finished, or close it.",
			"Then start it again.",
		),
		DependsOn: []ID{AlreadyRunning},
		Severity:  Fail, Layer: Computer, When: Before, Retry: Retry{On: Auto, For: 5 * time.Minute}, ExitCode: ExitBusy,
		Texts:  []string{"could not lock file! error code", "timeout while locking for sync", "op_would_block", "another sync is in progress", "iphone is currently syncing", "iphone is being synced", "already in use by another program", "could not lock file", "failed to lock ... sync", "AFCOpWouldBlock", "device is syncing", "iphone is being synced by"},
		Common: []string{"sync lock"},
	},
	{
		ID:       AlreadyRunning,
		Title:    "A backup is already running",
		Sentence: "a backup of this iPhone into this folder is already running",
		Special:  []string{"Homeport runs already, {daemon}", "{host} {doing}"},
		Remedy:   []string{"Wait until it has finished."},
		Instead: []Steps{{"daemon", []string{
			"Leave it: it backs up what is plugged in. See it with: homeport service status",
			"To run it here, end the other one first: homeport service stop, or Ctrl-C in its terminal.",
		}}},
		Severity: Fail, Layer: Homeport, When: Before, Retry: Retry{On: Auto}, ExitCode: ExitBusy,
		Texts: []string{"backup is already running", "another backup is in progress", "another instance is running", "already running with pid"},
	},
	{
		ID:       PreviousBackupCorrupt,
		Title:    "The earlier backup is damaged",
		Sentence: "the earlier backup of this iPhone is damaged or half finished ({reason}); the next one does not build on it",
		Plain:    "the iPhone's backup on this computer is damaged or half finished; the next one does not build on it",
		Remedy: []string{
			"Nothing needs to be done: Homeport goes back to the newest sound version, or makes a full backup.",
			"With another program, rename or move its old backup folder, then back up again; delete nothing yet.",
		},
		Instead: byHand(
			"Start the backup again: Homeport goes back to the newest sound version, or makes a full backup.",
			"With another program, rename or move its old backup folder, then back up again; delete nothing yet.",
		),
		Severity: Info, Layer: Earlier, When: Before, Retry: Retry{On: Auto, Full: true}, ExitCode: ExitFailed,
		Codes:  []string{"MBErrorDomain/204", "MBErrorDomain/205"},
		Texts:  []string{"backup was corrupt or not compatible", "backup is corrupt", "backup could not be read", "could not read status.plist", "manifest references files not in backup", "cannot parse a null or zero-length data", "error reading backup database", "error reading backup properties", "status.plist ... malformed", "manifest.db ... malformed", "manifest.db ... not a database", "manifest.plist could not be read", "invalid manifest.plist", "could not parse manifest", "could not read manifest.db", "manifest.plist is corrupt", "previous backup ... corrupt", "backup is corrupt or not compatible"},
		Common: []string{"database disk image is malformed", "file is not a database"},
	},
	{
		ID:       PreviousBackupOtherDevice,
		Title:    "The folder belongs to another iPhone",
		Sentence: "the backup in this folder belongs to another iPhone",
		Remedy:   []string{"Choose another folder for this iPhone, or give its own folder back its name."},
		Severity: Fail, Layer: Earlier, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
	},
	{
		ID:       PreviousBackupIncompleteFiles,
		Title:    "The earlier backup lacks files",
		Sentence: "the newest backup lacks {files} files; the next one does not build on it",
		Plain:    "the newest backup lacks files; the next one does not build on it",
		Remedy:   []string{"Leave the iPhone plugged in: the next backup is a full one and brings the files back."},
		Instead:  byHand("Start the backup again: the next one is a full one and brings the files back."),
		Severity: Info, Layer: Earlier, When: BeforeToo, Retry: Retry{On: Auto, Full: true}, ExitCode: ExitFailed,
		Codes: []string{"MBErrorDomain/209"},
		Texts: []string{"missing encryption key", "missing file key"},
	},
	{
		ID:       BackupPasswordUnknown,
		Title:    "The backup password is not known",
		Sentence: "the password of the encrypted backup is wrong or not known; nobody can recover it",
		RemedyDarwin: []string{
			"Open Keychain Access and search for iOS Backup.",
			"Try older passwords: of the iPhone, the Mac and the Apple Account.",
			"As a last resort: on the iPhone, Settings, General, Transfer or Reset, Reset, Reset All Settings; old backups stay locked.",
		},
		Remedy: []string{
			"Try older passwords: of the iPhone, this computer and the Apple Account.",
			"As a last resort: on the iPhone, Settings, General, Transfer or Reset, Reset, Reset All Settings; old backups stay locked.",
			"Make a new backup after that, with a new password.",
		},
		Severity: Info, Layer: Earlier, When: BeforeToo, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
		Codes:  []string{"MBErrorDomain/207", "Finder/-31"},
		Texts:  []string{"invalid backup password", "wrong backup password", "password you entered to unlock your iphone backup", "backup password is incorrect", "could not decrypt backup", "failed to decrypt backup keybag", "wrong password ... backup", "incorrect backup password", "backup is encrypted ... password", "backup password is required", "enter the password to unlock your iphone backup"},
		Common: []string{"invalid password", "incorrect password", "password is incorrect"},
	},
	{
		ID:       EncryptionOff,
		Title:    "The backup is not encrypted",
		Sentence: "encryption is off; saved passwords and Health data will not be in the backup",
		Remedy: []string{
			"To have them in it, tick \"Encrypt local backup\" in Finder, iTunes or Apple Devices.",
			"Keep the password in a safe place; nobody can recover it.",
		},
		Severity: Info, Layer: Phone, When: Before, Retry: Retry{On: Never},
	},
	{
		ID:       BackupShrank,
		Title:    "Much less was backed up than last time",
		Sentence: "this backup holds {bytes}, the one before held {bytesBefore}; the earlier one is kept",
		Plain:    "this backup holds much less than the one before; the earlier one is kept",
		Remedy: []string{
			"Think whether much was deleted from the iPhone, or moved to iCloud.",
			"If not, look into both versions before the older one is removed; it is pinned.",
		},
		Severity: Warn, Layer: Earlier, When: After, Retry: Retry{On: Never},
	},
	{
		ID:       MirrorRefused,
		Title:    "The earlier backup was not replaced",
		Sentence: "the new backup looks doubtful beside the earlier one, and there is no room to keep both: {short} are missing",
		Plain:    "the new backup looks doubtful beside the earlier one, and there is no room to keep both",
		Special:  []string{"the earlier backup {pinned} is pinned, and there is no room for a second one beside it: {short} are missing"},
		Remedy: []string{
			"Think whether much was deleted from the iPhone, or moved to iCloud.",
			"If so, replace the earlier backup with homeport backup --replace.",
			"If not, make room on the drive and back up again; the earlier backup stays until then.",
		},
		Instead: []Steps{{With: "pinned", Steps: []string{
			"Make room on the drive, or choose a larger one.",
			"Or take the pin off with homeport versions unpin, and back up again.",
		}}},
		Severity: Fail, Layer: Earlier, When: After, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
	},
	{
		ID:       BackupSlow,
		Title:    "The backup takes long",
		Sentence: "the backup runs at {speed}, mostly held up by {slowest}",
		Plain:    "the backup takes longer than usual",
		Remedy: []string{
			"Let a first backup finish; later ones send only what changed.",
			"Use a USB 3 cable and port for an iPhone that can do it, and no hub.",
			"Close programs that use the disk or the iPhone.",
			"If it stays slow, restart the iPhone and the computer.",
		},
		Severity: Info, Layer: Run, When: After, Retry: Retry{On: Never},
	},
	{
		ID:    BackupOverdue,
		Title: "No backup for a while",
		Special: []string{
			"{name} has not been backed up for {age}",
			"{name} was never backed up; it was first here {known} ago",
			"this iPhone was never backed up; it was first here {known} ago",
		},
		Sentence: "this iPhone has not been backed up for {age}",
		Plain:    "this iPhone has not been backed up for a while",
		Remedy: []string{
			"Plug the iPhone in, unlock it, and see what it says: homeport status",
			"If it is gone for good, name it under phones in the settings, with enabled: false.",
		},
		Severity: Info, Layer: Earlier, When: ByQuestion, Retry: Retry{On: Never},
	},
	{
		ID:       AppDataBlocksBackup,
		Title:    "One app's data stops the backup",
		Sentence: "the backup stops at the same place each time; the data of {app|one app} seems to be the reason",
		Remedy: []string{
			"Update iOS and all apps on the iPhone.",
			"Save what matters in the app, remove the app, and try again.",
			"Until it works, save your pictures at least, with: homeport photos",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Never}, ExitCode: ExitFailed,
		Texts: []string{"no operation found for path"},
	},
	{
		ID:       ImportRefused,
		Title:    "This folder cannot be imported",
		Sentence: "this folder cannot be imported: {reason}",
		Plain:    "this folder cannot be imported as a backup",
		Remedy: []string{
			"If Finder, iTunes or another program is still making this backup, let it finish, and import again.",
			"If it cannot be finished, leave the folder as it is, and make a new backup with: homeport backup",
		},
		Instead: []Steps{{"none", []string{
			"Name the folder that holds Info.plist and Manifest.plist, or the folder that it lies in.",
			"To see what there is in the usual places: homeport versions import",
		}}},
		Severity: Fail, Layer: Earlier, When: ByQuestion, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
	},
}
