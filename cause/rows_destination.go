package cause

// destinationRows are the causes in the folder and the drive that take the
// backup.
var destinationRows = []Row{
	{
		ID:       DestinationMissing,
		Title:    "The backup folder is not there",
		Sentence: "the backup folder {path} is not there; its drive may not be connected",
		Plain:    "the backup folder is not there; its drive may not be connected",
		Remedy: []string{
			"Connect the drive that holds the backups, and wait until it appears.",
			"If the folder is new, create it with: homeport config init",
			"Or choose another folder with --dest or in the settings.",
		},
		Severity: Fail, Layer: Destination, When: BeforeToo, Retry: Retry{On: OnReturn}, ExitCode: ExitRefused,
	},
	{
		ID:       DestinationOffline,
		Title:    "The network share does not answer",
		Sentence: "the network share with the backups ({path|its folder}) does not answer",
		Remedy: []string{
			"Make sure that the network storage is switched on.",
			"Make sure that this computer is on the same network, or that the VPN is on.",
			"Open the share once in the file manager.",
		},
		Severity: Fail, Layer: Destination, When: BeforeToo, Retry: Retry{On: OnReturn}, ExitCode: ExitRefused,
		Codes: []string{"errno/ETIMEDOUT", "errno/EHOSTDOWN", "errno/ESTALE", "windows/53", "windows/64"},
		Texts: []string{"stale file handle", "stale nfs file handle", "host is down", "network path was not found", "network name is no longer available"},
	},
	{
		ID:       DestinationNotWritable,
		Title:    "The backup folder cannot be written",
		Sentence: "this account cannot write to the backup folder {path}",
		Plain:    "this account cannot write to the backup folder",
		RemedyDarwin: []string{
			"In Finder, choose the folder, then File, then Get Info, and allow your account to read and write.",
			"If the drive is formatted for Windows (NTFS), use another drive.",
			"Or choose another folder with --dest or in the settings.",
		},
		RemedyWindows: []string{
			"Right-click the folder, choose Properties, then Security, and allow your account to write.",
			"If the drive has a lock switch, open it.",
			"Or choose another folder with --dest or in the settings.",
		},
		RemedyLinux: []string{
			"Make the folder belong to your account, or choose another one with --dest.",
			"If the drive is mounted read-only, unmount it, check it, and mount it again.",
		},
		Severity: Fail, Layer: Destination, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		DependsOn: []ID{DestinationMissing, DestinationOffline, FullDiskAccessMissing},
		Codes:     []string{"errno/EACCES", "errno/EROFS", "iTunes/-54"},
		Texts:     []string{"read-only file system", "could not save to this computer", "backup location is read-only", "the media is write protected"},
	},
	{
		ID:       FullDiskAccessMissing,
		Title:    "macOS keeps this folder closed",
		Sentence: "macOS does not let Homeport into Apple's own backup folder",
		Remedy: []string{
			"Open System Settings, then Privacy & Security, then Full Disk Access.",
			"Switch Homeport on, or add it with the plus sign.",
			"Or use another folder: Homeport's own needs no such right.",
		},
		Severity: Fail, Layer: Destination, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		Codes: []string{"errno/EPERM"},
		Texts: []string{"operation not permitted", "mobilesync: operation not permitted", "full disk access"},
	},
	{
		ID:       DestinationFileLimit,
		Title:    "The drive cannot hold large files",
		Sentence: "the backup drive's format ({fileSystem|FAT32}) cannot hold files over 4 GB",
		Remedy: []string{
			"Choose a folder on another drive.",
			"Or copy everything off this drive and format it again as APFS, NTFS, ext4 or exFAT.",
		},
		Severity: Fail, Layer: Destination, When: BeforeToo, Retry: Retry{On: Never}, ExitCode: ExitRefused,
		Codes: []string{"errno/EFBIG"},
		Texts: []string{"file too large"},
	},
	{
		ID:       DestinationNoLinks,
		Title:    "Keeping earlier backups costs full space",
		Sentence: "the backup drive's format ({fileSystem|of this drive}) cannot share files; each kept version takes its full size",
		Remedy: []string{
			"Go on if the drive is large enough.",
			"Or keep fewer versions, or use a drive formatted as APFS, NTFS, ext4, XFS or Btrfs.",
		},
		Severity: Warn, Layer: Destination, When: Before, Retry: Retry{On: Never},
		DependsOn: []ID{DestinationMissing, DestinationNotWritable},
	},
	{
		ID:       PathTooLong,
		Title:    "The folder's path is too long",
		Sentence: "the path of the backup folder is too long for this system",
		Remedy:   []string{"Choose a folder with a shorter path, nearer to the top of the drive."},
		Severity: Fail, Layer: Destination, When: Before, Retry: Retry{On: AfterAct}, ExitCode: ExitRefused,
		Codes: []string{"errno/ENAMETOOLONG", "windows/206"},
		Texts: []string{"file name too long", "filename or extension is too long", "path too long"},
	},
	{
		ID:       DestinationInCloudFolder,
		Title:    "The folder is synced to a cloud",
		Sentence: "the backup folder lies in {service|a cloud service}, which will upload and move its files",
		Remedy: []string{
			"Choose a folder that no cloud service keeps in sync.",
			"Or exclude the folder in that service's settings.",
		},
		Severity: Warn, Layer: Destination, When: Before, Retry: Retry{On: AfterAct},
	},
	{
		ID:       WriteBlockedBySecuritySoftware,
		Title:    "Security software blocked a write",
		Sentence: "antivirus or ransomware protection stopped Homeport from writing a file",
		Remedy: []string{
			"Allow Homeport in the antivirus program.",
			"On Windows, open Windows Security, then Ransomware protection, and allow Homeport through Controlled folder access.",
		},
		Severity: Fail, Layer: Destination, When: BeforeToo, Retry: Retry{On: Auto, Tries: 1}, ExitCode: ExitFailed,
		Codes: []string{"windows/225"},
		Texts: []string{"contains a virus or potentially unwanted software", "controlled folder access", "blocked by your administrator"},
	},
	{
		ID:       FileLocked,
		Title:    "A backup file is in use",
		Sentence: "another program has a file of the backup open",
		Special:  []string{"another program, perhaps {program}, has a file of the backup open"},
		Remedy: []string{
			"Close iTunes, Finder windows of the iPhone, sync programs and other backup tools.",
			"Restart the computer if it stays.",
		},
		Severity: Fail, Layer: Destination, When: During, Retry: Retry{On: Auto}, ExitCode: ExitFailed,
		Codes: []string{"errno/EBUSY", "windows/32", "iTunes/-54"},
		Texts: []string{"being used by another process", "sharing violation", "device or resource busy", "text file busy"},
	},
	{
		ID:       HostIOError,
		Title:    "The backup drive reports errors",
		Sentence: "the backup drive reports errors when it is read or written",
		Remedy: []string{
			"Check the drive's cable and try another port.",
			"Check the drive: Disk Utility on a Mac; Properties, Tools, Check on Windows; fsck on Linux.",
			"Copy what matters to another drive, and use that one for backups.",
		},
		Severity: Fail, Layer: Destination, When: During, Retry: Retry{On: Auto, Tries: 1}, ExitCode: ExitFailed,
		Codes: []string{"errno/EIO", "MBErrorDomain/103", "MBErrorDomain/104"},
		Texts: []string{"input/output error", "i/o error", "data error (cyclic redundancy check)", "i/o device error"},
	},
}
