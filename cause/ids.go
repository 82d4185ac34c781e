package cause

// The ids of the catalogue. They are append-only and never reused: logs, scripts
// and exit codes of every release refer to them.
const (
	// Host service and software.
	MuxServiceNotRunning     ID = "mux-service-not-running"
	MuxPermissionDenied      ID = "mux-permission-denied"
	AppleSupportMissing      ID = "apple-support-missing"
	USBDriverMissing         ID = "usb-driver-missing"
	DeviceNotInMux           ID = "device-not-in-mux"
	USBClaimedByOtherProgram ID = "usb-claimed-by-other-program"
	HostSoftwareTooOld       ID = "host-software-too-old"
	IOSTooNewUntested        ID = "ios-too-new-untested"
	IOSTooOld                ID = "ios-too-old"
	TLSPolicyBlocksPairing   ID = "tls-policy-blocks-pairing"
	BackupServiceRefused     ID = "backup-service-refused"
	ServiceLimit             ID = "service-limit"

	// Cable, port, power.
	CableNoData              ID = "cable-no-data"
	USBEnumerationFailed     ID = "usb-enumeration-failed"
	USBSlowLink              ID = "usb-slow-link"
	USBSlowerThanPhone       ID = "usb-slower-than-phone"
	USBViaHub                ID = "usb-via-hub"
	USBFlapping              ID = "usb-flapping"
	USBRestrictedMode        ID = "usb-restricted-mode"
	WiredAccessoryNotAllowed ID = "wired-accessory-not-allowed"
	DeviceInRecovery         ID = "device-in-recovery"
	AccessoryNotSupported    ID = "accessory-not-supported"
	DeviceBatteryLow         ID = "device-battery-low"
	HostBatteryLow           ID = "host-battery-low"

	// Trust, lock, passcode.
	NotTrusted                 ID = "not-trusted"
	TrustDenied                ID = "trust-denied"
	PairRecordStale            ID = "pair-record-stale"
	PairRecordMissing          ID = "pair-record-missing"
	PairRecordUnreadable       ID = "pair-record-unreadable"
	PairRecordSaveFailed       ID = "pair-record-save-failed"
	DeviceLocked               ID = "device-locked"
	DeviceNotUnlockedSinceBoot ID = "device-not-unlocked-since-boot"
	PasscodePromptUnanswered   ID = "passcode-prompt-unanswered"
	PasscodePromptCancelled    ID = "passcode-prompt-cancelled"
	LockedDuringBackup         ID = "locked-during-backup"
	PairingNeedsUSB            ID = "pairing-needs-usb"
	LostMode                   ID = "lost-mode"
	NotActivated               ID = "not-activated"
	StolenDeviceProtection     ID = "stolen-device-protection"

	// Policy.
	PairingProhibitedByPolicy  ID = "pairing-prohibited-by-policy"
	SupervisedHostMismatch     ID = "supervised-host-mismatch"
	EncryptionRequiredByPolicy ID = "encryption-required-by-policy"
	BackupBlockedByRestriction ID = "backup-blocked-by-restriction"

	// Space on both sides.
	HostDiskFull         ID = "host-disk-full"
	HostDiskTight        ID = "host-disk-tight"
	HostDiskFullDuring   ID = "host-disk-full-during"
	HostSpaceMisreported ID = "host-space-misreported"
	DeviceStorageFull    ID = "device-storage-full"
	DeviceSnapshotStuck  ID = "device-snapshot-stuck"

	// Destination.
	DestinationMissing             ID = "destination-missing"
	DestinationOffline             ID = "destination-offline"
	DestinationNotWritable         ID = "destination-not-writable"
	FullDiskAccessMissing          ID = "full-disk-access-missing"
	DestinationFileLimit           ID = "destination-file-limit"
	DestinationNoLinks             ID = "destination-no-links"
	PathTooLong                    ID = "path-too-long"
	DestinationInCloudFolder       ID = "destination-in-cloud-folder"
	WriteBlockedBySecuritySoftware ID = "write-blocked-by-security-software"
	FileLocked                     ID = "file-locked"
	HostIOError                    ID = "host-io-error"

	// Other programs and earlier backups.
	SyncLockHeld                  ID = "sync-lock-held"
	AlreadyRunning                ID = "already-running"
	PreviousBackupCorrupt         ID = "previous-backup-corrupt"
	PreviousBackupOtherDevice     ID = "previous-backup-other-device"
	PreviousBackupIncompleteFiles ID = "previous-backup-incomplete-files"
	BackupPasswordUnknown         ID = "backup-password-unknown"
	EncryptionOff                 ID = "encryption-off"
	BackupShrank                  ID = "backup-shrank"
	MirrorRefused                 ID = "mirror-refused"
	BackupSlow                    ID = "backup-slow"
	BackupOverdue                 ID = "backup-overdue"
	AppDataBlocksBackup           ID = "app-data-blocks-backup"
	ImportRefused                 ID = "import-refused"

	// While it runs.
	DeviceDisconnected       ID = "device-disconnected"
	MuxServiceStopped        ID = "mux-service-stopped"
	MuxNotAnswering          ID = "mux-not-answering"
	MuxConnectFailed         ID = "mux-connect-failed"
	TransferStalled          ID = "transfer-stalled"
	DeviceBackupAgentCrashed ID = "device-backup-agent-crashed"
	DeviceInternalError      ID = "device-internal-error"
	DeviceCancelled          ID = "device-cancelled"
	ProtocolError            ID = "protocol-error"
	HostSlept                ID = "host-slept"
	HostShutdown             ID = "host-shutdown"
	IOSUpdatePending         ID = "ios-update-pending"
	DeviceModeChanged        ID = "device-mode-changed"
	UserCancelled            ID = "user-cancelled"
	Unknown                  ID = "unknown"

	// The agent's own.
	NoPhone                 ID = "no-phone"
	PhoneAmbiguous          ID = "phone-ambiguous"
	NoSuchPhone             ID = "no-such-phone"
	NoSuchVersion           ID = "no-such-version"
	ConfigInvalid           ID = "config-invalid"
	CommandFailed           ID = "command-failed"
	EngineMissing           ID = "engine-missing"
	EngineNotIdevicebackup2 ID = "engine-not-idevicebackup2"
	RunningAsRoot           ID = "running-as-root"
	VersionDamaged          ID = "version-damaged"
	VersionNotesLost        ID = "version-notes-lost"
	ManifestMismatch        ID = "manifest-mismatch"
	StoreTooNew             ID = "store-too-new"
	DestinationUnsafe       ID = "destination-unsafe"
	DestinationForeign      ID = "destination-foreign"
	LeaseLost               ID = "lease-lost"
	DeviceIdentityMismatch  ID = "device-identity-mismatch"
	DeviceHostile           ID = "device-hostile"
	MuxUntrustedOwner       ID = "mux-untrusted-owner"
	DeviceBusy              ID = "device-busy"
	ICloudRestoreRunning    ID = "icloud-restore-running"
	SetupNotFinished        ID = "setup-not-finished"
	FindMyOn                ID = "find-my-on"

	// Only of a restore.
	BackupNewerThanPhone ID = "backup-newer-than-phone"
	BackupRefusedByPhone ID = "backup-refused-by-phone"
	RestoreNoRoom        ID = "restore-no-room"
	RestoreInterrupted   ID = "restore-interrupted"

	// Not failures of a local backup, but users think so.
	ICloudStorageFull ID = "icloud-storage-full"
	PhotosOptimised   ID = "photos-optimised"

	// Good to know about a phone that is well.
	ICloudBackupToo  ID = "icloud-backup-too"
	DeviceSupervised ID = "device-supervised"
	WiFiOnly         ID = "wifi-only"
)
