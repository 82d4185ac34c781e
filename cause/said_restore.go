package cause

// saidRestore is how people put restores, and what is no failure of a backup.
const saidRestore = `
backup-newer-than-phone:
	backup is from a newer ios; cannot restore backup of newer ios to older iphone; iphone software too old to restore this backup;
	backup from ios 18 and old phone has ios 16; backup made with a newer ios; cannot restore because ios is older; software on the
	iphone is too old to restore; target iphone has older ios; backup is too new for this phone; newer backup older phone; restore
	needs a newer ios; the backup was created by a later ios; update the phone before restoring; backup came from ios 18 and the old
	phone has only ios 16; old phone's ios is older than the backup

backup-refused-by-phone:
	phone refused the backup when restoring; iphone does not accept the backup; backup not accepted at restore; restore fails right
	away; phone will not take the backup; the phone turned the backup down when restoring; restore ended because the phone rejected
	the backup; phone threw the backup back at restore; the iphone turned down the backup that was to be restored; the backup was
	rejected by the phone at the restore; the backup is refused at restore; a healthy backup that the phone will not take back; phone
	answered that it does not take this backup

restore-no-room:
	backup is bigger than the storage of the iphone; restore does not fit on the new iphone; not enough space on the iphone to
	restore; restore needs more room; not enough free space to restore; does not fit on the iphone when restoring; phone has not
	enough storage for the restore; restore fails for lack of space; restoring large backup to small phone; restoring 200 gb to a 128
	gb phone; restore needs more storage than the iphone has; the restored backup does not fit on the smaller iphone; too little
	storage on the new iphone for the restore; restore stops because the phone is too small; phone is full during the restore; put a
	90 gb backup on a 64 gb phone

restore-interrupted:
	restore interrupted by the cable; restore was interrupted; restore stopped in the middle; restore cut off halfway; cable slipped
	in the middle of restoring; restore aborted; restore broke off; stopped restoring half way; phone unplugged while restoring;
	restore not finished; interrupted restore; restore stuck and cancelled; power gone while restoring; phone half restored;
	restoring was cut; restore died at 50 percent

icloud-storage-full:
	icloud is full; icloud wants me to pay for more storage; icloud full buy more; icloud storage is full; not enough icloud storage;
	icloud backup does not work; icloud backup failed; needs more icloud storage; no wifi so no icloud backup; icloud backup fails
	over wifi; do i need to buy icloud storage; last icloud backup not completed; wifi too slow for the icloud backup; icloud used
	up; 5 gb of icloud are used up; icloud storage; not enough storage in icloud; icloud backup could not be completed; apple wants
	money for icloud; pay for icloud; upgrade icloud plan; this iphone cannot be backed up because there is not enough icloud
	storage; icloud has no room; no icloud space left; icloud quota; cloud backup fails; iphone has not been backed up to icloud;
	apple wants cents a month cloud is full

photos-optimised:
	photos are only in icloud; optimise iphone storage; full size photos not on the phone; originals are in icloud; full resolution
	pics only in icloud; photos are previews; only thumbnails; originals missing; half of my photos are small previews; low
	resolution photos in the backup; originals not downloaded; pictures in the backup are tiny; download originals; optimised photos;
	icloud photos; pictures in the backup are all mini; pictures are only postage stamps

icloud-backup-too:
	icloud backup is switched on as well; icloud backup also on; both icloud and local backup; icloud backup enabled too; two kinds
	of backup; also saves to icloud; icloud and computer backup; icloud backup is active; keep icloud backup on; do i need icloud
	backup in addition; icloud backups besides homeport; icloud backup runs besides the local one; the phone makes an icloud backup
	as well; icloud backup still on

device-supervised:
	this iphone is supervised does it matter; phone is managed by an organisation; supervised device; this iphone is supervised and
	managed; iphone has a management profile; shows managed in settings; company manages this phone; belongs to my employer; mdm on
	the phone; iphone is supervised by my company; settings say this iphone is supervised; my phone is managed by the school; phone
	has a supervision note at the top of the settings; supervised iphone is it a problem; the iphone shows supervised
`
