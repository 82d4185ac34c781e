package cause

// saidHost is how people put a computer's service and software.
const saidHost = `
mux-service-not-running:
	the apple service is not running; apple mobile device service missing from services; apple mobile device service stopped; apple
	service is off; service for the phone is not up; apple mobile device service will not start; usbmuxd is not started; usbmuxd not
	active; usbmuxd dead at boot; usbmuxd service inactive; systemctl says usbmuxd inactive; no usbmuxd socket; usbmuxd not
	installed; no usbmuxd on linux; nobody listens on the usbmuxd socket; service from apple stopped and set to manual; error 1053
	starting the apple mobile device service; the background service that talks to the iphone is down; restart apple mobile device
	service from services.msc; apple service was switched off by a cleaner

mux-permission-denied:
	usbmuxd socket permission denied; not allowed to open the usbmuxd socket; user is not in the usbmux group; not in the plugdev
	group; need sudo to see the iphone; works only as root with idevice_id; phone seen with sudo but not as normal user; udev rule
	missing for the iphone; container has no access to the usbmuxd socket; flatpak or snap cannot reach usbmuxd; socket var run
	usbmuxd belongs to root only; ordinary account cannot talk to usbmuxd; only root can talk to usbmuxd; user cannot talk to the
	muxer

apple-support-missing:
	apple devices app is not installed on windows; no itunes installed; itunes not installed on the computer; uninstalled itunes and
	now the phone is not seen; never installed itunes; apple app not on this pc; no itunes on this windows; fresh windows without
	itunes; new computer has no apple software; apple mobile device support missing; apple mobile device support is not installed;
	applemobiledeviceservice.exe not on this computer; removed itunes; deinstalled apple devices; do i need itunes on the computer;
	windows asks for the apple devices app from the store; apple drivers and services not present

usb-driver-missing:
	explorer shows only a camera and no iphone in itunes; driver missing; windows has no driver for the iphone; yellow triangle in
	the device manager; yellow exclamation mark in device manager; iphone shows up as unknown device in device manager; windows
	installs the wrong driver; apple mobile device usb driver missing; driver not installed code 28; device manager unknown gadget;
	yellow mark next to apple iphone; wrong driver for the iphone; libusb driver replaced the apple driver; zadig winusb driver
	instead of apple; iphone appears as portable device mtp only; appears only as a digital camera under portable devices; windows
	sees it as a camera; driver for apple device failed to install; driver software was not successfully installed; update driver in
	device manager; code 10 device cannot start iphone driver; usbaapl64 missing

device-not-in-mux:
	computer does not see the iphone; iphone not recognized by the computer; itunes does not see the iphone; iphone does not show up
	in finder; plugged in but not seen; plugged in and nothing happens; iphone is connected but the computer does not react; iphone
	is not in the list; iphone shows in lsusb but idevice_id prints nothing; lsusb lists apple but no device; idevice_id list is
	empty; kernel sees the phone but usbmuxd does not; in the usb list but not in itunes; system information shows the iphone but
	finder does not; plugged in yet the program sees nothing; phone invisible to the computer; pc is blind for the iphone; mac
	ignores my iphone; iphone does not pop up in finder sidebar; computer acts as if nothing is connected; cannot find my plugged in
	iphone; phone icon missing in itunes; windows makes the sound but itunes stays empty; phone is there but the program does not see
	it; laptop does not notice the ipad

usb-claimed-by-other-program:
	two programs fight over the phone; virtual machine has captured the iphone; another program holds the phone; virtual machine
	grabbed the iphone; virtualbox took the usb device; photo import opens and takes the iphone; vmware takes the phone; parallels
	takes the phone; vmware steals the iphone; parallels asks connect to mac or windows; virtual machine took the usb; iphone
	connected to the virtual machine; usb passthrough to a vm; hyper-v or wsl usbipd attached the iphone; gvfs mounted the phone;
	gphoto2 holds the camera; usbmuxd cannot claim interface; interface already claimed by another driver; another usb tool has the
	phone; ipheth tethering claims the phone; guest system swallowed the phone

host-software-too-old:
	old itunes does not work with the new iphone; old mac does not back up the new ios; since ios 26 the old computer does not back
	up; itunes is too old for this iphone; need a newer version of itunes; macos is too old for the iphone; computer software is
	outdated for my iphone; backup does not work since the ios update; after updating the iphone the old mac does not know it;
	computer wants an update before it connects to the iphone; mac too ancient for ios; high sierra with a new iphone; macos does not
	support this iphone; itunes version is from years ago; needs a later itunes; a software update is required to connect to your
	iphone; update needed to support this iphone; libimobiledevice too old for ios; itunes cannot be used because it requires a newer
	itunes; old imac cannot talk to the new phone; stopped working since the phone got the latest ios; computer is from 2012 and the
	phone is brand new; itunes is from years ago and the iphone is new; old itunes with new iphone

ios-too-new-untested:
	ios beta; ios is newer than tested; ios developer beta; public beta of ios; newest ios not tested yet; ios came out yesterday;
	does homeport know the latest ios; ios beta installed and unsure; running a prerelease of ios; ios release newer than homeport;
	brand new ios not supported yet; next ios version unknown to the program; ios preview build; untested ios version warning

ios-too-old:
	iphone software is too old; very old iphone with an old ios; ios is outdated; iphone 4s with ios 6; iphone 3g; ipad 1 with ios 5;
	ancient iphone software; ios 7 or before; ipod touch from 2010; old ios not supported; ios 9 jailbreak phone; ios version below
	the minimum; phone software from ten years ago; my antique iphone has an old system; iphone 5 never updated

tls-policy-blocks-pairing:
	openssl refuses the certificate; certificate is too weak; security policy blocks the connection; tls handshake failed weak
	certificate; crypto policy rejects sha1; fedora crypto policy; rhel 9 disallows sha-1 signatures; openssl security level too
	high; ssl certificate too weak; ca md too weak; ee key too small; legacy sigalg disallowed; update-crypto-policies legacy;
	openssl 3 breaks pairing; gnutls rejects the certificate; tls alert handshake failure when pairing the phone; certificate verify
	failed weak signature

backup-service-refused:
	iphone refuses to start the backup; backup does not start; backup session failed; session could not be opened; phone does not
	open a backup session; cannot start mobilebackup2 service; backup service does not start on the phone; could not start service
	com.apple.mobilebackup2; itunes could not back up because the session could not be started; a session could not be started with
	the iphone; phone says no to the backup; iphone declines the backup request; backup request refused; backup daemon on the phone
	does not come up; service refused by the iphone; start service failed

service-limit:
	too many programs use the iphone; too many connections to the iphone; too many tools talk to the iphone; too many sessions open;
	service limit reached; iphone accepts no more connections; several programs connected to the phone at once; close other programs
	that use the phone; maximum number of services; phone is overloaded with connections; five idevice tools running; ServiceLimit;
	parallel connections exhausted; no further connection accepted by the iphone
`
