package cause

// cableRows are the causes between the computer and the phone: cable, port, hub,
// power.
func cableRows() []Row {
	return []Row{
		{
			ID:       CableNoData,
			Title:    "The cable carries power only",
			Sentence: "nothing is seen on this computer; the cable or adapter may carry power but no data",
			Remedy: []string{
				"Use the cable that came with the iPhone, or another one that is meant for data.",
				"Plug it straight into the computer, not into a hub, screen or keyboard.",
				"Unlock the iPhone and look for a question on its screen.",
			},
			Severity: Fail, Layer: Cable, When: Before, Retry: Retry{On: OnReattach}, ExitCode: ExitRefused,
			DependsOn: []ID{MuxServiceNotRunning, USBEnumerationFailed, DeviceNotInMux},
			Texts:     []string{"only charging", "charges but", "charge only", "charge-only", "just charges"},
		},
		{
			ID:       USBEnumerationFailed,
			Title:    "The port cannot read the iPhone",
			Sentence: "port {port|of this computer} notices something, but cannot read what it is",
			Remedy: []string{
				"Look into the iPhone's socket with a lamp, and remove lint with a wooden toothpick.",
				"Try another cable.",
				"Try another port, without a hub.",
			},
			Severity: Fail, Layer: Cable, When: Before, Retry: Retry{On: OnReattach, Tries: 1}, ExitCode: ExitRefused,
			Texts: []string{"device descriptor read/64", "device not accepting address", "unable to enumerate usb device", "device descriptor request failed", "over-current", "usb device not recognized", "unknown usb device", "(code 43)"},
		},
		{
			ID:       USBSlowLink,
			Title:    "The connection is very slow",
			Sentence: "the cable connection runs at only {speed}; a backup would take days",
			Plain:    "the cable connection is so slow that a backup would take days",
			Remedy:   []string{"Plug the iPhone into another port.", "Use another cable, and no hub."},
			Severity: Warn, Layer: Cable, When: Before, Retry: Retry{On: AfterAct},
		},
		{
			ID:       USBSlowerThanPhone,
			Title:    "The iPhone could go faster",
			Sentence: "this iPhone can do {possible}, but the cable or port runs at {speed}; a backup takes longer than it must",
			Plain:    "the cable or port is slower than this iPhone; a backup takes longer than it must",
			Remedy:   []string{"For faster backups, use a USB 3 cable and a USB 3 or Thunderbolt port; the cable in the box is USB 2."},
			Severity: Info, Layer: Cable, When: Before, Retry: Retry{On: Never},
			DependsOn: []ID{USBSlowLink},
		},
		{
			ID:       USBViaHub,
			Title:    "Connected through a hub",
			Sentence: "the iPhone is connected through a hub, which can break a long backup",
			Remedy:   []string{"Plug the iPhone straight into the computer."},
			Severity: Warn, Layer: Cable, When: Before, Retry: Retry{On: AfterAct},
		},
		{
			ID:       USBFlapping,
			Title:    "The contact keeps breaking",
			Sentence: "the iPhone came and went {times|several} times within a minute; the contact is loose",
			Remedy: []string{
				"Take the iPhone out of its case and push the plug in firmly.",
				"Look into the iPhone's socket with a lamp, and remove lint with a wooden toothpick.",
				"Try another cable, then another port.",
			},
			Severity: Fail, Layer: Cable, When: BeforeToo, Retry: Retry{On: OnReattach}, ExitCode: ExitRefused,
			Texts: []string{"keeps disconnecting", "keeps connecting and disconnecting", "connects and disconnects", "connecting and disconnecting"},
		},
		{
			ID:       USBRestrictedMode,
			Title:    "The iPhone blocks data while locked",
			Sentence: "the iPhone has been locked for over an hour and blocks data over the cable",
			Remedy: []string{
				"Unlock the iPhone while it is plugged in.",
				"To stop this, open Settings, then Face ID & Passcode, and switch on Accessories.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: OnUnlock}, ExitCode: ExitRefused, Waits: true,
			DependsOn: []ID{MuxServiceNotRunning},
			Texts:     []string{"unlock iphone to use accessories", "usb restricted mode", "unlock to use accessories", "usb accessory"},
		},
		{
			ID:       WiredAccessoryNotAllowed,
			Title:    "The iPhone asks about this connection",
			Sentence: "the iPhone asks whether this wired accessory is allowed, and nobody has answered yet",
			Remedy: []string{
				"Unlock the iPhone.",
				"Tap Allow when it asks about the accessory.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: OnUnlock}, ExitCode: ExitRefused, Waits: true,
			DependsOn: []ID{MuxServiceNotRunning},
			Texts:     []string{"allow accessory to connect", "wired accessories"},
		},
		{
			ID:       DeviceInRecovery,
			Title:    "The iPhone is in recovery mode",
			Sentence: "the iPhone is in recovery mode, where it cannot make a backup",
			Remedy: []string{
				"Press and release volume up, then volume down, then hold the side button until the Apple logo appears.",
				"If it comes back to the same screen, update it with Finder, Apple Devices or iTunes: choose Update, not Restore.",
			},
			Severity: Fail, Layer: Phone, When: Before, Retry: Retry{On: OnReattach}, ExitCode: ExitRefused,
			Codes: []string{"0xE8000028"},
			Texts: []string{"recovery mode", "connect to itunes screen", "support.apple.com/iphone/restore"},
		},
		{
			ID:       AccessoryNotSupported,
			Title:    "The adapter is not good enough",
			Sentence: "the iPhone turns this adapter or port off again; it may give too little power",
			Remedy: []string{
				"Plug the iPhone straight into the computer with the cable that came with it.",
				"If an adapter is needed, use one with its own power.",
			},
			Severity: Fail, Layer: Cable, When: Before, Retry: Retry{On: OnReattach}, ExitCode: ExitRefused,
			Texts: []string{"accessory may not be supported", "accessory not supported", "uses too much power", "requires too much power"},
		},
		{
			ID:       DeviceBatteryLow,
			Title:    "The iPhone's battery is low",
			Sentence: "the iPhone's battery is at {percent} % and not charging; it may run out during the backup",
			Plain:    "the iPhone's battery is low; it may run out during the backup",
			Remedy:   []string{"Plug it into a port that charges it, or charge it first."},
			Severity: Warn, Layer: Phone, When: Before, Retry: Retry{On: Auto},
		},
		{
			ID:       HostBatteryLow,
			Title:    "The computer's battery is low",
			Sentence: "the computer's battery is at {percent} %; it may switch off during the backup",
			Plain:    "the computer's battery is low; it may switch off during the backup",
			Remedy:   []string{"Plug the computer into a socket."},
			Severity: Warn, Layer: Computer, When: Before, Retry: Retry{On: Auto},
		},
	}
}
