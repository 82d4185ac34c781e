package cause

// policyRows are the rules of an administrator or a parent.
var policyRows = []Row{
	{
		ID:       PairingProhibitedByPolicy,
		Title:    "An administrator forbids this connection",
		Sentence: "a profile on the iPhone forbids it to connect to this computer",
		Remedy:   []string{"Ask the school or company that manages the iPhone to allow connections to this computer."},
		Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: Never}, ExitCode: ExitRefused,
		Codes: []string{"lockdown/-38", "0xE800009A", "0xE800009B"},
		Texts: []string{"MCProtected", "pairing is prohibited", "prohibited by a policy", "device is configured to reject new pairings", "configured to reject new pairings", "PairingProhibitedByPolicy", "pairing is not allowed by", "does not allow pairing", "host pairing is disabled"},
	},
	{
		ID:       SupervisedHostMismatch,
		Title:    "The iPhone belongs to an organisation",
		Sentence: "the iPhone is managed by an organisation and connects only to that organisation's computer",
		Remedy: []string{
			"Use the organisation's computer, or ask its administrator.",
			"Bear in mind that a backup of a managed iPhone can be restored only to a managed iPhone.",
		},
		Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: Never}, ExitCode: ExitRefused,
		Codes: []string{"lockdown/-39", "0xE8000083"},
		Texts: []string{"MCChallengeRequired", "device is supervised by another", "must be paired with a supervising host", "supervised by another computer", "not the supervising host"},
	},
	{
		ID:       EncryptionRequiredByPolicy,
		Title:    "Only encrypted backups are allowed",
		Sentence: "a profile on the iPhone allows only encrypted backups, and no backup password is set",
		Remedy: []string{
			"Set a backup password: in Finder, iTunes or Apple Devices, tick \"Encrypt local backup\".",
			"Keep the password in a safe place; nobody can recover it.",
		},
		Severity: Fail, Layer: Phone, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		Codes:  []string{"MBErrorDomain/22"},
		Texts:  []string{"RequiresEncryption: true", "requires encrypted backups", "backups must be encrypted", "policy requires encryption", "encryption is required by", "requires encryption of backups"},
		Common: []string{"disabled by policy"},
	},
	{
		ID:       BackupBlockedByRestriction,
		Title:    "A restriction blocks the backup",
		Sentence: "Screen Time or a profile on the iPhone blocks backups to a computer",
		Remedy: []string{
			"On the iPhone, open Settings, then Screen Time, then Content & Privacy Restrictions, and switch them off for now.",
			"If a school or company manages the iPhone, ask its administrator.",
			"Plug the iPhone in again.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Never}, ExitCode: ExitFailed,
		Codes:  []string{"lockdown/-34", "MBErrorDomain/22", "Finder/-39"},
		Texts:  []string{"ServiceProhibited", "backup is restricted", "backups are not allowed", "backup not allowed by", "backup is not permitted", "prohibited by restrictions"},
		Common: []string{"disabled by policy", "not allowed by profile"},
	},
}

// spaceRows are the causes about room, here and on the phone.
var spaceRows = []Row{
	{
		ID:       HostDiskFull,
		Title:    "The backup disk is too full",
		Sentence: "the backup disk is too full: need {need}, have {free}",
		Plain:    "the backup disk is too full for this backup",
		Special: []string{
			"the backup disk holds as many files as it can ({maxFiles}), although it has free space",
			"the backup disk has room, but the account {account} may use only {free} more of it",
			"the backup disk is too full: need {need}, {copy} of it for a copy of the earlier version; have {free}",
			"the backup disk is too full: need {need}, and up to {upTo}; have {free}",
		},
		Remedy: []string{
			"Free {short|some space} on {volume|the backup disk}, or set another destination.",
			"Empty the bin, and remove old backups or files that are no longer needed.",
			"Or connect a larger drive and set it as the destination.",
		},
		Instead: []Steps{{With: "copy", Steps: []string{
			"Write mirror: true into the settings (homeport config path): the next backup then takes the earlier one's place, without a copy.",
			"Or free enough space on the drive for both.",
			"Or use a larger drive, or one formatted as APFS, NTFS, ext4, XFS or Btrfs.",
		}}},
		Severity: Fail, Layer: Destination, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		DependsOn: []ID{DestinationMissing, DestinationOffline},
		Codes:     []string{"Finder/-36"},
		Texts:     []string{"not enough space on this computer", "not enough space on your mac", "insufficient free disk space on drive", "the disk is full", "not enough space on the disk"},
		Common:    []string{"not enough space", "insufficient disk space"},
	},
	{
		ID:       HostDiskTight,
		Title:    "The backup may not fit",
		Sentence: "the backup may not fit: {free} free, up to {need} needed",
		Special:  []string{"this computer's own drive has only {ownFree} left; Homeport keeps its log and its notes there"},
		Plain:    "the backup may not fit on the backup disk",
		Remedy: []string{
			"Free {short|some space} on {volume|the backup disk} to be safe.",
			"Or go on: if it does not fit, it stops cleanly and the earlier backup stays.",
		},
		Severity: Warn, Layer: Destination, When: Before, Retry: Retry{On: Never},
		DependsOn: []ID{DestinationMissing, DestinationOffline, HostDiskFull},
	},
	{
		ID:       HostDiskFullDuring,
		Title:    "The backup disk filled up",
		Sentence: "the backup disk filled up during the backup, after {received}; earlier backups are untouched",
		Plain:    "the backup disk filled up during the backup; earlier backups are untouched",
		Special:  []string{"the backup disk holds as many files as it can ({maxFiles}), although it has free space; earlier backups are untouched"},
		Remedy: []string{
			"Remove what is not needed from {volume|the backup disk}, or set another destination.",
			"Start the backup again.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
		Codes:  []string{"MBErrorDomain/105", "MBErrorDomain/102", "errno/ENOSPC", "errno/EDQUOT", "windows/112", "iTunes/-34"},
		Common: []string{"no space left on device", "disk quota exceeded", "there is not enough space on the disk", "not enough space on the disk", "StorageFull message", "disk full", "IOException: no space left", "no space left on volume", "could not be completed because ... is full", "ran out of disk space", "ENOSPC: no space left on device", "write failed: no space left", "QuotaExceeded", "DiskFullException", "volume is full", "quota exceeded"},
	},
	{
		ID:       HostSpaceMisreported,
		Title:    "The iPhone was told a wrong number",
		Sentence: "the iPhone stopped for lack of space, although {free} are free on the backup disk",
		Plain:    "the iPhone stopped for lack of space, although the backup disk has enough",
		Remedy: []string{
			"Start the backup again; Homeport tells the iPhone the right number.",
			"If it stays, free some more space on {volume|the backup disk}.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto, Tries: 1}, ExitCode: ExitFailed,
		Codes: []string{"MBErrorDomain/105"},
		Texts: []string{"PurgeDiskSpace", "purge disk space"},
	},
	{
		ID:       DeviceStorageFull,
		Title:    "The iPhone itself is full",
		Sentence: "the iPhone has only {free} free; it needs about 1 GB to prepare a backup",
		Plain:    "the iPhone itself is full; it needs about 1 GB to prepare a backup",
		Remedy: []string{
			"On the iPhone, open Settings, then General, then iPhone Storage.",
			"Remove 1 to 2 GB: unused apps, downloaded videos, or files in Recently Deleted.",
		},
		Severity: Fail, Layer: Phone, When: BeforeToo, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
		Codes: []string{"MBErrorDomain/102", "MBErrorDomain/105", "MBErrorDomain/106"},
		Texts: []string{"iphone storage full", "iphone storage almost full", "not enough space on the iphone", "iphone does not have enough space", "afc no space", "iphone storage is almost full", "iphone storage is full", "not enough storage on the iphone", "not enough space on device for snapshot", "device storage is full"},
	},
	{
		ID:       DeviceSnapshotStuck,
		Title:    "An earlier attempt is stuck on the iPhone",
		Sentence: "an earlier attempt left something on the iPhone that stops a new backup",
		Remedy: []string{
			"Restart the iPhone.",
			"Unlock it and start the backup again.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
		Codes: []string{"MBErrorDomain/3", "MBErrorDomain/100"},
		Texts: []string{"snapshot exists", "snapshot failure", "error creating snapshot", "could not create snapshot", "could not take snapshot", "snapshot creation failed", "failed to create snapshot", "unable to create snapshot", "snapshot already exists", "could not mount snapshot", "snapshot error"},
	},
}
