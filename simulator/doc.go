// Package simulator is a usbmuxd with simulated iPhones behind it, faithful enough that the unmodified tools of libimobiledevice list,
// pair, query, back up and restore them. Tests, the demo and the simulate command use it. It shares no code with the rest of the
// project: it is a second reading of the wire, against which the first one is held.
//
//	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{UDID: "00008110-000A1B2C3D4E801E"}}})
//	...
//	defer sim.Close()
//	os.Setenv("USBMUXD_SOCKET_ADDRESS", sim.Addr())
//	phone := sim.Phone("00008110-000A1B2C3D4E801E")
//	phone.Trust()                                                             // tap Trust
//	cut := phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 1 << 20, Kind: simulator.RST})[0]
//	<-cut.Done()
//
// ParseSpec reads a Config from a file, Simulator.Command tells a running simulator what happens next, in words. A phone's clock aside,
// everything random about it comes from its UDID and seed.
//
// # Faults
//
// A Fault is a value: CutAfter, Stall, SlowLink and SplitBytes act on the raw bytes of a Channel, below TLS; LockdownError,
// BackupResponse, PasscodeOnce and SyncLockHeld make the phone answer otherwise; MuxRestart, MuxHang, BadListEntry and MuxReply are
// usbmuxd's own. Close fails when a planned one never fired. Byte faults count from when they were played, both directions together;
// Phone.Traffic tells how many bytes a run takes, so that cuts can be spread over all of them. An RST needs TCP: on a unix socket the
// connection is closed at once instead.
//
// # The laws of the simulated phone
//
// Each says how it is known: [V] the stock tools (libimobiledevice 1.3.0, libusbmuxd 2.0.2) need it or were seen to work with it, [S]
// read in open source, [B] believed of real phones and not settled without one.
//
// usbmuxd: a 16-byte little-endian header (length with the header, version 1, message 8, tag) and an XML property list. Replies carry
// the request's tag, events carry 0 [V]. ListDevices, Listen (Result 0, one Attached per present link, then live events), Connect (the
// port in network byte order [V]; Result 2 for an unknown device, 3 for a port on which nothing listens [S]), ReadBUID,
// Read/Save/DeletePairRecord (the exact bytes are kept [V]; an errno in Number, 2 when there is none [S]; Save for a present DeviceID
// is followed by a Paired event [S]), ListListeners. An unknown request is Result 1, version 0 is Result 6 in the binary form, and a
// length beyond 64 KiB ends the connection [S]. A device number is never 0 and new at each attach; a restarted usbmuxd counts from 1
// again [S]. After Connect the accepted socket itself is the tunnel.
//
// lockdownd, port 62078: four bytes of big-endian length, then a property list. Without a session: QueryType, the public root values,
// Pair, ValidatePair, Unpair, SetValue of UntrustedHostBUID, and the insecure notification proxy; anything else is GetProhibited,
// SetProhibited or InvalidHostID [S]. A missing value is MissingValue, never an empty one [V]. TLS begins right behind StartSession's
// reply and ends behind StopSession's, after which the connection is plaintext again [V].
//
// Pairing: DevicePublicKey is PKCS #1 under "RSA PUBLIC KEY" [V]. Pair takes the three certificates only when the device's is for this
// phone's key [B], answers PasswordProtected while locked [S], PairingDialogResponsePending while the dialog is up and
// UserDeniedPairing after a refusal, until the phone is plugged in again [B]. A computer that is trusted already is not asked about
// again [B]. The reply carries a 32-byte EscrowBag [V]. TLS (1.2 or 1.3) is served with the certificate that the host issued; the
// client must show the pairing's root or host certificate, compared byte for byte [V].
//
// Locked: PasswordProtected is true; sessions and values work; com.apple.mobilebackup2 starts only with the escrow bag, or else
// PasswordProtected. Not unlocked since boot: only the notification proxies start; others get EscrowLocked with a bag and
// PasswordProtected without [S]. A passcode typed for a backup unlocks the phone [B].
//
// Services are started on ports from 49152, each for one connection, under TLS when a session started them [V]. The notification proxy
// swallows ObserveNotification and PostNotification and answers Shutdown with ProxyDeath [V]; what one host posts is relayed to every
// connection that observes it [B]. AFC serves a small tree in memory; a lock is per path, exclusive, ends with its handle or its
// connection, and is status 19 for everybody else [S]. Pictures (PhoneSpec.Photos) lie in /DCIM, those of other devices in
// /PhotoData/CPLAssets, results of edits below /PhotoData/Mutations at the path of their original [S]; ifuse reads them [V]. Their
// bytes are made as they are read; they are not the pictures of the backup. A locked phone opens and reads none of them: status 10 [B]. installation_proxy and springboardservices know a few programs. Every other
// service is InvalidService.
//
// com.apple.mobilebackup2 is package backupagent, what is on the phone is package contents; their comments have their laws. Before each
// backup the phone shows the passcode sheet and posts com.apple.LocalAuthentication.ui.presented and .dismissed around it [S]; a
// refusal or a timeout ends the backup with 208 [V].
//
// A backup password is set by a host, by PhoneSpec.BackupPassword or by Phone.SetBackupPassword; backups are then encrypted for real, and
// programs that know nothing of this one read them [V]. WillEncrypt in com.apple.mobile.backup follows it [S], and
// com.apple.mobile.backup.domain_changed is posted when it is set or removed [B]. Phone.Wipe erases the files and the password; a restore
// brings both back. The reasons for which a phone refuses come from what it also tells: RequiresEncryption, IsAssociated of
// com.apple.fmip, SetupDone of com.apple.purplebuddy [B].
//
// # What it does not do
//
// It serves RSA-2048 keys from a small embedded pool instead of making its own, speaks no remote XPC, and a Network link is listed with
// an address that leads nowhere: it is reached through Connect, as Apple's usbmuxd allows.
package simulator
