package cause

// wellRows are good to know about a phone that is well.
var wellRows = []Row{
	{
		ID:       ICloudBackupToo,
		Title:    "iCloud Backup is on as well",
		Sentence: "iCloud has a backup of this iPhone too, from {age} ago",
		Plain:    "iCloud Backup is on too; a backup to this computer does not need it",
		Special:  []string{"the newest iCloud backup is {oldAge} old; a backup to this computer needs no iCloud space"},
		Remedy: []string{
			"Nothing needs to be done: the two backups do not disturb each other.",
			"To see how iCloud fares, open Settings on the iPhone, your name, iCloud, iCloud Backup.",
		},
		Severity: Info, Layer: Phone, When: Before, Retry: Retry{On: Never},
	},
	{
		ID:       DeviceSupervised,
		Title:    "An organisation manages this iPhone",
		Sentence: "an organisation manages this iPhone; its backup can be restored only to an iPhone that is managed too",
		Remedy: []string{
			"Nothing needs to be done for the backup itself.",
			"Before such an iPhone is given back, copy what is private elsewhere.",
		},
		Severity: Info, Layer: Phone, When: Before, Retry: Retry{On: Never},
	},
	{
		ID:       WiFiOnly,
		Title:    "The iPhone is here over Wi-Fi only",
		Sentence: "the iPhone is connected over Wi-Fi only; backups start by themselves when it is plugged in",
		Remedy:   []string{"Plug the iPhone into this computer with its cable."},
		Severity: Warn, Layer: Cable, When: Before, Retry: Retry{On: OnReattach},
		DependsOn: []ID{PairingNeedsUSB},
	},
}
