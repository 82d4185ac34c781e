package cause

import "time"

// trustRows are the causes about pairing, the lock and the passcode.
func trustRows() []Row {
	return []Row{
		{
			ID:       NotTrusted,
			Title:    "The iPhone does not trust this computer yet",
			Sentence: "the iPhone does not trust this computer yet",
			Remedy: []string{
				"Unlock the iPhone.",
				"Tap Trust when it asks, and enter the passcode.",
				"If no question appears, unplug the iPhone and plug it in again.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: Auto, For: 5 * time.Minute}, ExitCode: ExitRefused, Waits: true,
			Codes: []string{"lockdown/-19", "0xE8000096"},
			Texts: []string{"pairingdialogresponsepending", "please accept the trust dialog", "trust this computer", "tap trust", "not paired with this host", "is not paired"},
		},
		{
			ID:       TrustDenied,
			Title:    "Trust was refused",
			Sentence: "\"Don't Trust\" was tapped on the iPhone, so it lets this computer see nothing",
			Remedy: []string{
				"Unplug the iPhone and plug it in again.",
				"Tap Trust when it asks, and enter the passcode.",
				"If it does not ask: Settings, General, Transfer or Reset, Reset, Reset Location & Privacy; then plug it in again.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			Codes: []string{"lockdown/-18", "0xE8000095"},
			Texts: []string{"userdeniedpairing", "user denied the trust dialog", "denied pairing", "don't trust"},
		},
		{
			ID:       PairRecordStale,
			Title:    "The iPhone forgot this computer",
			Sentence: "the iPhone has forgotten this computer and has to be trusted again",
			Remedy: []string{
				"Unlock the iPhone.",
				"Tap Trust when it asks, and enter the passcode.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: Auto, For: 5 * time.Minute}, ExitCode: ExitRefused, Waits: true,
			Codes: []string{"lockdown/-21", "lockdown/-31", "0xE800001C", "0xE800005C"},
			Texts: []string{"invalidhostid", "invalidpairrecord", "invalid host id", "invalid pair record", "invalid pairing record"},
		},
		{
			ID:       PairRecordMissing,
			Title:    "No key for this iPhone",
			Sentence: "this computer has no key for the iPhone; it has to be trusted once",
			Remedy: []string{
				"Unlock the iPhone.",
				"Tap Trust when it asks, and enter the passcode.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: Auto, For: 5 * time.Minute}, ExitCode: ExitRefused, Waits: true,
			Codes: []string{"lockdown/-29", "0xE8000025"},
			Texts: []string{"missingpairrecord", "missing pair record", "missing pairing record", "readpair failed"},
		},
		{
			ID:       PairRecordUnreadable,
			Title:    "The key for this iPhone cannot be read",
			Sentence: "the key for this iPhone is on this computer, but it is damaged or cannot be read",
			Remedy: []string{
				"Run: homeport unpair, then homeport pair; tap Trust on the iPhone.",
				"If that does not help, restart the computer and try again.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			Codes: []string{"lockdown-client/-2"},
			Texts: []string{"/var/lib/lockdown: permission denied", "/var/db/lockdown: permission denied", "invalid configuration"},
		},
		{
			ID:       PairRecordSaveFailed,
			Title:    "Trust could not be stored",
			Sentence: "the iPhone was trusted, but the key could not be stored",
			Remedy: []string{
				"Make sure that the computer's own disk and the iPhone are not full.",
				"Restart the computer, plug the iPhone in again and tap Trust.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			Codes: []string{"lockdown/-30"},
			Texts: []string{"savepairrecordfailed", "could not save pair record", "could not store the pair record"},
		},
		{
			ID:       DeviceLocked,
			Title:    "The iPhone is locked",
			Sentence: "the iPhone is locked",
			Remedy: []string{
				"Unlock the iPhone and leave it plugged in.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: OnUnlock}, ExitCode: ExitRefused, Waits: true,
			DependsOn: []ID{DeviceNotUnlockedSinceBoot, LostMode},
			Codes:     []string{"lockdown/-17", "lockdown/-13", "0xE800001A", "0xE8000016", "Finder/-35"},
			Texts:     []string{"passwordprotected", "getprohibited", "it is locked with a passcode", "locked with a passcode", "passcode is set", "enter your passcode on the iphone", "device is locked", "iphone is locked"},
		},
		{
			ID:       DeviceNotUnlockedSinceBoot,
			Title:    "Not unlocked since it was restarted",
			Sentence: "the iPhone was restarted and has not been unlocked since",
			Remedy: []string{
				"Enter the passcode on the iPhone once.",
				"Leave it plugged in.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: OnUnlock}, ExitCode: ExitRefused, Waits: true,
			Codes: []string{"lockdown/-35", "0xE8000081"},
			Texts: []string{"escrowlocked", "escrow locked"},
		},
		{
			ID:       PasscodePromptUnanswered,
			Title:    "The passcode was not entered",
			Sentence: "the iPhone asks for its passcode before each backup, and nobody entered it",
			Remedy: []string{
				"Stay at the iPhone for the first minute of the backup.",
				"Enter the passcode when it asks.",
			},
			Severity: Fail, Layer: Run, When: During, Retry: Retry{On: OnUnlock, Tries: 1, Pause: time.Hour}, ExitCode: ExitWaitedInVain,
			Codes: []string{"MBErrorDomain/208"},
			Texts: []string{"waiting for passcode to be entered", "com.apple.localauthentication.ui.presented", "stuck at 0%", "0% for ever", "0% forever", "device locked (mberrordomain/208)", "enter passcode on the device"},
		},
		{
			ID:       PasscodePromptCancelled,
			Title:    "The passcode question was cancelled",
			Sentence: "the passcode question was cancelled on the iPhone, so it made no backup",
			Remedy:   []string{"Start the backup again when ready, and enter the passcode when the iPhone asks."},
			Severity: Fail, Layer: Run, When: During, Retry: Retry{On: AfterAct}, ExitCode: ExitFailed,
			Texts: []string{"canceled by user", "cancelled by user", "com.apple.itunes-client.synccancelrequest", "user cancelled authentication"},
		},
		{
			ID:       LockedDuringBackup,
			Title:    "The iPhone locked during the backup",
			Sentence: "the iPhone locked itself during the backup and stopped sending",
			Remedy: []string{
				"Unlock the iPhone; the backup goes on by itself.",
				"To avoid it, open Settings, then Display & Brightness, then Auto-Lock, and choose a longer time.",
			},
			Severity: Fail, Layer: Run, When: During, Retry: Retry{On: OnUnlock}, ExitCode: ExitFailed,
			Codes: []string{"MBErrorDomain/100", "MBErrorDomain/104"},
		},
		{
			ID:       PairingNeedsUSB,
			Title:    "Trust needs the cable",
			Sentence: "the iPhone can be trusted for the first time only by cable",
			Remedy:   []string{"Connect the iPhone with a cable, unlock it and tap Trust."},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: OnReattach}, ExitCode: ExitRefused,
			Codes: []string{"lockdown/-36", "0xE8000082"},
			Texts: []string{"pairingprohibitedoverthisconnection", "invalidconnection"},
		},
		{
			ID:       LostMode,
			Title:    "The iPhone is in Lost Mode",
			Sentence: "the iPhone is in Lost Mode and talks to no computer",
			Remedy: []string{
				"Go to icloud.com/find and sign in with the owner's Apple Account.",
				"Choose the iPhone and turn Lost Mode off.",
			},
			Severity: Fail, Layer: Trust, When: Before, Retry: Retry{On: Never}, ExitCode: ExitRefused,
			Codes: []string{"lockdown/-37", "0xE8000099"},
			Texts: []string{"fmipprotected", "lost mode"},
		},
		{
			ID:       NotActivated,
			Title:    "The iPhone is not set up yet",
			Sentence: "the iPhone has not been activated; its set-up is not finished",
			Remedy:   []string{"Finish the set-up on the iPhone, with Wi-Fi or a SIM card, then plug it in again."},
			Severity: Fail, Layer: Phone, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
			Codes: []string{"lockdown/-32", "lockdown/-33"},
			Texts: []string{"invalidactivationrecord", "missingactivationrecord", "unactivated", "activation required", "not activated"},
		},
		{
			ID:       StolenDeviceProtection,
			Title:    "Stolen Device Protection delays a change",
			Sentence: "Stolen Device Protection makes the iPhone wait an hour before security settings can be changed away from home",
			Remedy:   []string{"Go to a place that the iPhone knows, such as home, or wait for the hour to pass."},
			Severity: Info, Layer: Phone, When: Before, Retry: Retry{On: AfterAct},
			Texts: []string{"stolen device protection", "security delay"},
		},
	}
}
