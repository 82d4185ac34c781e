// Package preflight owns the checks before a backup: what they ask, in which
// order, what depends on what, and the report.
//
// A check is a name, the names of the checks that must have gone well before it,
// and a function that gives one finding. Run runs all of them, side by side where
// they are independent, and reports everything at once: a locked phone and a full
// disk are told together. What follows from another failure is skipped, never
// told as a failure of its own: when the USB service is down, nobody says that
// the phone is missing too.
//
// Every check belongs to one of the Groups, by which doctor shows what was found.
//
// # The checks, in preflight order
//
// Cheap and decisive ones come first, because of several failures the first one
// decides the exit code.
//
//	account               running as root
//	power                 the computer's own battery lasts
//	engine                the tool that the settings ask for is there
//	own-room              the log and the state have room
//	destination           the folder is there
//	destination-safe      nobody else can change what is in it
//	destination-writable  a real file can be written, renamed and removed
//	destination-format    large files fit, versions can share files
//	destination-cloud     no sync service takes the files away
//	destination-foreign   no other program keeps a backup in it
//	usb-service           usbmuxd answers, and it is the right one; on Windows, Apple's
//	                      software that brings it is there
//	phone                 what is on the USB bus also shows up there, in normal mode;
//	                      and if not, what keeps it; what a port cannot read
//	contact               the cable does not let go again and again
//	answers               the phone tells who it is, and it is the one
//	link-speed            how fast the cable is, and could be
//	hub                   nothing in between
//	unlocked              the phone is not locked
//	activated             the phone is set up
//	trusted               a session with the stored key works
//	ios-version           not too old, not newer than tested
//	battery               it lasts
//	phone-storage         the phone has room for its own snapshot
//	set-up                its Setup Assistant is done
//	encryption            what the backup will hold, and what a profile demands
//	supervised            whether an organisation manages it
//	icloud                whether iCloud has a backup too, and from when
//	earlier-backup        the newest version is sound enough to build on
//	room                  the backup fits
//	sync-lock             no other program syncs the phone
//	passcode              whether the phone will ask for its passcode
//
// Those up to "phone" are HostChecks and need no phone. The rest are PhoneChecks: they
// share one conversation with one phone, in which every value is read once. All
// of them leave the phone as it is; the sync lock is taken and let go.
//
// Opening the backup service is not a check but the first step of a run: nobody
// knows that it raises no passcode prompt.
package preflight
