package cause

// saidCable is how people put cable, port and power.
const saidCable = `
cable-no-data:
	charging sound but nothing appears; makes the charging sound and nothing happens; iphone charges but the computer does not see
	it; only charges; charge only cable; charging cable without data; cable carries power only; charges but does not show up;
	charging but not detected; cheap cable; charges but nothing happens; charges but no connection; charges only; cable only for
	charging; cheap cable charges but the pc is blind; cable from the gas station; cable from the supermarket charges only; phone
	charges but is not in itunes; gets power but no data; battery fills but the computer shows nothing; lightning symbol appears and
	nothing else; magsafe charger connected to the computer; power bank cable; only shows the charging battery; with another cable it
	works; wireless charger has no data; battery icon with a flash but finder is empty; cable without data wires; charges apart from
	that nothing; charges and that is all; only charging and no connection with the cable

usb-enumeration-failed:
	usb device not recognized; windows says usb device not recognised malfunctioned; port does not read the iphone; lint in the
	socket of the iphone; dirt in the charging port; dirty port; cannot read usb device; last usb device malfunctioned; windows
	cannot recognise the usb gadget; unknown usb device descriptor request failed; device descriptor read error; device not accepting
	address; usb port shows an error; port cannot read the phone; lint in the charging hole; pocket fluff in the lightning port;
	cleaned the port with a toothpick; cable damaged usb error; corroded contacts; usb reset fails; kernel cannot enumerate

usb-slow-link:
	usb runs at 12 mbit; connection is very slow usb 1; usb 1.1 speed; full speed instead of high speed; only 12 mbit over usb;
	transfer at 1 mb per second over usb; old usb port makes it crawl; this device can perform faster; would take days over this
	port; connected at usb 1 speed; only gets 12 mbit over usb; megabits only; the port only does usb 1.1 megabits; the old port
	needs days for a backup; the phone hangs on an ancient slow usb port; usb crawls at a few megabits

usb-slower-than-phone:
	could be faster with a usb 3 cable; slow cable; iphone pro with usb 2 cable; white cable from the box is usb 2; 480 mbit instead
	of 10 gbit; usb 2 speed with a usb 3 phone; phone can do 10 gbps; get a thunderbolt cable to go faster; faster cable would help;
	usb 3 cable for iphone 15 pro; port is only usb 2; cable limits the speed; supplied cable slower than the phone; 40 mb per second
	only

usb-via-hub:
	monitor usb port; plugged into the usb port of my screen; port of the monitor fails; plugged into the monitor; usb port of the
	monitor; usb hub; connected through a hub; plugged into a docking station; through a usb adapter; plugged into the keyboard; goes
	over a hub; front usb goes over a hub; usb-c dock between; hub between the phone and the computer; connected to the dock; anker
	hub; extension cable and hub; through the screen's usb; multiport adapter; behind a usb switch; keyboard port; plugged in the
	thunderbolt dock; hub makes the backup break off; front panel port of the tower; kvm switch; usb socket in my screen

usb-flapping:
	loose contact of the cable; disconnects and reconnects every few seconds; cable works only at an angle; cable works only when i
	hold it; have to hold the cable in position; connect sound plays again and again; usb sound every few seconds; connect sound and
	disconnect sound over and over; phone appears and disappears in itunes; keeps disconnecting; connects and disconnects again and
	again; keeps connecting and disconnecting; disconnects when i touch the cable; loose cable; cable wobbly; plug is loose;
	disconnect sound over and over; connection keeps dropping; in and out of itunes; phone vibrates again and again on the cable;
	connected disconnected connected disconnected; charging sound repeats; falls off when i move the phone; slightest touch breaks
	the connection; worn out lightning port; plug wiggles; cable has a kink and drops; flickers between connected and not; dock
	connector loose; dmesg full of usb disconnect new device; charging chime again and again; hear the connect chime many times a
	minute

usb-restricted-mode:
	iphone locked for more than an hour blocks usb; unlock the phone to use accessories; usb accessories off while locked; does not
	connect while locked for hours; will not talk over usb until unlocked; locked over night and no data; accessories switch off in
	face id and passcode; usb accessories setting; unlock iphone to use accessories; usb restricted; seen only after i unlock;
	computer sees it only after unlocking; after an hour locked the usb port is dead; need to unlock before plugging in; not
	recognised while locked; locked at night and the computer cannot get through until the code is entered

wired-accessory-not-allowed:
	allow accessory to connect; asks whether to allow an accessory; iphone asks to allow this accessory; allow wired accessories;
	allow wired accessory; allow wired accessory to connect; ipad wants me to allow an accessory; popup allow accessory; question
	about an accessory on the phone; wired accessory question; did not tap allow; accessory prompt missed; tap allow on the accessory
	question; wired accessories set to always ask; asked if the accessory is allowed; accessory pop-up again and again

device-in-recovery:
	iphone shows only a picture of a cable; black screen with a cable and a laptop; apple logo only and the phone does not start;
	picture with a cable and it does not start; iphone in recovery mode; stuck in recovery mode; picture of a cable and a laptop on
	the iphone; connect to itunes screen; black screen with itunes logo and cable; stuck on apple logo;
	support.apple.com/iphone/restore on the screen; displays a cable pointing at a laptop; screen shows cable and computer; dfu mode;
	phone in dfu; itunes has detected an iphone in recovery mode; there is a problem with the iphone that requires it to be updated
	or restored; boot loop with apple logo; white apple does not go away; bricked after the update; hangs on the apple; restore
	screen; recovery screen on the phone; lsusb says recovery mode; phone does not boot past the logo; its screen shows nothing but
	the apple for hours

accessory-not-supported:
	accessory may not be supported; accessory not supported; uses too much power; adapter does not give enough power; not enough
	power for the iphone; this accessory may not be supported; accessory not certified; cannot use accessory; not enough power for
	this accessory; adapter draws too much power; camera adapter not supported; fake cable not supported by the phone; cheap adapter
	message; this cable or accessory is not certified; usb device uses too much power disconnect it; phone rejects the adapter;
	adapter turned off by the iphone

device-battery-low:
	iphone battery is low; phone battery empty; my battery is low; iphone battery almost dead; phone ran out of battery; phone has 5
	percent left; iphone at 8 percent and not on the charger; phone needs juice; not much charge in the iphone; red battery on the
	phone; iphone nearly flat; phone dying at 3 percent; phone battery almost flat; iphone switched off because the battery was flat;
	charge the phone first; phone loses charge while backing up; low power mode and little battery; ipad battery low

host-battery-low:
	computer battery is low; laptop battery empty; laptop ran out of battery; my battery is low; laptop had 6 percent battery;
	macbook down to 4 percent without charger; notebook battery nearly empty; computer is on battery; laptop nearly dead; forgot to
	plug in the laptop charger; laptop not on mains; battery of the pc low; plug in your computer; laptop shuts off with empty
	battery; running on battery power; laptop screen black battery flat; laptop went black no power; laptop ran dry during the night

wifi-only:
	iphone is only on wifi and not on a cable; connected over wifi only; phone shows up over wlan but no cable; seen wirelessly
	without a cable; backs up over wifi because no cable is plugged in; iphone reached through wifi alone; wifi sync connection
	instead of usb; phone is listed as a network device; in finder over wifi without the cable; wireless connection to the phone
	only; no cable just wifi to the iphone; only found in the network
`
