package cause

// hostRows are the causes in the computer's own services and software.
func hostRows() []Row {
	return []Row{
		{
			ID:       MuxServiceNotRunning,
			Title:    "The iPhone service is not running",
			Sentence: "the program on this computer that talks to iPhones is not running",
			RemedyDarwin: []string{
				"Restart the Mac.",
				"Plug the iPhone in again and unlock it.",
			},
			RemedyWindows: []string{
				"Open the Apple Devices app (or iTunes) once and leave it open.",
				"If that does not help, open Services, find Apple Mobile Device Service and choose Start.",
				"Restart the computer if the service is not listed or does not start.",
			},
			RemedyLinux: []string{
				"Unplug the iPhone and plug it in again; that starts the service.",
				"If it stays away, run: sudo systemctl start usbmuxd",
				"If there is no such service, install the package usbmuxd.",
			},
			Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: OnReturn}, ExitCode: ExitRefused,
			DependsOn: []ID{MuxPermissionDenied, AppleSupportMissing, MuxUntrustedOwner},
			Texts:     []string{"unable to connect to usbmuxd", "usbmuxd not running", "could not connect to usbmuxd", "apple mobile device service is not running", "usbmuxd: connection refused", "no such file or directory: /var/run/usbmuxd"},
		},
		{
			ID:       MuxPermissionDenied,
			Title:    "No right to use the iPhone service",
			Sentence: "this user account may not use the program that talks to iPhones ({socket|its socket} is closed to it)",
			Remedy: []string{
				"Run Homeport as the user who is logged in at this computer.",
				"In a container, make sure that the service's socket is passed through and readable.",
				"Ask whoever looks after this computer to give your account access.",
			},
			Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			Texts: []string{"/var/run/usbmuxd: permission denied", "dial unix /var/run/usbmuxd: connect: permission denied", "usbmuxd: permission denied"},
		},
		{
			ID:       AppleSupportMissing,
			Title:    "Apple's device software is missing",
			Sentence: "Windows has no Apple device software, so it cannot talk to the iPhone",
			Remedy: []string{
				"Open the Microsoft Store, search for Apple Devices and install it.",
				"Open Apple Devices once.",
				"Plug the iPhone in again and unlock it.",
			},
			Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			Texts: []string{"apple mobile device support is missing", "apple application support was not found", "required to use your iphone is not installed", "apple mobile device support was not found"},
		},
		{
			ID:       USBDriverMissing,
			Title:    "The iPhone's driver is missing",
			Sentence: "the iPhone is connected, but Windows has not set up its driver",
			Remedy: []string{
				"Unplug the iPhone, then open Apple Devices (or iTunes) and let it update.",
				"Plug the iPhone in again, unlock it, and wait a minute.",
				"If it stays away, uninstall Apple Devices, restart Windows and install it again.",
			},
			Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			DependsOn: []ID{AppleSupportMissing},
			Texts:     []string{"apple mobile device usb driver", "device driver software was not successfully installed", "the drivers for this device are not installed"},
		},
		{
			ID:       DeviceNotInMux,
			Title:    "Connected, but it does not answer",
			Sentence: "the iPhone is connected by cable, but it does not talk to this computer",
			Remedy: []string{
				"Unlock the iPhone and look for a question on its screen.",
				"Unplug it and plug it straight into the computer, without a hub.",
				"Restart the iPhone, and then the computer.",
			},
			RemedyLinux: []string{
				"Unlock the iPhone and look for a question on its screen.",
				"Unplug it and plug it straight into the computer, without a hub.",
				"If it stays silent, run: sudo systemctl restart usbmuxd",
			},
			Severity: Fail, Layer: Cable, When: Before, Retry: Retry{On: OnReattach}, ExitCode: ExitRefused,
			DependsOn: []ID{MuxServiceNotRunning, MuxPermissionDenied, MuxNotAnswering, MuxUntrustedOwner, DeviceInRecovery, USBDriverMissing, USBClaimedByOtherProgram, USBRestrictedMode, WiredAccessoryNotAllowed},
			Texts:     []string{"iphone not showing up in finder", "iphone not recognized", "iphone not recognised", "iphone does not appear", "itunes does not see my iphone", "not detected by computer"},
		},
		{
			ID:       USBClaimedByOtherProgram,
			Title:    "Another program holds the cable connection",
			Sentence: "{program|another program} holds the iPhone's cable connection for itself",
			Remedy: []string{
				"Close programs that import photos or manage phones.",
				"In a virtual machine, give the iPhone back to this computer.",
				"Plug the iPhone in again.",
			},
			Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			Texts: []string{"could not set configuration", "libusb_error_busy", "could not claim interface", "unable to claim interface", "gvfsd-gphoto2"},
		},
		{
			ID:       HostSoftwareTooOld,
			Title:    "The software here is too old for this iPhone",
			Sentence: "{program|the backup software on this computer} does not know iOS {iosVersion}; it is older than the iPhone",
			Plain:    "the backup software on this computer is older than the iPhone and does not know its iOS",
			RemedyDarwin: []string{
				"Open System Settings, then General, then Software Update, and install what is offered.",
				"Update Homeport.",
			},
			RemedyWindows: []string{
				"Open the Microsoft Store, then Library, and update Apple Devices or iTunes.",
				"Update Homeport.",
			},
			RemedyLinux: []string{
				"Update Homeport.",
				"Set engine: native in the settings, or update the package libimobiledevice-utils.",
			},
			Severity: Fail, Layer: Computer, When: During, Retry: Retry{On: Never}, ExitCode: ExitFailed,
			Codes: []string{"0xE800006A", "MBErrorDomain/203", "mobilebackup2/-1", "mobilebackup2/-6", "mobilebackup2/-8"},
			Texts: []string{"newer version of itunes", "a software update is required to connect", "device too new", "backup protocol version exchange", "unsupported version", "an update is required to use this iphone"},
		},
		{
			ID:       IOSTooNewUntested,
			Title:    "iOS newer than tested",
			Sentence: "iOS {iosVersion} is newer than the newest that this Homeport was tested with ({tested})",
			Plain:    "this iOS is newer than the newest that this Homeport was tested with",
			Remedy:   []string{"Go on; every backup is checked before it counts.", "Update Homeport when there is a newer release."},
			Severity: Warn, Layer: Phone, When: Before, Retry: Retry{On: Never},
		},
		{
			ID:       IOSTooOld,
			Title:    "iOS is too old",
			Sentence: "iOS {iosVersion} is too old for this kind of backup; it needs iOS {oldest} or later",
			Plain:    "the iPhone's iOS is too old for this kind of backup",
			Remedy: []string{
				"On the iPhone, open Settings, then General, then Software Update, and install the update.",
				"If there is none, back it up with Finder, iTunes or Apple Devices.",
			},
			Severity: Fail, Layer: Phone, When: Before, Retry: Retry{On: Never}, ExitCode: ExitRefused,
			Codes: []string{"0xE800007E"},
			Texts: []string{"ios version is too old", "requires a newer version of ios"},
		},
		{
			ID:       TLSPolicyBlocksPairing,
			Title:    "A security policy blocks the connection",
			Sentence: "this computer's security policy refuses the iPhone's certificates in {program|the installed backup tool}",
			Remedy:   []string{"Set engine: native in the settings; Homeport's own connection is not affected."},
			Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: Never}, ExitCode: ExitRefused,
			DependsOn: []ID{PairRecordStale},
			Texts:     []string{"ca md too weak", "ssl_choose_client_version", "certificate key too weak", "legacy sigalg disallowed or unsupported", "ssl error -5"},
		},
		{
			ID:       BackupServiceRefused,
			Title:    "The iPhone refused to start a backup",
			Sentence: "the iPhone refused to open its backup service ({code|no reason given})",
			Remedy: []string{
				"Unlock the iPhone and keep it unlocked.",
				"Restart the iPhone and the computer, then try again.",
				"If it stays: on the iPhone, open Settings, then Screen Time, and look for restrictions; ask whoever manages the phone.",
			},
			Severity: Fail, Layer: Run, When: During, Retry: Retry{On: Auto, Tries: 2}, ExitCode: ExitFailed,
			DependsOn: []ID{DeviceLocked, DeviceNotUnlockedSinceBoot, BackupBlockedByRestriction, ServiceLimit},
			Codes:     []string{"lockdown/-34", "lockdown/-26", "lockdown/-27", "0xE800005D", "0xE8000032"},
			Texts:     []string{"serviceprohibited", "invalidservice", "missingservice", "session could not be started", "could not start service com.apple.mobilebackup2", "session with the iphone could not be started", "the backup session failed"},
		},
		{
			ID:       ServiceLimit,
			Title:    "Too many programs use the iPhone",
			Sentence: "too many programs are talking to the iPhone at once",
			Remedy: []string{
				"Close other programs that use the iPhone, such as Finder, iTunes, Apple Devices or photo importers.",
				"Unplug the iPhone, wait ten seconds and plug it in again.",
			},
			Severity: Fail, Layer: Computer, When: Before, Retry: Retry{On: Auto}, ExitCode: ExitRefused,
			Codes: []string{"lockdown/-28"},
			Texts: []string{"servicelimit"},
		},
	}
}
