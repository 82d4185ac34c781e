package cause

// saidRun is how people put what happens while it runs.
const saidRun = `
device-disconnected:
	kicked the cable out; pulled the cable while copying; connection lost after some minutes; connection gets lost during the backup;
	connection to the phone gets lost; iphone was unplugged during the backup; stops half way and says disconnected; iphone
	disconnected; connection lost during the backup; disconnects in the middle of the backup; pulled the cable; cable came out;
	backup stops because the iphone disconnected; lost connection to the iphone; somebody unplugged the phone; tripped over the wire;
	someone unplugged it; unplugged while it ran; phone came off the cable; plug came out; cable pulled; lost contact with the phone;
	quits after some minutes with the usb; connection to iphone broke; phone gone in the middle; took the phone away; grabbed my
	phone during the backup; usb disconnect during the backup; device removed; the iphone disconnected; cat pulled; ran off with the
	phone; cable slipped out; wifi dropped during the backup; phone left the house during backup; mux error connection closed

mux-service-stopped:
	apple mobile device service crashed; usbmuxd crashed; usbmuxd stopped during the backup; usbmuxd died; usbmuxd segfault; apple
	mobile device service terminated unexpectedly; service terminated unexpectedly; apple service crashed during; usbmuxd killed;
	usbmuxd exited; usbmuxd restarted during the backup; service quit in the middle; amds crashed; apple service went down while
	saving; lost the mux; usbmuxd went away in the middle

mux-not-answering:
	apple mobile device service hangs; usbmuxd hangs; usbmuxd does not answer; usbmuxd does not react; no reply from usbmuxd; apple
	service hangs; mux timeout; timeout talking to usbmuxd; idevice_id hangs forever; apple mobile device service not responding;
	itunes hangs when the phone is plugged in; service alive but silent; usbmuxd frozen; listing the phones never returns

mux-connect-failed:
	could not connect to the iphone; itunes could not connect to this iphone; connection to the iphone fails; sees the iphone but
	does not connect; itunes could not connect to this ipad; unknown error connecting; connection refused by the phone; connect to
	port refused; phone visible but connection fails; cannot open a connection to the iphone; lockdown connection failed; connection
	to lockdownd fails; could not connect to lockdownd; mux connect error; connects not though it is listed

transfer-stalled:
	stuck at some percent; stuck halfway; stuck and does not finish; iphone stopped answering; transfer is stuck; backup stuck in the
	middle; backup freezes; nothing moves anymore; backup hangs halfway; iphone does not respond; backup stalls; nothing has moved
	for two hours; frozen at 61 percent; stands still; no progress for an hour; progress bar does not move; hangs in the middle;
	stuck at half; phone stopped sending; stopped receiving data; freezes at 90 percent; no bytes for a long time; hung for hours;
	time remaining does not change; last 5 minutes for hours; bar frozen; receive timeout during transfer; phone stopped responding
	during the transfer; phone does not answer while copying

device-backup-agent-crashed:
	backup program on the iphone crashed; backup process on the phone dies; backupagent2 crashed; backupagent killed by jetsam;
	backupagent memory limit; backup agent died; crash of backupagent; process on the iphone died; crash log of backupagent2; phone's
	backup process was killed; out of memory on the phone during backup; springboard crash during backup; backup daemon crashed;
	mobilebackup agent exit

device-internal-error:
	internal error on the iphone; iphone reported an error; phone gave an internal error; internal error; iphone has an internal
	problem; something went wrong on the phone; phone reported failure; iphone side failure; phone has a hiccup; mberrordomain
	internal; unexpected failure on the phone; ios bug error; phone tells an unknown failure

device-cancelled:
	iphone cancelled the backup; phone ended the backup by itself; backup was cancelled on the phone; phone called off the backup;
	device cancelled; user has cancelled the backup process on the device; backup stopped from the phone; cancelled on the phone;
	phone stopped the backup; iphone broke off the backup by itself; cancel on the iphone; sync cancel request; phone aborted it

protocol-error:
	answer not understood; unexpected answer from the iphone; weird reply from the phone; program did not understand the reply;
	protocol version mismatch; invalid response; garbage received; bad plist from the phone; protocol error; malformed answer;
	unknown message from the iphone; handshake not understood; answer makes no sense

host-slept:
	the system is entering sleep; computer entered sleep; woke up and the backup was broken; computer went to sleep; laptop fell
	asleep during the backup; closed the lid during the backup; mac slept and the backup stopped; pc goes to standby while backing
	up; lid shut and interrupted; folded the laptop; computer dozed off; mac went to sleep; pc slept; laptop sleep killed the backup;
	hibernated in between; screen of the mac went off and it slept; energy saving put the computer to sleep; went to bed and the
	computer slept; keep the mac awake; the notebook suspended; woke from sleep; pc nodded off during the night and the backup was
	gone; the computer nodded off

host-shutdown:
	computer shut itself down while backing up; computer was switched off during the backup; computer shut down in the middle; power
	cut during the backup; computer restarted during the backup; windows restarted for updates during the backup; computer crashed
	during the backup; shut down the pc while it was going; turned off the computer during; power went out; computer lost power;
	windows update rebooted; mac restarted; somebody switched off the pc; held the power button; logged out during the backup; pulled
	the plug of the computer; automatic restart of windows; computer turned off before it was finished; black screen during the
	backup; electricity was gone for a minute while saving; storm cut the electricity; shut down the pc while it was still going;
	switched the computer off too early; no current in the whole house

ios-update-pending:
	iphone restarted for an update during the backup; ios update started during the backup; iphone installed an update in the night;
	update available installs tonight; iphone installed ios at night; ios update in the middle; update was installing; automatic
	update of the phone; phone rebooted to update; software update restarts the iphone; update tonight; ios wants to update; update
	prepared and waiting; phone was updating; preparing update; update downloaded on the iphone

device-mode-changed:
	iphone went into recovery mode during the backup; phone went to recovery while backing up; phone suddenly showed recovery; went
	into recovery mode in the middle; switched to recovery; dropped into dfu; phone rebooted into the restore screen; turned into
	recovery while saving; changed mode; recovery appeared during; phone crashed into recovery; became recovery device; mode of the
	phone changed during; ended up in recovery

user-cancelled:
	i cancelled the backup; pressed ctrl c; hit ctrl+c; ctrl-c; pressed stop; tapped the stop button myself; i had to leave so i
	stopped it; closed the window; stopped it on purpose; aborted by user; pressed cancel in homeport; pressed the x because i needed
	the computer; ctrl c'd it; stopped it with ctrl c by myself
`
