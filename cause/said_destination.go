package cause

// saidDestination is how people put space, folder and drive.
const saidDestination = `
host-disk-full:
	only a few gb left on the drive and the backup needs more; disk is full; no space on the computer; not enough space on the mac;
	computer is full; hard drive is full; no space left on my laptop; not enough room for the backup; backup does not fit on the
	disk; need more space on the computer; backup too big for my disk; c drive is full; mac has a few gb left and the iphone needs
	more; no room on the ssd; computer disk has not enough free space; insufficient free disk space; drive too small for the backup;
	my hard disk is stuffed; ssd full; backup drive full; external disk full; nas is full; running out of disk on the pc; needs 80 gb
	but only 20 free; free up space on the mac; windows drive red full; not enough disk space on this computer; volume is full; mac
	has 3 gb left and the iphone needs 80; only a few gb left on my mac

host-disk-tight:
	backup may not fit; space is tight; little space left on the disk; just about enough room on the disk; disk nearly full but
	should fit; only barely enough space; will it fit on the drive; free space is scarce; almost no reserve on the drive; drive
	almost full warning; could run out of space on the disk; disk space close to the limit; low disk space warning; few gb spare on
	the backup drive

host-disk-full-during:
	disk filled up during the backup; ran out of space in the middle of the backup; stopped because the disk was full; no space left
	on my laptop; drive was full and everything stopped; at 70 percent the disk was full; disk filled while copying; space ran out
	half way; no space left on device; ENOSPC; disk quota exceeded while saving; drive full in the middle; there was room at the
	start then it was full; ssd filled up before it finished; wrote until the disk was full; hard drive filled up; backup ate all my
	space and stopped

host-space-misreported:
	says not enough space but there is plenty; plenty of free space but it says full; disk is not full but backup says no space;
	gigabytes free but still says not enough space; not enough space though 400 gb free; claims no space although plenty; hundreds of
	gb free and still no room; terabyte free but says full; lies about free space; plenty of room yet insufficient; wrong about the
	disk space; 1 tb free and it says not enough; space is there but itunes refuses; purgeable space; half empty disk and says full;
	free space shown wrong; tons of free room yet it complains about room; 400 gb free and says not enough space

device-storage-full:
	iphone is full and the backup fails; phone memory is full; only a few mb left on the iphone; iphone has only little space left;
	phone has hardly any storage left; iphone is full; iphone storage full; phone has no space; no space on the phone; iphone storage
	almost full; iphone has zero bytes available; phone storage is red; iphone storage almost full 300 mb left; no memory left on the
	phone; phone full of photos; my phone is jam packed; cleared apps because the phone is full; not enough free space on the device;
	too little storage on the phone; ipad full; delete photos from the phone to have room; 64 gb iphone completely full; storage full
	popup on the phone; phone storage full to the brim; phone has only 200 mb free; iphone has like 200 mb left

device-snapshot-stuck:
	snapshot left over; earlier attempt is stuck on the iphone; snapshot already there; snapshot already exists; failed to create
	snapshot; file exists snapshot; old snapshot on the phone; leftover snapshot blocks; snapshot cannot be made; an earlier backup
	left a snapshot; complains about a snapshot; snapshot in the way; apfs snapshot error on the phone; snapshot creation failed;
	restart phone to clear the snapshot

destination-missing:
	backup drive is not connected; external drive is missing; backup folder is gone; drive not plugged in; disk with the backups is
	unplugged; backup folder does not exist; backup folder not found; backup disk disappeared; cannot find the backup drive; usb
	stick with the backups not there; forgot to plug in the external disk; external disk unplugged; backup drive came loose; stick
	was pulled out; hdd not mounted; volume not mounted; drive letter changed; drive letter is gone; target folder deleted; somebody
	removed the backup folder; e drive not there; usb disk not found; no such file or directory backup folder; path of the backups
	does not exist; took the backup disk with me; moved the backup folder; backup target not available; drive letter cannot be found;
	external drive went missing from the desktop; wd drive disappeared during the night

destination-offline:
	server with the backups cannot be reached; nas is offline; network drive does not answer; nas not reachable; network share is
	gone; vpn is off and the share is missing; nas switched off; lost connection to the nas; cannot reach my nas; nas sleeps at
	night; synology down; share not mounted; network path not found; smb share unreachable; server does not respond; stale file
	handle; host is down; no route to the nas; nas was rebooted; nas lost during the backup; time capsule not found; router restarted
	and the share went away; vpn needed for the share; file server offline; wlan to the nas broke; nas restarts when the job wants to
	write; nas does not answer to ping; nas cannot be pinged

destination-not-writable:
	cannot write to the backup folder; disk is read only; no permission for the backup folder; not allowed to save in the folder;
	drive is write protected; ntfs drive on a mac is read only; folder belongs to another user and i may not write; permission denied
	writing; access denied to the backup folder; read-only file system; lock switch on the sd card; write protected stick; no rights
	to write there; ntfs read only mac; backup location read only; you do not have permission to save; missing write permission;
	folder owned by root and not writable; cannot save into the target folder; may look at the folder but not put anything in it; can
	read but not write

full-disk-access-missing:
	no permission to look into the mobilesync folder; mac does not allow access to the mobilesync backup folder; not permitted to
	open mobilesync; privacy of macos stops it from reading the backup folder; mac does not let the program into the folder; full
	disk access; privacy settings block the folder on the mac; operation not permitted in mobilesync; macos blocks the terminal from
	reading mobilesync; need full disk access; operation not permitted mobilesync; mac privacy does not let it open the backup
	folder; tcc denies mobilesync; system policy deny file-read-data mobilesync; sandbox deny mobilesync backup; grant full disk
	access; privacy and security settings mac folder closed; terminal may not read application support mobilesync; apple's own backup
	folder cannot be opened; mac says not permitted for the backup folder

destination-file-limit:
	fat32 drive; file too large for the drive; drive cannot hold files over 4 gb; stick is formatted as fat32; stick is fat32 and a
	file is 6 gb; file too large; fat32 cannot store big videos; 4 gb limit; over four gigabytes on fat; file exceeds the limit of
	the drive; big file does not go onto the stick; msdos formatted drive; vfat too large; video larger than the drive allows;
	reformat the stick from fat32; EFBIG; file size limit; cannot store a 5 gb movie on that stick

destination-no-links:
	every version takes the full size; exfat keeps no hard links; backups take much space each; each backup on the exfat drive eats
	full size again; exfat no links; hard links not supported; links not possible on this share; versions not shared on disk; every
	backup costs the whole space; backups do not share files; operation not supported link; three versions take three times the
	space; smb share without hard links; old versions use the full space

path-too-long:
	path is too long; file name too long; folder name too long; destination path too long; ENAMETOOLONG; path longer than 260
	characters; windows max path; filename or extension is too long; folder nested too deep; too deeply nested folder; shorten the
	path; name of the folder is too long; path exceeds the limit; folder name goes over 300 letters; too many letters in the path

destination-in-cloud-folder:
	backup folder lies in onedrive; backup folder is in onedrive; dropbox uploads the backup; backup goes into icloud drive; onedrive
	syncs the backup folder; google drive uploads my backup; backups saved in dropbox; backup folder synced to onedrive; target is
	inside onedrive; documents folder is onedrive; icloud drive uploads the backup; google drive copies my backups; cloudstorage
	folder; dropbox tries to upload everything; onedrive fills up with backup files; nextcloud syncs the backup folder; box or mega
	sync client; pcloud folder; folder is in the cloud

write-blocked-by-security-software:
	antivirus blocks the backup; defender blocked homeport; controlled folder access; ransomware protection blocks it; antivirus
	deletes files of the backup; norton blocked changes to files; kaspersky quarantined something; antivirus popped up and blocked
	it; mcafee blocked the program; bitdefender stops the backup; windows security blocked an app; unauthorized changes blocked;
	controlled folder access blocked; protected folder access blocked; security program stops the saving; malware protection deleted
	a backup file; avast says threat; eset quarantine; sophos blocked write; antivirus does not let it write

file-locked:
	file is in use by another program; file is open in another program; backup file locked by another program; opened by some other
	process; file used by another process; manifest.db in use; sharing violation; cannot access the file because another program uses
	it; file busy; some program keeps the file open; backup file open elsewhere; indexer holds the file; text file busy; resource
	busy file; close the program that has the file open; manifest.db opened by some other process; other tool has manifest.db open

host-io-error:
	backup drive reports errors; disk is dying; bad sectors on the drive; drive makes clicking noises; hard drive is broken; read
	errors on the disk; disk is failing; hdd clicks and i/o errors; input/output error; disk makes noises; read error on the disk;
	smart errors; smart says failing; usb disk resets; buffer i/o error; drive about to die; crc error data on the disk; cyclic
	redundancy check; ssd defective; external drive drops out with errors; disk repair needed; broken hard drive while copying; EIO
`
