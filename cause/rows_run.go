package cause

import "time"

// runRows are the causes that show only while a backup runs.
var runRows = []Row{
	{
		ID:       DeviceDisconnected,
		Title:    "The iPhone was unplugged",
		Sentence: "the connection to the iPhone broke at {percent} %; it was unplugged, or the cable let go",
		Plain:    "the connection to the iPhone broke; it was unplugged, or the cable let go",
		Remedy: []string{
			"Plug the iPhone in again; the backup goes on from there.",
			"Leave it connected until it is done.",
			"If it happens again, use another cable or port.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: OnReattach}, ExitCode: ExitFailed,
		Codes: []string{"mobilebackup2/-4", "mobilebackup2/-3", "0xE800006B", "0xE8000084", "Finder/-10"},
		Texts: []string{"could not receive from mobilebackup2", "iphone disconnected", "was disconnected", "disconnected while", "connection reset by peer", "broken pipe", "unexpected eof"},
	},
	{
		ID:       MuxServiceStopped,
		Title:    "The iPhone service stopped",
		Sentence: "the program on this computer that talks to iPhones stopped during the backup, after {received}",
		Plain:    "the program on this computer that talks to iPhones stopped",
		Remedy: []string{
			"Unplug the iPhone and plug it in again; a backup that was under way goes on from there.",
			"If it happens again, restart the computer.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: OnReturn}, ExitCode: ExitFailed,
	},
	{
		ID:       MuxNotAnswering,
		Title:    "The iPhone service hangs",
		Sentence: "the program on this computer that talks to iPhones does not answer",
		RemedyDarwin: []string{
			"Unplug the iPhone and plug it in again.",
			"Restart the Mac.",
		},
		RemedyWindows: []string{
			"Unplug the iPhone and plug it in again.",
			"Open Services, find Apple Mobile Device Service and choose Restart; or restart the computer.",
		},
		RemedyLinux: []string{
			"Unplug the iPhone and plug it in again.",
			"If it stays silent, run: sudo systemctl restart usbmuxd",
		},
		Severity: Fail, Layer: Computer, When: BeforeToo, Retry: Retry{On: Auto, Tries: 1}, ExitCode: ExitRefused,
		DependsOn: []ID{MuxServiceNotRunning, MuxPermissionDenied},
	},
	{
		ID:       MuxConnectFailed,
		Title:    "No channel to the iPhone",
		Sentence: "this computer sees the iPhone, but could not open a channel to it",
		Remedy: []string{
			"Unplug the iPhone, unlock it and plug it in again.",
			"Try another cable or port.",
			"Restart the iPhone and the computer.",
		},
		Severity: Fail, Layer: Cable, When: BeforeToo, Retry: Retry{On: Auto, Tries: 3}, ExitCode: ExitRefused,
		DependsOn: []ID{MuxServiceNotRunning, MuxNotAnswering, DeviceDisconnected},
		Codes:     []string{"usbmuxd/2", "usbmuxd/3", "0xE8000065", "lockdown-client/-8"},
		Texts:     []string{"could not connect to the device", "kamdmuxconnecterror", "could not connect to lockdownd"},
	},
	{
		ID:       TransferStalled,
		Title:    "The iPhone stopped answering",
		Sentence: "the iPhone sent nothing for {waitedFor}",
		Plain:    "the iPhone stopped answering",
		Remedy: []string{
			"Restart the iPhone and unlock it.",
			"Start the backup again.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto, Tries: 1}, ExitCode: ExitFailed,
		Codes: []string{"mobilebackup2/-5", "lockdown-client/-7"},
		Texts: []string{"timed out waiting for the iphone", "receive timeout"},
	},
	{
		ID:       DeviceBackupAgentCrashed,
		Title:    "The iPhone's backup program stopped",
		Sentence: "the backup program on the iPhone stopped in the middle",
		Remedy: []string{
			"Restart the iPhone and unlock it.",
			"Start the backup again.",
			"If it stays, install iOS updates: Settings, General, Software Update.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto, Tries: 1}, ExitCode: ExitFailed,
		DependsOn: []ID{DeviceDisconnected},
		Codes:     []string{"mobilebackup2/-4"},
		Texts:     []string{"could not receive from mobilebackup2"},
	},
	{
		ID:       DeviceInternalError,
		Title:    "The iPhone reported an error",
		Sentence: "the iPhone reported an internal error ({code})",
		Plain:    "the iPhone reported an internal error",
		Remedy: []string{
			"Restart the iPhone and unlock it.",
			"Start the backup again.",
			"If it stays, install iOS updates: Settings, General, Software Update.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto, Tries: 2}, ExitCode: ExitFailed,
		Codes: []string{"MBErrorDomain/1", "MBErrorDomain/2", "MBErrorDomain/4", "MBErrorDomain/5", "MBErrorDomain/6", "MBErrorDomain/7", "MBErrorDomain/8", "MBErrorDomain/9", "MBErrorDomain/11", "MBErrorDomain/12", "MBErrorDomain/26", "MBErrorDomain/100", "MBErrorDomain/101", "MBErrorDomain/103", "MBErrorDomain/104"},
		Texts: []string{"error copying keychain data", "error occurred while reading from or writing to the iphone"},
	},
	{
		ID:       DeviceCancelled,
		Title:    "The iPhone ended the backup",
		Sentence: "the iPhone ended the backup before it was done",
		Remedy:   []string{"Unlock the iPhone, leave it alone, and start the backup again."},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
		DependsOn: []ID{PasscodePromptCancelled},
		Codes:     []string{"MBErrorDomain/202", "MBErrorDomain/213", "MBErrorDomain/217", "MBErrorDomain/218", "MBErrorDomain/219", "MBErrorDomain/220", "MBErrorDomain/221", "MBErrorDomain/222", "MBErrorDomain/224"},
		Texts:     []string{"backup cancelled", "backup canceled"},
	},
	{
		ID:       ProtocolError,
		Title:    "An answer was not understood",
		Sentence: "{who|the iPhone} answered something that this Homeport does not understand",
		Remedy: []string{
			"Update Homeport.",
			"If it stays, send the log to Homeport's makers.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Never}, ExitCode: ExitFailed,
		Codes: []string{"mobilebackup2/-2", "mobilebackup2/-7", "lockdown/-10", "lockdown-client/-3", "lockdown-client/-6"},
		Texts: []string{"invalidresponse", "invalid response was received", "unknown message type"},
	},
	{
		ID:       HostSlept,
		Title:    "The computer went to sleep",
		Sentence: "the computer went to sleep for {asleep} during the backup",
		Plain:    "the computer went to sleep during the backup",
		Remedy: []string{
			"Leave the lid open and the computer plugged in.",
			"The backup goes on by itself now that the computer is awake.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: OnWake}, ExitCode: ExitFailed,
		DependsOn: []ID{HostShutdown},
	},
	{
		ID:       HostShutdown,
		Title:    "The computer was switched off, or Homeport was stopped",
		Sentence: "Homeport was stopped before it was done, or the computer was switched off",
		Remedy:   []string{"Start it again; a backup that was under way goes on from there."},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto}, ExitCode: ExitInterrupted,
	},
	{
		ID:       IOSUpdatePending,
		Title:    "An iOS update began",
		Sentence: "the iPhone restarted to install an update during the backup",
		Remedy: []string{
			"Let the update finish and unlock the iPhone.",
			"The backup starts again by itself.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: OnReattach}, ExitCode: ExitFailed,
	},
	{
		ID:       DeviceModeChanged,
		Title:    "The iPhone left its normal mode",
		Sentence: "the iPhone changed to recovery or update mode during the backup",
		Remedy:   []string{"Restart the iPhone, unlock it, and plug it in again."},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
	},
	{
		ID:       UserCancelled,
		Title:    "Stopped by you",
		Sentence: "it was stopped, as asked; earlier backups are untouched",
		Remedy:   []string{"Start it again when ready; a backup that was under way goes on from there."},
		Severity: Info, Layer: Run, When: During, Retry: Retry{On: Never}, ExitCode: ExitInterrupted,
		Codes: []string{"Finder/-21"},
	},
	{
		ID:       Unknown,
		Title:    "Not recognised",
		Sentence: "something went wrong that Homeport does not recognise",
		Remedy: []string{
			"Restart the iPhone and the computer, and try again.",
			"Run homeport doctor; it checks everything that is known to stop a backup.",
			"If it stays, send the log to Homeport's makers.",
		},
		Severity: Fail, Layer: Run, When: BeforeToo, Retry: Retry{On: Auto, Tries: 1}, ExitCode: ExitUnexpected,
	},
}

// phoneRows are states of the phone that show only when a backup or a restore
// has begun.
var phoneRows = []Row{
	{
		ID:       DeviceBusy,
		Title:    "The iPhone is busy",
		Sentence: "the iPhone is busy with another backup, or has put this one off",
		Remedy:   []string{"Wait a few minutes; the backup starts again by itself."},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto}, ExitCode: ExitBusy,
		Codes: []string{"MBErrorDomain/14", "MBErrorDomain/223"},
		Texts: []string{"device is busy", "iphone is busy"},
	},
	{
		ID:       ICloudRestoreRunning,
		Title:    "The iPhone still restores from iCloud",
		Sentence: "the iPhone is still fetching its contents from iCloud",
		Remedy: []string{
			"Leave the iPhone on Wi-Fi and power until it has finished.",
			"Look at the progress in Settings: your name, iCloud, iCloud Backup.",
		},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto, Pause: time.Hour}, ExitCode: ExitFailed,
		Codes: []string{"MBErrorDomain/25"},
		Texts: []string{"currently being restored", "restore in progress", "restoring from icloud"},
	},
	{
		ID:       SetupNotFinished,
		Title:    "The iPhone's set-up is not finished",
		Sentence: "the iPhone's set-up is not finished",
		Remedy:   []string{"Finish the set-up on the iPhone until the Home Screen appears."},
		Severity: Fail, Layer: Run, When: During, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
		Codes: []string{"MBErrorDomain/212", "Finder/-38"},
		Texts: []string{"setup assistant"},
	},
	{
		ID:       FindMyOn,
		Title:    "Find My must be off to restore",
		Sentence: "Find My is on; the iPhone lets nobody restore a backup while it is",
		Remedy: []string{
			"On the iPhone, open Settings, your name, Find My, Find My iPhone, and switch it off.",
			"Restore the backup.",
			"Switch Find My on again.",
		},
		Severity: Fail, Layer: Phone, When: ByRestore, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		Codes: []string{"MBErrorDomain/211", "Finder/-37"},
		Texts: []string{"find my iphone must be turned off", "find my must be turned off", "turn off find my"},
	},
}
