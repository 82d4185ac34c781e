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
-: what, why, when, where, which, who, how, whats, hows, however, but then, as well, each other, up, anyone, anybody, everyone, idea, ideas, question, say, says, said, saying, tell, tells, message, messages, dialog, popup, pop up, window says, text, thing, things, time, one, try, tries, tried, trying, make, makes, made, making, let, lets, use, uses, using, used, give, gives, gave, want to, wants to, wanted to, would like to, need to, come, comes, came, happen, happens, happened, new, old one, good, bad, great, own, old iphone
not: no, nothing, none, cannot, cant, couldnt, couldn, wont, wouldnt, dont, doesnt, doesn, dosnt, dosent, didnt, isnt, arent, wasnt, werent, hasnt, havent, hadnt, without, unable to, unable, fails to, failed to, failing to, failure to, refuses to, refused to, refuse to, will not, is not able to, not able to, not possible to, impossible to, couldn't be, isnt able to, never
already running: already running, already in progress, already started
every: every time, everytime, each time, always, every single time, all the time, constantly, each day, every day, every night, every evening, each night, each morning, daily, nightly, all along, invariably, consistently, without exception
phone: iphone, ipad, ipod, ipod touch, ios device, device, mobile device, idevice, phone, handset, mobile phone, cell phone, cellphone, cell, smartphone, apple device, my mobile, ihpone, ipohne, iphon, i phone, phones, my 13, my 14, my 15, pad, ios phone
computer: computer, pc, mac, macbook, macbook pro, macbook air, imac, laptop, notebook, desktop, host computer, host, windows pc, machine, windows, windows 10, windows 11, thinkpad, surface, chromebook, mac mini, macmini, mac book, mac studio, tower, workstation, dell, raspberry, raspberry pi, laptops, lap top, ultrabook, linux box
itunes: itunes, finder, apple devices, apple devices app, imazing, 3utools, apple configurator, anytrans, itunes or finder, explorer, file explorer, i tunes, apple music app, itunes app, apple devices program, devices app
backup: back up my iphone, back up my phone, back up my ipad, back up the iphone, back up the phone, back up iphone, back up phone, back up this iphone, backup my iphone, backup my phone, backup my ipad, backup the iphone, backup the phone, backup iphone, backup of my iphone, backup of the iphone, backup of my phone, backup of the phone, backing up my iphone, backing up my phone, backing up the iphone, backing up the phone, iphone backup, iphone backups, phone backup, ipad backup, backup, back up, backs up, backed up, backing up, back-up, backups, sync and backup, saving, data backup, copy, copies, copied, copying, transfer, transfers, transferred, transferring, save my phone, save my iphone, save the phone, safe my phone, safety copy, bakup, back-ups, backuping, backing, whole phone saved
mux: usbmux, usbmuxd, usbmuxd daemon, apple mobile device service, applemobiledeviceservice, mobile device service, amds, usb multiplexor
mobilebackup: mobilebackup2, mobilebackup, com.apple.mobilebackup2, backup service
lockdown: lockdown, lockdownd, lockdown service, lockdown daemon, lockdown client
see: see, sees, seen, seeing, recognize, recognizes, recognized, recognizing, recognise, recognised, recognition, detect, detects, detected, detection, show, shows, showing, shown, show up, shows up, showing up, showed up, appear, appears, appeared, appearing, find, finds, found, finding, notice, notices, visible, list, listed, pick up, picks up, picked up, display, displayed, displays, come up, pops up, pop up in, popped up in, spot, spots, discover, discovers, identify, identified, aware, invisible, show on, pick
find my: find my, find my iphone, find my phone, findmy, fmip
charge: charge, charges, charging, charged, power only, only power, just power, charger, chargin, juice up, loads, loading battery, fills up battery, power delivery, powers, gets power, gets juice
connect: connect, connects, connected, connecting, connection, connections, link, links, linked, conection, connexion
plug: plug, plugs, plugged, plugging, plugged in, plug in, plug it in, plugging in, attach, attached, insert, inserted, plugin, stick in, sticks in, stuck it in, put the cable in, hooked up, hook up, replug, replugged, re-plug, hang on, hangs on, hanging on
disconnect: disconnect, disconnects, disconnected, disconnecting, disconnection, unplug, unplugged, unplugs, detach, detached, eject, ejected, ejects, lost connection, loses connection, lose connection, lost the connection, loses the connection, connection lost, connection was lost, connection is lost, connection broke, connection broken, connection breaks, connection drops, connection dropped, drops the connection, drops connection, dropped out, drops out, cuts out, cut out, came loose, fell out, pulled out, link is gone, connection terminated, connection aborted, no longer connected, not connected anymore, unplugging, yank, yanks, yanked, ripped, rips, rip, pulled, pulls, pulling, slips, slipped, slip, came off, comes off, comes out, came out, comes loose, fell off, falls off, falls out, fallen out, tore, torn out, dropped off, tripped, kicked, knocked out, detaches, gone away, cut loose, took off, disconect, disconected, discconnected
disconnect cable: pulled the cable, pulled the plug, cable came out, cable came off, cable fell out, cable slipped, pull the cable, pulled the phone cable, yanked the cable, cable was pulled
disconnect cable: cable out, the cable out, out the cable
reset: reset by peer, connection reset by peer, connection reset, forcibly closed, broken pipe, unexpected eof, eof occurred in violation of protocol, ssleoferror
stop: stop, stops, stopped, stopping, quit, quits, abort, aborts, aborted, halt, halts, halted, interrupt, interrupted, cut off, gives up, gave up, breaks off, broke off, cancels itself, ends, ended, dies, died, crash, crashes, crashed, stopps, stoped, stoppt, terminate, terminated, terminates, kill, killed, kills, breaks, breaks up, bails, bails out, quit on me, cut short, falls over, fell over, collapse, collapses, collapsed, ceased, ceases, called off, call off, calls off, breaking off, dying, aborting, halting, quitting, conks out, conked out, craps out, chokes, choked, died on me, giving up, bombs out, ruined, ruin
start: start, starts, started, starting, begin, begins, began, launch, launched, run, runs, running, initiate, boot, boots, turn on, turns on
restart: restart, restarts, restarted, restarting, reboot, reboots, rebooted, rebooting, boots again
fail: fail, fails, failed, failing, failure, unsuccessful, not work, not working, doesnt work, dont work, didnt work, wont work, not complete, not completed, could not be completed, not be completed, cannot be completed, went wrong, goes wrong, goes bad, broke, breaks, did not work, does not work, do not work, no success, unsuccessfully, never works, never worked, no luck, bombed, flops, fails me, wont finish, not finish, not finished, never finishes, never finished, cannot finish, not succeed, malfunction, malfunctions, malfunctioned, botched, messed up
error: error, errors, erorr, err, exception, problem, problems, issue, issues, trouble, fault, warning, complain, complains, complained, complaint, whines, alert, bug, glitch
half: half, halfway, half way, midway, mid way, middle, partway, part way, mid
same: same, identical, exact same
zero: 0 percent, 0%, zero percent, zero
percent: percent, percentage, per cent, pct
lack: not enough, insufficient, not sufficient, too little, too small, out of, run out of, ran out of, runs out of, running out of, run out, ran out, runs out, low on, low, lacking, lacks, no more, almost no, hardly any, needs more, need more, requires more, short of, short on, shortage, scarce, too few, barely any
lack space: full, filled, filled up, fills up, fill up, filling up, no space, no room, no storage, no free space, no disk space, no space left, no room left, out of space, out of room, out of storage, out of disk space, used up, nearly full, almost full, not fit, doesnt fit, wont fit, does not fit, no more space, no more room, too big for, not have enough space, not have enough room, stuffed, crammed, brim, jam packed, packed full, filled to the brim, overflowing, bursting, no capacity, not enough capacity, completely full, out of memory, maxed out, used up space, no gb left, not enough memory, ful, totally full
enospc: no space left on device, enospc
fullbackup: full backup, full backups, full backup mode
full disk access: full disk access
space: space, room, storage, capacity, free space, disk space, free disk space, storage space, gigabyte free, gb free, memory, gb left, gigs left, gb available, bytes free, megabytes free
disk: disk, disc, drive, hdd, ssd, hard drive, hard disk, harddisk, harddrive, external drive, external disk, external hard drive, external, usb stick, stick, thumb drive, flash drive, pen drive, usb drive, volume, partition, backup drive, disks, drives, ssds, usb drives, usb disk, memory stick, usb key, harddisc, hd, hard discs, external ssd, portable drive, wd, my passport, seagate, backup disk, sd card, memory card, hard-drive, c drive, d drive, e drive, f drive, target drive
delete: delete, deleted, remove, removed, erase, erased
share: nas, network drive, network share, network storage, file server, fileserver, smb, samba, nfs, share, shared folder, network folder, synology, qnap, time capsule, synology nas, truenas, unraid, freenas, my cloud, server, servers, netdrive, file share, network disk, nass, timecapsule
folder: folder, directory, dir, location, path, destination, directories, dirs, folders, subfolder
password: password, passwords, passwort, passphrase, pw, pwd, pass word, paswort, pasword, passwd, password phrase
passcode: passcode, passcodes, pin, pin code, pincode, unlock code, lock code, screen code, iphone code, phone code, code on the iphone, code on the phone, face id, touch id, six digit code, 6 digit code, my code, the code, six digits, keypad, key pad, six numbers, four digits, passcod, pass code, unlock pattern, phone pin, pincodes
error cod: error code
mobilesync: mobilesync, mobile sync
few: few, couple of, little, hardly, hardly any, tiny bit
gb: gb, mb, gigabyte, gigabytes, megabyte, megabytes, gig, gigs
forgot: forgot, forget, forgotten, not remember, dont remember, cant remember, not know, dont know, never set, never created, never made, never chose, never had, never entered, not set any, didnt set, lost password, no idea what, cant recall, not recall, lost track of, slipped my mind, forgott, no clue what, not know what
ask: have to enter, have to type, has to enter, must enter, must type, have to put in, need to enter, need to type, ask, asks, asked, asking, want, wants, wanted, require, requires, required, requiring, need, needs, needed, prompt, prompts, prompted, request, requests, requested, demand, demands, wait for, waits for, waiting for, insist, insists, expects, expecting, expected, begs
answer: answer, answers, answered, answering, respond, responds, responded, responding, response, reply, replies, react, reacts, unresponsive, silent, silence, speak, speaks, talk, talks, talking, communicate, communicates, dead
slow: slow, slowly, slower, super slow, crawl, crawls, crawling, snail, snails pace, low speed, speed, sluggish, turtle, tortoise, sloth, glacial, lame, snailspace, painfully, ridiculously slow
long: long, longer, forever, for ever, ages, eternity, how long, too long, long time, hour, hours, all night, over night, all day, days, day, takes ages, taking ages, overnight, since this morning, since morning, since yesterday, since lunch, since noon, for hours, breakfast, dinner, lunch, endless, endlessly, never ending, neverending, aeons, half a day, whole day, whole night, all afternoon, evening
stuck: stuck, hang, hangs, hung, hanging, freeze, freezes, frozen, froze, stall, stalls, stalled, stalling, not move, not moving, doesnt move, never moves, not progress, no progress, not progressing, sits at, sitting at, stays at, remains at, does nothing, stands still, budge, budges, not budge, stands, standing still, hanged, jammed, locked up, frozed, paralysed, motionless, unmoved, not advance, not advancing, no movement, nothing moves, bar not move, immobile
damaged: damaged, corrupt, corrupted, corruption, broken, unreadable, defective, faulty, invalid backup, not compatible, incompatible, rotten, garbage, garbled, destroyed, trashed, ruined, rubbish, unusable, malformed, mangled, defect, kaputt, dodgy, currupt, corupted, curropted, rot, rotted
lock: lock, locks, locked, locking, lockscreen, screen lock, lock screen, auto lock, auto-lock
timeout: timeout, timed out, time out, timeouts, times out
unlock: unlock, unlocks, unlocked, unlocking
sleep: sleep, sleeps, slept, sleeping, asleep, hibernate, hibernated, hibernation, standby, stand by, suspend, suspended, suspends, lid closed, closed the lid, closing the lid, close the lid, shut the lid, lid, lid was closed, went dark, energy saving, nodded off, nods off, nod off, snooze, snoozes, snoozed, dozed off, dozed, nap, napping, lid shut, shut lid, folded, closed laptop, closed the laptop, closed my laptop, sleep mode, standby mode, went to sleep, goes to sleep, fell asleep, falls asleep
shutdown: shut itself down, turned itself off, switched itself off, shut down, shuts down, shutdown, shutting down, switched off, switch off, turned off, turn off, turned itself off, powered off, power off, power cut, power outage, blackout, power failure, lost power, shutdowns, shuts off, shut off, turn itself off, turns itself off, switches off, switches itself off, powered down, power down, powers down, power went, no power, electricity, lost electricity, storm, outage, fuse, cut our power, power was cut, no current, blue screen, bluescreen, bsod, kernel panic, logged out, logged off, log off, power button, went black, black screen, ran dry, run dry, runs dry
trust: trust, trusts, trusted, trusting, trustd, trsut, untrusted, distrust
deny trust: dont trust, not trust, do not trust, didnt trust
deny: deny, denied, denies, denying, reject, rejected, decline, declined, refuse, refused, refuses, dont allow, not allow, tapped no, pressed no, declines, no instead, said no
pair: pair, pairs, paired, pairing
cancel: cancel, cancels, cancelled, canceled, canceling, cancelling, dismiss, dismissed, swiped, swipe, swipes, closed, close, called it off, aborts it, tap cancel, hit cancel, pressed cancel, clicked cancel
update: update, updates, updated, updating, upgrade, upgraded, upgrades, upgrading, software update, ios update, system update, os update, upgrading itself, installs itself, updating itself
outdated: outdated, out of date, too old, older, obsolete, needs an update, needs updating, old version, ancient, antique, ages old, from 2010, prehistoric, too outdated, vintage, archaic, elderly, not supported anymore, no longer supported
newer: newer, too new
latest: latest, newest, later, up to date
restrict: prevent, prevents, prevented, preventing, restrict, restricts, restricted, restriction, restrictions, block, blocks, blocked, blocking, forbid, forbids, forbidden, prohibit, prohibited, prohibits, disallow, disallowed, not allowed, not permitted, wont let, wont allow, not let, not allow me, lets me not, disabled by, locked down
screentime: screen time, screentime, parental control, parental controls, content and privacy, content & privacy restrictions, child restrictions, family sharing restrictions
company: company, employer, employers, work phone, work iphone, work ipad, my work, school, organisation, organization, organisations, university, administrator, admin, it department, management, managed, enterprise, mdm, mobile device management, profile, configuration profile, supervised, business, boss, bosses, corporate, firm, office, it guys, it people, it dept, workplace, job phone, intune, jamf, mdm profile, school ipad
recovery: recovery, recovery mode, dfu, dfu mode, restore mode
picture: picture, image, logo, icon, symbol, screen with, drawing, icons, pictogram, images
cable: cable, cord, wire, usb cable, lightning cable, usb-c cable, charging cable, lead, kabel, chord, cables, cabel, leads, usb wire, charging wire, wires, usb c cable, usb lead, lightning lead, lightning
port: port, ports, usb port, socket, slot, usb socket, sockets, connector, jack, plug hole, hole
loose: loose, wobbly, wobbles, wiggle, contact, flaky, crooked, bent, worn, worn out, kink, slack
repeat: again and again, over and over, keeps, keep, keeps on, on and off, constantly, in and out, back and forth, repeatedly, every few seconds, every couple of seconds, several times, multiple times, loop, chime, chimes, ten times, many times, dings, ding, dinging, bing, beep, beeps, beeping, ping pings, flickers, toggles, every 5 seconds, every second, every few secs, all the time connects, nonstop, non stop, alternately, reconnects, reconnecting, reconnect, replugging
hub: hub, usb hub, dock, docking station, monitor, keyboard, adapter, dongle, splitter, hubs, docks, dockingstation, usb dock, usb-c dock, thunderbolt dock, lg screen, dell monitor, screen port, usb port of the screen, extension, extension cable, front panel, kvm, multiport, multiport adapter, switch box
virus: antivirus, anti-virus, virus scanner, virus, defender, windows defender, norton, mcafee, kaspersky, bitdefender, avast, security software, ransomware, ransomware protection, controlled folder access, firewall, eset, sophos, trend micro, avg, malwarebytes, f-secure, panda security, security suite, security program, security programme, antivir, avira, virusscanner, virus scan, virus protection, windows security, malware, malware protection, protection software, quarantine, quarantined, quarantines, crowdstrike, sentinelone, macaffee, kaspersky antivirus, norton 360
cloud folder: onedrive, one drive, dropbox, drop box, icloud drive, google drive, nextcloud, one-drive, gdrive, google disk, mega, pcloud, owncloud, sync client, synced folder, cloud storage folder, onedrive folder, dropbox folder, icloud documents
weeks: week, weeks, month, months, year, years, day, days, christmas, easter, summer, spring, winter, january, february, march, april, june, july, august, september, october, november, december, half a year, decade, ages ago, long ago
hold: hold, holds, grab, grabs, grabbed, capture, captured, captures, took, takes over, claim, claims, claimed, steals, hogs, steal, stole, stealing, snatch, snatches, hijack, hijacks, hijacked, swallow, swallows, swallowed, catches, occupies, occupied by, taken by, took it, grabbing
off: off, disable, disabled, deactivate, deactivated
icloud: in the cloud, only in the cloud, icloud, i cloud, icloud backup, icloud storage, icould, i-cloud, apple cloud, my cloud, cloud
wifi: wifi, wi-fi, wi fi, wlan, wireless, internet
encrypt: encrypt, encrypts, encrypted, encryption, encrypting, unencrypted, encryp, encripted, encryped, incrypted, encription, crypted
photos: photos, photo, pictures of, camera roll, pics, pictures, image, pic, videos, video, snaps, snapshots of, selfies, photo library, photoes, fotos
optimise: optimise, optimize, optimised, optimized, optimise storage, optimize storage, optimise iphone storage, optimize iphone storage, optimized storage, optimised storage, optimising, optimizing
program: program, programs, app, apps, application, applications, software, tool, tools, programme, programmes, job
another: another, other, others, different, else, second
busy: busy, in use, being used, occupied
battery: battery, batteries, akku, juice, batery, battry, accu, charge left, power left, % left, percent left, percent battery
read: read, reading
write: write, writes, writing, written, save, saved, saves, store, stored, saving, put in, put anything in, store it, saving into, create files
permission: permission, permissions, access, rights, allowed, permitted, permit, privilege, privileges, privileged, unauthorised, unauthorized, allow, allows, allowing, entitled, accessing
vanish: disappear, disappears, disappeared, vanish, vanished, vanishes, evaporated, went away, goes away, gone again, went missing
missing: missing, gone, lost, not there, not here, not exist, does not exist, doesnt exist, nowhere, absent, lacking, nowhere to be found, disappeared, vanished, not to be found, lost files, not available, unavailable, not present, not mounted, unmounted
driver: driver, drivers
install: install, installed, installs, installing, installation
erased phone: factory reset
snapshot: snapshot, snapshots
before: before, previous, previously, last, earlier, prior
smaller: smaller, half as big, half as large, shrunken, shrank, shrunk, less, much less, fewer, half the size, lot smaller, far smaller, shrink, shrinks, lighter, tinier, fraction, only half, a third of, quarter of, not as big, reduced, down from, went down
incomplete: incomplete, not whole, partial, unfinished, half finished, not complete backup, not all there, some missing, parts missing, half empty
format: format, formatted, filesystem, file system
fat32: fat32, fat 32, msdos, vfat, fat formatted
large: large, larger, big, bigger, huge, file too large, over 4 gb, larger than 4 gb, 4gb, too large, too big, bigger than, huge file, over 4gb, greater than 4 gb, enormous, giant
root: root, sudo, super user, superuser, administrator, superuser rights, sudo rights, admin rights, elevated, root user, as root, admin account, administrator account, root account
restore: restore, restores, restored, restoring, put back, get back, getting back, playing back, play back, put it back, back onto, back on the new phone, migrate, migrating, restor, restoration, recover, recovers
activate: activate, activated, activation, unactivated, activating, activation lock, reactivate
setup: setup, set-up, set up, setting up, setup assistant, initial setup, setting it up, set it up, set up assistant, welcome screen, hello screen
lost mode: lost mode, marked as lost, lost-mode
stolen: stolen, stolen device protection, theft, thief, thieves
accessory: accessory, accessories
previews: preview, previews, thumbnail, thumbnails, mini, tiny, miniature, miniatures, low res, low resolution, lowres, small previews, small pictures, small versions, placeholders
battery low: low battery, battery empty, empty battery, battery dead, dead battery, flat battery, battery flat, battery died, battery almost dead, out of juice, no juice, without charger, no charger, nearly flat, almost flat, battery low, battery is low, low on battery, battery nearly empty, out of battery, run out of battery, ran out of battery, not on the charger, battery dying, out of power
owner: owner, owners, owned, owns, belong, belongs, belonging, belonged
config: config, configuration, config file, configuration file, settings file, setting file, conf, preferences
typo: typo, misspelt, misspelled, mistyped, mistake, spelling mistake, spelled wrong, unknown key, invalid key, wrong key, invalid option
verify: verify, verifies, verified, verifying, verification, checksum, checksums, hash, hashes, integrity, sha256
which: which of the two, which of both, which of them, which phone, which one, which device, both of them
several: several, multiple, two, both, three, more than one
certificate: certificate, certificates, cert, certs, fingerprint, crypto key
health: health, steps, heart rate, workouts, activity data, fitness data, sleep data
service: service, services, daemon, background process
noise: noise, noises, clicks, clicking, scratching, scratches, grinding, rattling, rattles, weird sounds, strange sounds, ticking
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
