package cause

// ownRows are the agent's own causes: names, settings, its store, and whom it
// can believe.
var ownRows = []Row{
	{
		ID:       NoPhone,
		Title:    "No iPhone is plugged in",
		Sentence: "no iPhone is plugged in",
		Remedy: []string{
			"Plug the iPhone into this computer and unlock it.",
			"If it is plugged in and not seen, run: homeport doctor --wait",
		},
		Severity: Info, Layer: Cable, When: Before, Retry: Retry{On: OnReattach}, ExitCode: ExitRefused,
		DependsOn: []ID{MuxServiceNotRunning, MuxPermissionDenied, MuxNotAnswering, MuxUntrustedOwner, DeviceNotInMux, DeviceInRecovery},
		Texts:     []string{"NoDeviceConnectedError", "no devices found", "no ios device found", "no device connected", "NoDeviceFound", "no iphone found", "there is no device connected", "no device attached", "MuxDeviceNotFound"},
		Common:    []string{"no device found", "no device is connected"},
	},
	{
		ID:       PhoneAmbiguous,
		Title:    "More than one iPhone fits",
		Sentence: "more than one iPhone fits: {phones}",
		Plain:    "more than one iPhone fits",
		Remedy:   []string{"Name it more exactly, by its whole name or more of its UDID; homeport devices lists them."},
		Severity: Fail, Layer: Homeport, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitUsage,
		Texts: []string{"more than one device", "multiple devices connected", "more than one device is connected", "multiple devices found", "several devices connected, choose"},
	},
	{
		ID:       NoSuchPhone,
		Title:    "No such iPhone here",
		Sentence: "no iPhone called \"{name}\" is here; there is {phones|none}",
		Special:  []string{"no iPhone called \"{name}\" was ever here; there was {met}"},
		Plain:    "no iPhone of that name is here",
		Remedy: []string{
			"Check the name; homeport devices lists the iPhones that are plugged in.",
			"Plug the iPhone in and unlock it.",
		},
		Instead: []Steps{{"met", []string{
			"Check the name; homeport status shows every iPhone that was ever here.",
			"A part of its UDID will do, too.",
		}}},
		Severity: Fail, Layer: Homeport, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitNoSuch,
		Texts: []string{"no device found with udid", "DeviceNotFoundError", "device ... not found with udid", "device with udid ... not found", "no device with udid", "udid ... not found", "unable to find device with udid", "is not connected or not paired"},
	},
	{
		ID:       NoSuchVersion,
		Title:    "No such version here",
		Sentence: "there is no version \"{name}\" here",
		Plain:    "there is no such version here",
		Remedy:   []string{"Look for the right one with: homeport versions list"},
		Severity: Fail, Layer: Homeport, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitNoSuch,
		Texts: []string{"no such version", "version ... does not exist in store"},
	},
	{
		ID:       ConfigInvalid,
		Title:    "A setting is wrong",
		Sentence: "the setting {key} in {file} cannot be \"{value}\"",
		Plain:    "the setting {key|in question} in {file|the settings} is not valid",
		Special: []string{
			"{key} in {file}: {reason}",
			"the settings in {file} cannot be used: {reason}",
			"{reason}",
		},
		Remedy: []string{
			"Use {allowed|a value that the sample shows}.",
			"See all settings with their meaning: homeport config init writes a sample, homeport config check reads yours.",
		},
		Severity: Fail, Layer: Homeport, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitUsage,
		Texts: []string{"homeport/config: unknown key", ".config/homeport/config", "homeport ... unknown key", "unknown key in config", "config: unknown key", "homeport ... invalid value"},
	},
	{
		ID:       CommandFailed,
		Title:    "A command of yours failed",
		Sentence: "the command that the settings run {when} a backup failed: {reason}",
		Plain:    "a command that the settings run around a backup failed",
		Remedy: []string{
			"See in the log what it printed: homeport logs",
			"Run the command in a terminal, and mend what it complains about.",
			"Or take it out of the settings, where it stands under before or after.",
		},
		Severity: Fail, Layer: Homeport, When: Before, Retry: Retry{On: Auto}, ExitCode: ExitRefused,
		Texts: []string{"homeport before command", "homeport after command", "command before the backup failed", "command after the backup failed"},
	},
	{
		ID:       EngineMissing,
		Title:    "idevicebackup2 is not installed",
		Sentence: "the settings ask for idevicebackup2, but it is not {where|installed}",
		RemedyDarwin: []string{
			"Set engine: native in the settings; it needs nothing installed.",
			"Or install it: brew install libimobiledevice",
			"If it is installed, say where: engine_path in the settings.",
		},
		RemedyWindows: []string{
			"Set engine: native in the settings; it needs nothing installed.",
			"If it is installed, say where: engine_path in the settings.",
		},
		RemedyLinux: []string{
			"Set engine: native in the settings; it needs nothing installed.",
			"Or install it: sudo apt install libimobiledevice-utils",
			"If it is installed, say where: engine_path in the settings.",
		},
		Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitUsage,
		Texts: []string{"idevicebackup2: command not found", "idevicebackup2: executable file not found", "idevicebackup2 is not recognized as", "exec: idevicebackup2", "spawn idevicebackup2 ENOENT", "idevicebackup2 not found", "idevicebackup2: not found", "no such file or directory: idevicebackup2", "cannot run program idevicebackup2", "cannot find idevicebackup2", "unable to locate idevicebackup2"},
	},
	{
		ID:       EngineNotIdevicebackup2,
		Title:    "The tool is something else",
		Sentence: "the program at {path} is not idevicebackup2",
		Plain:    "the program that was found is not idevicebackup2",
		Remedy: []string{
			"Set engine: native in the settings; it needs nothing installed.",
			"Or set engine_path in the settings to the right program; asked with --version it says: idevicebackup2 1.3.0, or later.",
		},
		Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitUsage,
	},
	{
		ID:       RunningAsRoot,
		Title:    "Running as root",
		Sentence: "Homeport runs as root; the backups will belong to root",
		Remedy:   []string{"Run it as yourself; it needs no special rights."},
		Severity: Warn, Layer: Computer, When: Before, Retry: Retry{On: Never},
		Common: []string{"do not run as root", "should not be run as root"},
	},
	{
		ID:       VersionDamaged,
		Title:    "A version is damaged",
		Sentence: "version {version} is damaged: {files} files are wrong or missing",
		Plain:    "version {version|of this iPhone} is damaged: files are wrong or missing",
		Remedy: []string{
			"See which files: homeport versions verify",
			"Let other versions replace them: homeport versions repair",
			"Plug the iPhone in; the next backup builds on a sound version.",
			"Check the drive if this happens again.",
		},
		Severity: Fail, Layer: Earlier, When: After, Retry: Retry{On: Auto, Full: true}, ExitCode: ExitDamaged,
	},
	{
		ID:       ManifestMismatch,
		Title:    "The iPhone's list and its files differ",
		Sentence: "the iPhone's own list and what it sent differ in {count} places",
		Plain:    "the iPhone's own list and what it sent differ",
		Remedy: []string{
			"Nothing is lost: earlier versions are kept, and the one before this is pinned.",
			"Make a full backup when convenient: homeport backup --full",
		},
		Severity: Warn, Layer: Earlier, When: After, Retry: Retry{On: Auto, Tries: 1, Full: true}, ExitCode: ExitFailed,
	},
	{
		ID:       VersionNotesLost,
		Title:    "Notes about earlier versions were lost",
		Sentence: "Homeport's notes about {count} earlier versions were unreadable; all of them are kept, and none was built on",
		Plain:    "Homeport's notes about the earlier versions were unreadable; all of them are kept, and none was built on",
		Remedy: []string{
			"Check the earlier versions: homeport versions verify",
			"Let go of those that need not stay: homeport versions unpin VERSION",
		},
		Severity: Warn, Layer: Earlier, When: After, Retry: Retry{On: Never}, ExitCode: ExitFailed,
	},
	{
		ID:       StoreTooNew,
		Title:    "Made by a newer Homeport",
		Sentence: "the backups in this folder were made by a newer Homeport",
		Remedy:   []string{"Update Homeport on this computer."},
		Severity: Fail, Layer: Destination, When: Before, Retry: Retry{On: Never}, ExitCode: ExitRefused,
	},
	{
		ID:       DestinationUnsafe,
		Title:    "This folder is not safe for backups",
		Sentence: "this folder is not safe for backups: {reason}",
		Plain:    "this folder is not safe for backups: others could change them",
		Remedy:   []string{"Choose a folder of your own, inside your home folder or on your own drive."},
		Severity: Fail, Layer: Destination, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		DependsOn: []ID{DestinationMissing},
		Common:    []string{"world-writable", "writable by others", "unsafe permissions"},
	},
	{
		ID:       DestinationForeign,
		Title:    "Another program keeps a backup there",
		Sentence: "another program keeps a backup of this iPhone in the same folder; it is left as it is",
		Remedy: []string{
			"Nothing needs to be done; Homeport keeps its versions beside it.",
			"To bring that backup in among the versions: homeport versions import",
		},
		Severity: Warn, Layer: Destination, When: Before, Retry: Retry{On: Never},
	},
	{
		ID:       LeaseLost,
		Title:    "Another computer is writing here",
		Sentence: "another computer ({host|unnamed}) has taken over these backups",
		Remedy: []string{
			"Let it finish; this computer tries again later.",
			"If this computer was asleep, keep it awake during a backup.",
			"To keep them apart, give each computer a folder of its own.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto}, ExitCode: ExitBusy,
	},
	{
		ID:       DeviceIdentityMismatch,
		Title:    "Not the iPhone that it says it is",
		Sentence: "this is not the iPhone that it says it is: {reason}",
		Plain:    "this is not the iPhone that it says it is",
		Remedy: []string{
			"Unplug it.",
			"If it was erased or repaired lately, run homeport unpair, plug it in again and tap Trust.",
		},
		Severity: Fail, Layer: Trust, When: BeforeToo, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		Texts: []string{"remote certificate ... changed"},
	},
	{
		ID:       DeviceHostile,
		Title:    "The device asks for forbidden things",
		Sentence: "the device asked for things that no iPhone asks for; nothing was written outside the backup",
		Remedy:   []string{"Unplug the device and do not use it with this computer."},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Never}, ExitCode: ExitFailed,
	},
	{
		ID:       MuxUntrustedOwner,
		Title:    "An unknown program answers for the iPhone service",
		Sentence: "{owner|an unknown program} answers in place of this computer's iPhone service",
		Remedy: []string{
			"Stop that program, or remove the setting USBMUXD_SOCKET_ADDRESS.",
			"Restart the computer.",
		},
		Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
	},
}

// elsewhereRows are no failures of a local backup, but people take them for one.
var elsewhereRows = []Row{
	{
		ID:       ICloudStorageFull,
		Title:    "iCloud is full or cannot be reached",
		Sentence: "this stops only the backup to iCloud; a backup to this computer needs neither iCloud nor internet",
		Remedy: []string{
			"Back up to this computer: plug the iPhone in.",
			"For iCloud, open Settings, your name, iCloud, and free space or choose a larger plan.",
			"Check that the iPhone is on Wi-Fi; if that is weak, try another network.",
		},
		Severity: Info, Layer: Phone, When: ByQuestion, Retry: Retry{On: Never},
		Codes: []string{"MBErrorDomain/13", "MBErrorDomain/17", "MBErrorDomain/210", "MBErrorDomain/300", "MBErrorDomain/301", "MBErrorDomain/302", "MBErrorDomain/303", "MBErrorDomain/304", "MBErrorDomain/305", "MBErrorDomain/306", "MBErrorDomain/307"},
		Texts: []string{"not enough icloud storage", "icloud storage is full", "icloud is full", "not enough space in icloud", "not enough storage in icloud", "last backup could not be completed", "icloud backup failed", "backed up to icloud because", "icloud storage full", "icloud backup could not be completed", "icloud storage is almost full", "not enough available icloud storage", "upgrade your icloud storage"},
	},
	{
		ID:       PhotosOptimised,
		Title:    "Some photos are only in iCloud",
		Sentence: "iCloud Photos keeps full-size pictures in iCloud only; those are not in a backup of the iPhone",
		Remedy: []string{
			"To have them here too, open Settings, your name, iCloud, Photos, and choose Download and Keep Originals.",
			"Make sure that the iPhone has room for them.",
		},
		Severity: Info, Layer: Phone, When: ByQuestion, Retry: Retry{On: Never},
		Texts: []string{"optimise iphone storage"},
	},
}
