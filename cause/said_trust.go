package cause

// saidTrust is how people put trust, lock, passcode and an administrator's rules.
const saidTrust = `
not-trusted:
	trust popup does not go away; iphone does not trust this computer; trust this computer; tap trust; trust dialog; asks to trust
	this computer; trust question does not appear; keeps asking whether to trust this computer; never asked to trust; trust popup;
	trust button; never pressed trust; question vanished too fast; trust request missed; have to tap trust; phone wants to know if it
	trusts the pc; trust pop-up again; please accept the trust dialog; user has not yet responded to the pairing request; pairing
	dialog pending; trust message keeps coming back; confirm trust on the phone; allow this computer to access information; iphone
	asks trust and i press and it comes again; no trust prompt; untrusted computer; accept the question on the phone screen

trust-denied:
	clicked dont trust; tapped dont trust; pressed dont trust by mistake; chose do not trust; trust refused; accidentally denied
	trust; clicked dont trust on the phone; hit no instead of trust; kid pressed do not trust; wrong button at the trust question;
	said no to trusting; undo dont trust; user denied pairing; rejected the trust dialog; pressed deny on the trust question; revoke
	dont trust; declined to trust; refused the pairing on the phone; my wife said no at the trust question

pair-record-stale:
	iphone forgot this computer; has to be trusted again after reset; asks for trust again after restoring the iphone; pair record
	invalid; pairing is invalid; paired before but iphone does not know the computer; treats my computer as a stranger; phone does
	not know the pc any more; reset location and privacy; reset network settings and pairing gone; trust was forgotten after the
	update; pairing no longer valid; old pairing does not work; invalid pair record; invalid host id; trusted last year but asks
	anew; after restoring the phone the pairing is invalid; computer got replaced and the pairing is old; reset all settings and now
	it is not paired; delete lockdown folder to pair again; erased phone does not remember the computer

pair-record-missing:
	no key for this iphone; pairing file missing; pair record missing; no pairing file for this udid; pairing record absent; device
	is not paired; pair first; idevicepair says not paired; no record in var lib lockdown; no certificate for this phone; computer
	never paired; lockdown folder has no plist for the phone; never paired before; lost the pairing file

pair-record-unreadable:
	pair record damaged; pairing file not readable; lockdown folder permission denied; lockdown plist is garbled; pairing plist
	corrupted; cannot read the lockdown file; pairing file broken; permission denied on the lockdown folder; programdata apple
	lockdown not accessible; var db lockdown operation not permitted; plist of the pairing is empty; zero byte pair record; pair
	record cannot be parsed; pairing record locked away from my account; not allowed to read the pair record

pair-record-save-failed:
	trust is not saved; pairing could not be saved; have to trust the computer every time; cannot remember the trust; trust has to be
	given again each day; pairing is not kept; saving pair record failed; cannot write to the lockdown folder; lockdown folder read
	only; trust lost after every reboot of the computer; asks trust at each plug in though i said yes; pair record could not be
	written; pairing forgotten at once; trust again each time because it is not stored; usbmuxd cannot save the record; asks me to
	trust again each day it cannot remember; computer cannot store the trust; next day it asks for trust again

device-locked:
	iphone is locked; phone is locked; unlock the iphone; locked with a passcode; backup does not start while locked; iphone has to
	be unlocked; phone locked please unlock; passcode screen is showing on the phone; unlock your phone first; enter the passcode to
	unlock; password protected phone; device is password protected; locked with the passcode; cannot start because the screen is
	locked; itunes says locked with a passcode must enter it; keep the phone unlocked; phone was lying there locked; is locked with a
	code; password screen on the phone is showing; phone shows its lock screen

device-not-unlocked-since-boot:
	turned the phone on and have not typed the code yet; phone was off and the passcode was not entered yet; has not been unlocked
	after switching on; phone turned on but code not entered; after reboot nobody typed the passcode; not unlocked since restart;
	iphone restarted and not unlocked; after a restart the passcode was not entered; restarted over night and still locked; rebooted
	and no one put in the code; after a reboot nobody unlocked; first unlock missing; restarted by itself and waits for the code;
	before first unlock; your passcode is required when iphone restarts; phone restarted at night and was not unlocked; switched on
	and never unlocked; battery died and now it is on but locked since; freshly booted phone; not opened since it was turned on; lock
	screen since the restart; code never entered after the reboot

passcode-prompt-unanswered:
	stuck at zero; progress bar stays at zero; have to enter the passcode every time; stuck at 0 percent and no progress; hangs at 0
	percent; stuck at 0 percent; backup stays at 0 percent; 0 percent forever; keeps asking for the passcode; phone asks for passcode
	every backup; enter passcode on iphone to start the backup; passcode was not entered; waiting for passcode; asks for passcode to
	back up; missed the passcode question; backup hangs at the beginning; backup never starts moving; preparing backup forever; asked
	for my passcode and then failed; progress is zero and the phone wants a code; waits for the code on the phone; phone wants the
	code at each backup; passcode to start the backup; nobody typed the passcode in time; was not there to type the passcode; code
	request timed out; waiting for passcode to be entered on the device; enter passcode to back up; phone pops up a keypad when
	backing up; not moving from zero; starting forever at zero percent; preparing and nothing moves; passcode window came and went
	away; keypad on the phone and i was away; backup does not begin because of the code; keypad appears on the phone each time i back
	up

passcode-prompt-cancelled:
	hit cancel on the passcode screen; pressed cancel when the passcode came; pressed cancel at the passcode; cancelled the passcode;
	tapped cancel when it asked for the passcode; dismissed the passcode question; closed the passcode prompt; closed the passcode
	window; tapped cancel on the keypad; cancel at the passcode; swiped the passcode screen away; aborted the passcode entry;
	dismissed the keypad; pressed cancel instead of the code; cancelled entering the code; passcode screen went away because i
	cancelled; wrong button on the passcode screen; declined to enter the passcode; said no to the code request

locked-during-backup:
	iphone locked itself during the backup; backup stops when the screen locks; backup stops when the screen turns off; stops as soon
	as the phone locks; auto-lock stops the backup; backup fails when the phone locks; display went dark and the transfer broke;
	locks itself after 30 seconds and the saving stops; screen goes black and backup ends; phone locked in the middle; when the
	display sleeps the backup fails; need to keep the screen awake; stops once it is locked; set auto-lock to never; backup dies when
	the phone goes to sleep; phone screen timeout kills the backup

pairing-needs-usb:
	pairing over wifi not allowed; cannot trust over wifi; first pairing needs a cable; pair wirelessly; pair without a cable; first
	time needs usb; pairing prohibited over this connection; trust wirelessly; can not pair over wlan; want to set up with no cable;
	wifi only pairing refused; pair via network not possible; cable needed once; initial pairing by cable; wireless pairing denied

lost-mode:
	iphone is in lost mode; marked as lost; lost mode is on; phone put into lost mode; lost mode in find my; iphone is marked lost;
	reported as lost; locked by find my as lost; turn off lost mode; still in lost mode after i found it; owner set lost mode; remote
	lock by icloud; managed lost mode; phone is flagged as lost

not-activated:
	iphone not activated; stuck at the hello screen; iphone is not set up yet; activation required; iphone must be activated;
	activation lock of the owner; hello in many languages; not activated; activation server unavailable; unable to activate; second
	hand phone asks for the old owner's apple id; locked to owner; needs a sim to activate; waits for activation; ActivationState
	unactivated; asks for the apple id of the former owner; previous owner's account

stolen-device-protection:
	stolen device protection; security delay of an hour; has to wait an hour to change settings; security delay; must wait one hour
	security delay; stolen device protection prevents; stolen phone protection; security delay required; away from familiar
	locations; face id needed twice with an hour between; one hour wait protection; security delay in progress; disable stolen device
	protection; no passcode fallback; protection against thieves makes me wait

pairing-prohibited-by-policy:
	profile prevents connecting to itunes; organisation does not allow connecting to this mac; my organisation does not allow it to
	connect; company policy does not allow connecting to computers; connection forbidden by the administrator; company does not allow
	connecting to this computer; administrator forbids connecting to computers; school blocks pairing; mdm forbids pairing; profile
	blocks pairing with computers; work phone does not connect to my private computer; configured to reject new pairings; device
	rejects new pairings; it department disabled connecting to private computers; host pairing not allowed; host pairing disabled;
	allow pairing with non configurator hosts off; intune blocks usb; company forbids plugging into a pc; management profile forbids
	pairing; my boss locked usb on the work phone; work policy no computers; policy does not let it connect to my pc; school ipad
	refuses any computer; pairing prohibited

supervised-host-mismatch:
	iphone is supervised by another organisation; managed phone only connects to the company computer; supervised iphone; belongs to
	an organisation; school ipad talks only to the teacher's mac; only connects to the company mac; supervised and not this computer;
	supervising host certificate needed; bound to another organisation; works only with the computer that supervises it; configurator
	supervision identity missing; paired only to the office mac; not the supervising computer; must be connected to a supervising
	host; device belongs to company and refuses my mac; kiosk ipad supervised elsewhere

encryption-required-by-policy:
	company requires encrypted backups; profile demands encryption; backup must be encrypted; only encrypted backups allowed; cannot
	turn off encryption; encrypt box is grayed out; encrypt checkbox ticked and grey; encryption is forced; policy requires
	encryption; force encrypted backups; mdm enforces encrypted backups; company insists on encryption; refuses unencrypted backup;
	encrypt local backup cannot be unticked; encryption mandatory; backup must be encrypted because of the profile; unencrypted not
	allowed by the company; the encryption box is locked

backup-blocked-by-restriction:
	screen time blocks the backup; screen time; restriction blocks the backup; parental controls stop the backup; backup not allowed
	by restrictions; company blocks backups; mdm does not allow backups; backup is disabled by my employer; content and privacy
	restrictions; screentime does not allow backing up; screen time passcode blocks; parents blocked backups; profile disallows
	backups; backups disabled by policy; company phone refuses backup; backup is turned off by management; employer forbids saving
	the phone; mdm blocks the backup; content restrictions stop it; restrictions passcode; kids ipad with restrictions not backing up
`
