package cause

// saidEarlier is how people put other programs and earlier backups.
const saidEarlier = `
sync-lock-held:
	finder is syncing with the iphone; itunes is syncing; another program is syncing the phone; sync in progress; photos is importing
	from the iphone; itunes opens and starts to sync; photos app importing at the same time; finder syncs right now; itunes sync is
	going on; image capture is importing; a sync is running; waiting for sync to finish; another program syncs; sync lock; music is
	syncing to the phone; itunes open and busy with the phone; picture import runs; phone is syncing

already-running:
	backup is already running; two backups at once; another backup of this phone runs already; already doing a backup in another
	window; backup in progress; second backup started; started twice; cron started another one while one runs; previous run has not
	ended; lock file of another run; another instance; another homeport is running; wait for the other backup to finish; two runs at
	the same moment; two jobs ran at once; ran at the same time twice

previous-backup-corrupt:
	old backup is corrupt; last backup is damaged; existing backup cannot be read; earlier backup broken; backup file corrupted;
	backup is half finished; backup corrupt or not compatible; old backup damaged; existing backup broken; itunes could not back up
	because the backup was corrupt; corrupted manifest; status.plist broken; manifest.db malformed; file is not a database; database
	disk image is malformed; previous backup unreadable; must delete the old backup and start over; last backup is garbage; earlier
	save destroyed; zero byte manifest.plist; old backup cannot be used to go on; old save is rotten cannot be opened

previous-backup-other-device:
	backup belongs to another iphone; folder holds the backup of a different phone; wrong phone in this backup folder; wife's phone
	in this backup folder; backup of a different iphone; folder contains another phone; udid does not match the backup; wrong udid
	folder; someone else's phone saved in that folder; target identifier differs; mixed up two phones in a folder; backup in the
	folder is not of this phone; another person's iphone ended up in that folder; husband's iphone in that folder

previous-backup-incomplete-files:
	backup is incomplete files are missing; earlier backup lacks files; missing files in the backup; files of the old backup
	vanished; old backup lacks some files; files missing from the backup folder; cleaned up the backup folder and now files are
	missing; some backup files deleted by accident; lost files in an earlier backup; manifest lists files that are not there; parts
	of the backup are gone; backup not whole; somebody deleted things in the backup folder; incomplete backup on disk; missing file
	in backup

backup-password-unknown:
	asks for a backup password i never set; forgot the backup password; backup password is wrong; do not know the backup password;
	password to unlock the iphone backup; wants a password; encrypted backup password lost; backup password; does not accept my
	password; password not accepted; wrong password; never made a password; encryption password forgotten; lost encryption password;
	itunes wants the password to unlock the backup; cannot decrypt the backup; decrypt password; password of encrypted backups
	unknown; password set years ago; neither my apple id nor passcode work as password; tried all passwords; invalid password; reset
	the backup password; encrypted backup and no idea of the password; wrong encryption password; recover the iphone backup password;
	cannot remember what i chose to encrypt it years ago

encryption-off:
	health data is not in the backup; saved passwords are missing after restore; backup is not encrypted; encrypt local backup; wifi
	passwords missing from the backup; call history missing from the backup; health data gone after restore; health stuff gone after
	moving to the new phone; wifi passwords gone on the new phone; unencrypted backup; passwords not restored; keychain missing in
	the backup; health history not saved; no encryption chosen; logins gone after restore; homekit data missing after restore; saved
	passwords lost; activity rings gone; calls and messages history missing; turn on encryption; encrypt not ticked; local backup
	unencrypted; heart rate and steps missing on the new phone

backup-shrank:
	backup only half as big as the previous one; much less data than in the last backup; backup is much smaller than before; backup
	is smaller than the last one; only half the size of the last backup; backup shrank; photos missing from the new backup; today's
	backup is 8 gb last month it had 60; todays only 9 gb and yesterdays 61; half the data missing; new backup tiny; size dropped;
	less gb than before; used to be 60 gb now 8; much fewer files than last time; backup lost weight; big difference in size to the
	old backup; went from 100 gb to 20 gb; smaller than last week; only 14 gb arrived this time it was 90 before

mirror-refused:
	new backup did not replace the old one; mirror backup refused; mirror will not overwrite my earlier backup; doubtful beside the
	earlier one; mirror mode refuses; mirror kept the old backup; not replaced because it looks doubtful

backup-slow:
	running for hours and only some gb are done; how long should a backup run; running for a day and not half done; hours for a few
	gb; only a few gb per hour; backup takes too long; backup takes hours; backup is slow; takes forever; how long does a backup
	take; running for hours and only few gb done; backup takes all night; estimating time remaining; backup is taking too long; very
	slow backup; eleven hours and at a third; takes all day; still going after hours; how many hours; 1 percent per hour; estimated
	time 20 hours; the transfer rate is awful; only 2 mb per second; does it normally take that long; hours remaining

backup-overdue:
	last backup is many days old; not backed up for months; no backup for a long time; not backed up for weeks; last backup was
	months ago; has not been backed up for days; backup overdue; last saved 74 days ago; not saved since easter; no backup since
	march; did not back up for ages; backup is months old; last backup in spring; long time no backup; last version is old; backup
	from last year; no new backup for weeks; why did nobody remind me; nothing saved for a month; last successful backup long ago;
	stale backup; days since the last backup; two months without backup; last good backup is from january

app-data-blocks-backup:
	always stops at the same percent; always crashes at a certain percent; stops at the same percent every time; always fails at the
	same place; fails at the same file; always stops at the same point; gets to the same percentage and stops; one app breaks the
	backup; always breaks at 43 percent; three times at the same percentage; every attempt ends at the same spot; stops every time at
	the same point; same file each time; fails at whatsapp data every time; one app makes the backup fail; never gets past 87
	percent; same percentage again; identical place each run; aborts at 55 percent again and again; always dies at the same number;
	every time at about two thirds it is over; always ends around the same place
`
