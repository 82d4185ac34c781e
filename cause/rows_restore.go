package cause

// restoreRows are the causes that only a restore knows.
var restoreRows = []Row{
	{
		ID:       BackupNewerThanPhone,
		Title:    "The backup is newer than the iPhone",
		Sentence: "the backup is from iOS {backupVersion}, and the iPhone has iOS {iosVersion}; it takes none that is newer than itself",
		Plain:    "the backup is from a newer iOS than the iPhone has; it takes none that is newer than itself",
		Remedy: []string{
			"Update the iPhone: Settings, General, Software Update.",
			"Start the restore again.",
			"Or restore an older version: homeport versions list",
		},
		Severity: Fail, Layer: Phone, When: ByRestore, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		Codes: []string{"MBErrorDomain/203"},
		Texts: []string{"backup is too new", "software on the iphone is too old", "unsupported backup version", "software version on the iphone is too old", "ios version is lower than the backup", "because the software on the iphone is too old", "newer than the device"},
	},
	{
		ID:       BackupRefusedByPhone,
		Title:    "The iPhone does not take this backup",
		Sentence: "the iPhone does not take this backup ({code}), although it is whole as it was made",
		Plain:    "the iPhone does not take this backup, although it is whole as it was made",
		Remedy: []string{
			"Restore another version: homeport versions list",
			"If none is taken, make a new one: homeport backup --full",
		},
		Severity: Fail, Layer: Phone, When: ByRestore, Retry: Retry{On: Never}, ExitCode: ExitFailed,
	},
	{
		ID:       RestoreNoRoom,
		Title:    "The backup does not fit on the iPhone",
		Sentence: "the backup holds {need}, and the iPhone has room for {free}",
		Plain:    "the backup does not fit on the iPhone",
		Remedy: []string{
			"On the iPhone, open Settings, then General, then iPhone Storage, and make room.",
			"Or restore onto an iPhone with more storage.",
		},
		Severity: Fail, Layer: Phone, When: ByRestore, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		Codes: []string{"MBErrorDomain/106"},
		Texts: []string{"not enough free space on the iphone to restore", "not enough free space ... to restore", "not have enough space to restore", "insufficient space to restore"},
	},
	{
		ID:       RestoreInterrupted,
		Title:    "The restore was cut",
		Sentence: "the restore ended at {percent} %; the iPhone may hold old and new side by side until it is restored anew",
		Plain:    "the restore was cut; the iPhone may hold old and new side by side until it is restored anew",
		Remedy: []string{
			"Nothing on this computer has changed: the version is as it was.",
			"Leave the iPhone for some minutes; it may restart by itself.",
			"Plug it in, unlock it, and start the same restore again; it begins anew.",
			"If it does not start any more, restore its software with Finder or Apple Devices first.",
		},
		Severity: Fail, Layer: Run, When: ByRestore, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
		Texts: []string{"restore was interrupted", "restore interrupted"},
	},
}
