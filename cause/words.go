package cause

import (
	"regexp"
	"slices"
	"sync"
)

// programWords say how programs spell the same thing: each line has what stands for
// the words behind the colon. Endings need not be listed. Two words before the colon
// stand there both; "-" leaves the words out.
const programWords = `
-: a, an, the, this, that, its, your, my, is, are, was, were, be, been, being, has, have, had, to, of, in, on, at, for, from, with, by, it, because, could, can, would, will, do, does, did
not: not, cannot, cant, couldnt, wont, wouldnt, dont, doesnt, didnt, isnt, wasnt, hasnt, unable to, unable, fails to, failed to, failing to, failure to, refused to, couldn
phone: iphone, ipad, ipod, ipod touch, ios device, device, mobile device, idevice, phone
computer: computer, pc, mac, macbook, laptop
itunes: itunes, finder, apple devices
backup: backup, back up, backs up, backed up, backing up, back-up
mux: usbmux, usbmuxd, usbmuxd daemon, apple mobile device service, applemobiledeviceservice, mobile device service
mobilebackup: mobilebackup2, mobilebackup, com.apple.mobilebackup2
lockdown: lockdown, lockdownd, lockdown service, lockdown daemon
start: start, started, starting, run, running, begin, begun
find my: find my iphone, find my
already running: already running, already in progress, already started
mobilesync: mobilesync, mobile sync
enospc: no space left on device
timeout: timeout, timed out, time out, timeouts
space: space, storage, room, free space, disk space, storage space, free disk space
lack: not enough, insufficient, not sufficient
space lack space: storage full, storage is full, storage almost full
disk lack space: disk full, disk is full
disk: disk, drive, volume
cancel: cancel, cancelled, canceled, cancelling, canceling
recogniz: recognized, recognised
`

// peopleWords are the same for what people write: far more words stand for one.
const peopleWords = `
-: a, an, the, this, that, these, those, it, its, itself, i, im, ive, id, you, your, yours, my, mine, we, our, us, they, their, them, he, his, she, her, me, myself
-: is, are, was, were, be, been, being, am, will, would, can, could, should, may, might, shall, must, has, have, had, having, do, does, did, doing, done, get, gets, got, getting, gotten, go, goes, going, went, become, keep being
-: to, of, in, on, at, for, from, with, by, as, into, onto, via, per, about, and, or, but, so, because, since, due, if, then, than, while, during, upon, over, inside, through
-: here, there, just, really, very, quite, even, also, too, some, any, now, today, yesterday, anymore, any more, again, please, help, hi, hello, hey, thanks, thank you, sorry, well, like, ok, okay, maybe, somehow, suddenly, apparently, actually, basically, whatever, pls, plz, stupid, damn
-: what, why, when, where, which, who, how, whats, hows, however, but then, as well, each other, up, anyone, anybody, everyone, idea, ideas, question, say, says, said, saying, tell, tells, message, messages, dialog, popup, pop up, window says, text, thing, things, time, one, two, try, tries, tried, trying, make, makes, made, making, let, lets, use, uses, using, used, give, gives, gave, want to, wants to, wanted to, would like to, need to, come, comes, came, happen, happens, happened, new, old one, good, bad, great, own, old iphone
not: no, nothing, none, cannot, cant, couldnt, couldn, wont, wouldnt, dont, doesnt, doesn, dosnt, dosent, didnt, isnt, arent, wasnt, werent, hasnt, havent, hadnt, without, unable to, unable, fails to, failed to, failing to, failure to, refuses to, refused to, refuse to, will not, is not able to, not able to, not possible to, impossible to, couldn't be, isnt able to, never
already running: already running, already in progress, already started
every: every time, everytime, each time, always, every single time, all the time, constantly
phone: iphone, ipad, ipod, ipod touch, ios device, device, mobile device, idevice, phone, handset, mobile phone, cell phone, cellphone, cell, smartphone, apple device, my mobile
computer: computer, pc, mac, macbook, macbook pro, macbook air, imac, laptop, notebook, desktop, host computer, host, windows pc, machine, windows, windows 10, windows 11
itunes: itunes, finder, apple devices, apple devices app, imazing, 3utools, apple configurator, anytrans, itunes or finder, explorer, file explorer
backup: back up my iphone, back up my phone, back up my ipad, back up the iphone, back up the phone, back up iphone, back up phone, back up this iphone, backup my iphone, backup my phone, backup my ipad, backup the iphone, backup the phone, backup iphone, backup of my iphone, backup of the iphone, backup of my phone, backup of the phone, backing up my iphone, backing up my phone, backing up the iphone, backing up the phone, iphone backup, iphone backups, phone backup, ipad backup, backup, back up, backs up, backed up, backing up, back-up, backups, sync and backup
mux: usbmux, usbmuxd, usbmuxd daemon, apple mobile device service, applemobiledeviceservice, mobile device service, amds, usb multiplexor
mobilebackup: mobilebackup2, mobilebackup, com.apple.mobilebackup2, backup service
lockdown: lockdown, lockdownd, lockdown service, lockdown daemon, lockdown client
see: see, sees, seen, seeing, recognize, recognizes, recognized, recognizing, recognise, recognised, recognition, detect, detects, detected, detection, show, shows, showing, shown, show up, shows up, showing up, showed up, appear, appears, appeared, appearing, find, finds, found, finding, notice, notices, visible, list, listed, pick up, picks up, picked up, display, displayed, displays, come up
find my: find my, find my iphone, find my phone, findmy, fmip
charge: charge, charges, charging, charged, power only, only power, just power
connect: connect, connects, connected, connecting, connection, connections, link, links, linked, conection, connexion
plug: plug, plugs, plugged, plugging, plugged in, plug in, plug it in, plugging in, attach, attached, insert, inserted
disconnect: disconnect, disconnects, disconnected, disconnecting, disconnection, unplug, unplugged, unplugs, detach, detached, eject, ejected, ejects, lost connection, loses connection, lose connection, lost the connection, loses the connection, connection lost, connection was lost, connection is lost, connection broke, connection broken, connection breaks, connection drops, connection dropped, drops the connection, drops connection, dropped out, drops out, cuts out, cut out, came loose, fell out, pulled out, link is gone, connection terminated, connection aborted, no longer connected, not connected anymore
disconnect cable: pulled the cable, pulled the plug, cable came out, cable came off, cable fell out, cable slipped, pull the cable, pulled the phone cable, yanked the cable, cable was pulled
disconnect cable: cable out, the cable out, out the cable
reset: reset by peer, connection reset by peer, connection reset, forcibly closed, broken pipe, unexpected eof, eof occurred in violation of protocol, ssleoferror
stop: stop, stops, stopped, stopping, quit, quits, abort, aborts, aborted, halt, halts, halted, interrupt, interrupted, cut off, gives up, gave up, breaks off, broke off, cancels itself, ends, ended, dies, died, crash, crashes, crashed
start: start, starts, started, starting, begin, begins, began, launch, launched, run, runs, running, initiate, boot, boots, turn on, turns on
restart: restart, restarts, restarted, restarting, reboot, reboots, rebooted, rebooting, boots again
fail: fail, fails, failed, failing, failure, unsuccessful, not work, not working, doesnt work, dont work, didnt work, wont work, not complete, not completed, could not be completed, not be completed, cannot be completed, went wrong, goes wrong, goes bad, broke, breaks
error: error, errors, erorr, err, exception, problem, problems, issue, issues, trouble, fault, warning
half: half, halfway, half way, midway, mid way, middle, partway, part way, mid
same: same, identical, exact same
zero: 0 percent, 0%, zero percent, zero
percent: percent, percentage, per cent, pct
lack: not enough, insufficient, not sufficient, too little, too small, out of, run out of, ran out of, runs out of, running out of, run out, ran out, runs out, low on, low, lacking, lacks, no more, almost no, hardly any, needs more, need more, requires more
lack space: full, filled, filled up, fills up, fill up, filling up, no space, no room, no storage, no free space, no disk space, no space left, no room left, out of space, out of room, out of storage, out of disk space, used up, nearly full, almost full, not fit, doesnt fit, wont fit, does not fit, no more space, no more room, too big for, not have enough space, not have enough room
enospc: no space left on device, enospc
fullbackup: full backup, full backups, full backup mode
full disk access: full disk access
space: space, room, storage, capacity, free space, disk space, free disk space, storage space, gigabyte free, gb free, memory
disk: disk, disc, drive, hdd, ssd, hard drive, hard disk, harddisk, harddrive, external drive, external disk, external hard drive, external, usb stick, stick, thumb drive, flash drive, pen drive, usb drive, volume, partition, backup drive, disks, drives
delete: delete, deleted, remove, removed, erase, erased
share: nas, network drive, network share, network storage, file server, fileserver, smb, samba, nfs, share, shared folder, network folder, synology, qnap, time capsule
folder: folder, directory, dir, location, path, destination
password: password, passwords, passwort, passphrase, pw, pwd, pass word
passcode: passcode, passcodes, pin, pin code, pincode, unlock code, lock code, screen code, iphone code, phone code, code on the iphone, code on the phone, face id, touch id, six digit code, 6 digit code, my code, the code
error cod: error code
mobilesync: mobilesync, mobile sync
few: few, couple of, little, hardly, hardly any, tiny bit
gb: gb, mb, gigabyte, gigabytes, megabyte, megabytes, gig, gigs
forgot: forgot, forget, forgotten, not remember, dont remember, cant remember, not know, dont know, never set, never created, never made, never chose, never had, never entered, not set any, didnt set, lost password, no idea what
ask: have to enter, have to type, has to enter, must enter, must type, have to put in, need to enter, need to type, ask, asks, asked, asking, want, wants, wanted, require, requires, required, requiring, need, needs, needed, prompt, prompts, prompted, request, requests, requested, demand, demands, wait for, waits for, waiting for
answer: answer, answers, answered, answering, respond, responds, responded, responding, response, reply, replies, react, reacts, unresponsive
slow: slow, slowly, slower, super slow, crawl, crawls, crawling, snail, snails pace, low speed, speed
long: long, longer, forever, for ever, ages, eternity, how long, too long, long time, hour, hours, all night, over night, all day, days, day, takes ages, taking ages, overnight
stuck: stuck, hang, hangs, hung, hanging, freeze, freezes, frozen, froze, stall, stalls, stalled, stalling, not move, not moving, doesnt move, never moves, not progress, no progress, not progressing, sits at, sitting at, stays at, remains at, does nothing, stands still
damaged: damaged, corrupt, corrupted, corruption, broken, unreadable, defective, faulty, invalid backup, not compatible, incompatible
lock: lock, locks, locked, locking, lockscreen, screen lock, lock screen, auto lock, auto-lock
timeout: timeout, timed out, time out, timeouts, times out
unlock: unlock, unlocks, unlocked, unlocking
sleep: sleep, sleeps, slept, sleeping, asleep, hibernate, hibernated, hibernation, standby, stand by, suspend, suspended, suspends, lid closed, closed the lid, closing the lid, close the lid, shut the lid, lid, lid was closed, went dark, energy saving
shutdown: shut itself down, turned itself off, switched itself off, shut down, shuts down, shutdown, shutting down, switched off, switch off, turned off, turn off, turned itself off, powered off, power off, power cut, power outage, blackout, power failure, lost power
trust: trust, trusts, trusted, trusting
deny trust: dont trust, not trust, do not trust, didnt trust
deny: deny, denied, denies, denying, reject, rejected, decline, declined, refuse, refused, refuses, dont allow, not allow, tapped no, pressed no
pair: pair, pairs, paired, pairing
cancel: cancel, cancels, cancelled, canceled, canceling, cancelling
update: update, updates, updated, updating, upgrade, upgraded, upgrades, upgrading
outdated: outdated, out of date, too old, older, obsolete, needs an update, needs updating, old version
newer: newer, too new
latest: latest, newest, later, up to date
restrict: prevent, prevents, prevented, preventing, restrict, restricts, restricted, restriction, restrictions, block, blocks, blocked, blocking, forbid, forbids, forbidden, prohibit, prohibited, prohibits, disallow, disallowed, not allowed, not permitted
screentime: screen time, screentime, parental control, parental controls, content and privacy, content & privacy restrictions, child restrictions, family sharing restrictions
company: company, employer, employers, work phone, work iphone, work ipad, my work, school, organisation, organization, organisations, university, administrator, admin, it department, management, managed, enterprise, mdm, mobile device management, profile, configuration profile, supervised, business
recovery: recovery, recovery mode, dfu, dfu mode, restore mode
picture: picture, image, logo, icon, symbol, screen with
cable: cable, cord, wire, usb cable, lightning cable, usb-c cable, charging cable, lead, kabel
port: port, ports, usb port, socket, slot, usb socket
loose: loose, wobbly, wobbles, wiggle, contact, flaky
repeat: again and again, over and over, keeps, keep, keeps on, on and off, constantly, in and out, back and forth, repeatedly, every few seconds, every couple of seconds, several times, multiple times, loop
hub: hub, usb hub, dock, docking station, monitor, keyboard, adapter, dongle, splitter
virus: antivirus, anti-virus, virus scanner, virus, defender, windows defender, norton, mcafee, kaspersky, bitdefender, avast, security software, ransomware, ransomware protection, controlled folder access, firewall
cloud folder: onedrive, one drive, dropbox, drop box, icloud drive, google drive, nextcloud
weeks: week, weeks, month, months, year, years
hold: hold, holds, grab, grabs, grabbed, capture, captured, captures, took, takes over, claim, claims, claimed, steals, hogs
off: off, disable, disabled, deactivate, deactivated
icloud: in the cloud, only in the cloud, icloud, i cloud, icloud backup, icloud storage
wifi: wifi, wi-fi, wi fi, wlan, wireless, internet
encrypt: encrypt, encrypts, encrypted, encryption, encrypting, unencrypted
photos: photos, photo, pictures of, camera roll, pics
optimise: optimise, optimize, optimised, optimized, optimise storage, optimize storage, optimise iphone storage, optimize iphone storage
program: program, programs, app, apps, application, applications, software, tool, tools
another: another, other, others, different, else, second
busy: busy, in use, being used, occupied
battery: battery, batteries, akku
read: read, reading
write: write, writes, writing, written, save, saved, saves, store, stored, saving
permission: permission, permissions, access, rights, allowed, permitted, permit
vanish: disappear, disappears, disappeared, vanish, vanished, vanishes
missing: missing, gone, lost, not there, not here, not exist, does not exist, doesnt exist, nowhere
driver: driver, drivers
install: install, installed, installs, installing, installation
erased phone: factory reset
snapshot: snapshot, snapshots
before: before, previous, previously, last, earlier, prior
smaller: smaller, half as big, half as large, shrunken, shrank, shrunk, less, much less, fewer, half the size, lot smaller, far smaller
incomplete: incomplete, not whole, partial, unfinished, half finished, not complete backup
format: format, formatted, filesystem, file system
fat32: fat32, fat 32, msdos, vfat, fat formatted
large: large, larger, big, bigger, huge, file too large, over 4 gb, larger than 4 gb, 4gb
root: root, sudo, super user, superuser
restore: restore, restores, restored, restoring
activate: activate, activated, activation, unactivated
setup: setup, set-up, set up, setting up, setup assistant, initial setup
lost mode: lost mode, marked as lost, lost-mode
stolen: stolen, stolen device protection
accessory: accessory, accessories
`

// programVocabulary and peopleVocabulary are the tables, read once. The first has
// the names that the catalogue has, which are not taken apart.
var (
	programVocabulary = sync.OnceValue(func() *vocabulary {
		v := newVocabulary(programWords)
		for _, r := range catalogue {
			for _, text := range slices.Concat(r.Texts, r.Common) {
				if programName.MatchString(text) {
					v.names[nameOf(text)] = true
				}
			}
		}
		return v
	})
	peopleVocabulary = sync.OnceValue(func() *vocabulary { return newVocabulary(peopleWords) })
)

// programName is a text that is one name, as programs give their errors.
var programName = regexp.MustCompile(`^[A-Za-z_]{9,}$`)
