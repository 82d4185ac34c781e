package cause

// saidOwn is how people put our own affairs.
const saidOwn = `
no-phone:
	no iphone is plugged in; no device found; nothing is plugged in; no iphone connected; nothing is attached; no phone attached;
	plug in an iphone; no phone connected; does not see any phone; phone not plugged in; iphone left at home; claims no iphone is
	here; no phone in sight

phone-ambiguous:
	more than one iphone fits; two iphones with the same name; both phones plugged in and does not know which; two iphones and an
	ipad attached; more than one phone connected; several devices; multiple devices; wants to know which phone; two phones with one
	name; name fits two; specify the udid; ambiguous name; choose a phone; wife's and my iphone both connected; son's and my phone on
	the same pc which one will it take

no-such-phone:
	does not know a phone called; no phone with that name; unknown phone name; no such phone; never saw this phone; name of the phone
	is wrong; misspelled the phone name; udid unknown; no backups of a phone with this name; renamed the iphone and it is not found;
	homeport knows no phone lena; phone name not found

no-such-version:
	no such version; version not found; unknown version; wanted an older backup that is not there; that date has no backup; no backup
	from that day; version was deleted by the retention; version already thinned out; cannot find the version of march; no version
	with this number; there is no version of that date; asked for a version that is not in the list; the version i want to restore is
	not there; a backup of that date was never made; version number unknown to homeport; the version has been thinned out; list of
	versions does not have it; wanted version cannot be found

command-failed:
	my mount script failed; the command before the backup failed; the command after the backup failed; my pre-backup script exits with an
	error; post-backup script does not run; command in the settings failed; mounting the drive before the backup failed; the eject command
	after the backup fails; my restic script after the backup gives an error; homeport says my before command ended with 32

config-invalid:
	setting is wrong; config file is wrong; wrong setting in the configuration; typo in the config; unknown key in config; config
	error; invalid value in settings; config file cannot be parsed; wrong option in the config file; settings file broken; config
	line; homeport config invalid; mistake in the configuration; invalid config; unknown setting

engine-missing:
	idevicebackup2 is not installed; idevicebackup2 not found; command idevicebackup2 not found; no idevicebackup2;
	libimobiledevice-utils not installed; apt install libimobiledevice-utils; brew install libimobiledevice; engine missing; backup
	engine not there; executable file not found idevicebackup2; idevicebackup2 not in path; no such file idevicebackup2;
	idevicebackup2.exe missing; engine is not installed

engine-not-idevicebackup2:
	program at that path is not idevicebackup2; wrong engine; engine setting points to something else; not the real idevicebackup2;
	engine path is wrong program; not an idevicebackup2; idevicebackup instead of idevicebackup2; engine answers strangely; the
	engine is another program; unknown engine program; not idevicebackup2; engine does not say its version

running-as-root:
	running as root; backups belong to root; ran with sudo everything belongs to root; started with sudo; files belong to root; owner
	is root; started as administrator; running as administrator; run as root warning; cannot open files because root owns them; ran
	it in an elevated prompt; do not use root; sudo homeport backup; belongs to root now; should i have used sudo cannot touch the
	files; sudo and now the files are not mine

version-damaged:
	version is damaged; verify says files are damaged; checksum mismatch in the backup; verify found bad files; version is marked
	red; files damaged in the version; three files damaged; hash wrong; checksum wrong; bit rot; content differs from the checksum;
	verify failed; corrupted files in the version; version broken; damaged version of march; check of the version failed; backup
	verification found errors; a kept backup is damaged; verify found bad files in last week's version; red mark at a version; hashes
	are off; version marked red files damaged; files of a version are damaged according to verify

version-notes-lost:
	notes of the version are gone; version.json missing; version.json unreadable; homeport's notes lost; metadata of the version
	gone; record of the version missing; list of checksums lost; notes file deleted; notes about the backup damaged; version json
	lost; the file with the notes of a version cannot be read; homeport forgot when this version was made; the version has lost its
	notes; notes file of a backup version deleted; a version's description is unreadable; statistics of the version lost

manifest-mismatch:
	manifest does not match the files; manifest.db differs from the files; manifest mismatch; index does not fit the files; files not
	in the manifest; list and files disagree; manifest lists other files; table of contents of the backup wrong; manifest count
	differs; sizes differ from the manifest; manifest out of step; manifest and files do not agree; manifest.db does not match the
	files

store-too-new:
	backups made by a newer homeport; homeport older than the one that made the backups; newer homeport wrote these backups; needs a
	newer homeport; store format newer; unknown store format; downgraded homeport; update homeport to read the backups; old homeport
	on the other computer; made with a later homeport; format version too new; store version not known; backups from a future
	homeport

destination-unsafe:
	others can change the backups; backup folder is writable by everyone; everybody can alter my backups; folder is world writable;
	anyone can change the backups; writable for all; permissions of the folder too open; chmod 777 folder; guests can write to the
	backup folder; symlink in the way of the folder; shared folder is open to all users; other users may change it; insecure backup
	folder

destination-foreign:
	another program keeps a backup there; itunes backup in the same folder; folder already contains backups from itunes; itunes
	backups in that folder; folder used by another program; other program's data in the folder; imazing backups in the same folder;
	mobilesync folder as target; folder is not homeport's; something else is in the folder; not empty folder; existing backups of
	finder there; folder holds other things; foreign files

lease-lost:
	another computer is writing to these backups; two computers use the same backup folder; other mac writes in the same backup
	folder; two computers share one backup folder; another computer took over; lease lost; lost the lock on the folder; a second
	computer is writing; both my computers back up to the nas at once; lock taken by another machine; another host holds the lease;
	desktop and laptop use the same folder; someone else writes to the store; lock file replaced

device-identity-mismatch:
	certificate does not match the iphone; certificate is another one than before; phone has another certificate; identity changed;
	not the same phone as before; fingerprint of the phone differs; device certificate mismatch; certificate changed; pretends to be
	my phone; phone's key does not match; other phone with the same udid; someone imitates my iphone; peer certificate wrong

device-hostile:
	phone sent a path outside of the folder; path traversal; phone tries to write outside; malicious phone; dangerous file name from
	the phone; suspicious data from the phone; sent too much nonsense; dot dot in file name; phone asks for files it should not;
	refused a forbidden path; hostile device; phone misbehaves deliberately

mux-untrusted-owner:
	usbmuxd socket belongs to another user; untrusted usbmuxd; unknown program answers on the usbmuxd socket; fake usbmuxd; not
	apple's service on the port; foreign process on port 27015; other user runs usbmuxd; an unknown account owns the usbmuxd socket;
	the usbmuxd socket is not owned by root; somebody else's program pretends to be usbmuxd; usbmuxd socket has a strange owner;
	homeport does not trust the usbmuxd socket; another account's usbmuxd

device-busy:
	iphone is busy; iphone is busy with another backup; phone put the backup off; phone is busy try later; busy with something else;
	backup deferred; device link deferred; iphone says busy; phone occupied; ask again later; phone has other work; phone postpones
	the backup; iphone is doing something else; backup put off

icloud-restore-running:
	iphone is still restoring from icloud; restore from icloud still running; icloud restore not finished; still downloading apps and
	photos from icloud; still downloading everything from icloud; restore in progress from icloud; phone not finished with the icloud
	restore; new phone still restoring; apps still loading from icloud; greyed out apps downloading; set up yesterday and still
	restoring; restoring from icloud in settings; icloud download not done; phone is being restored from icloud; waits for the icloud
	restore to end; photos still coming back from icloud

setup-not-finished:
	setup of the iphone is not finished; finish setting up your iphone; setup assistant not done; setup assistant still open; finish
	setup; setup not completed; stuck in setup; phone waits at hello; set up not done; new phone not set up; did not finish the
	assistant; still at the welcome screen; buddy not completed; finish setting up; skip setup steps; setup screens

find-my-on:
	find my has to be disabled before restore; find my must be off to restore; turn off find my iphone to restore; restore refuses
	because find my is on; find my iphone is enabled; turn find my off before restoring; find my iphone must be turned off; find my
	enabled; find my prevents restore; disable find my; find my is active; restore blocked by find my; sign out of find my; cannot
	restore while find my; find my has to be off
`
