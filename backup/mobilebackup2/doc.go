// Package mobilebackup2 is the native engine: the host's side of Apple's
// MobileBackup2 over DeviceLink. It backs one phone up into one folder, restores a
// version onto a phone, and changes a phone's backup password.
//
// # Who drives
//
// The phone does. The host sends one request and then answers messages until the
// phone gives its result. It keeps an ordinary folder for the phone, in which the
// phone makes directories, stores bodies below Snapshot/, moves them to their
// final names once all have arrived, and removes what it no longer has. What is a
// change, and whether a backup is full, the phone decides from the Status.plist,
// Manifest.plist and Manifest.db that it reads back first.
//
// # The wire
//
// A frame is a length of four bytes, big-endian, and a property list whose root
// is an array that begins with the name of the message. The conversation:
//
//	<- DLMessageVersionExchange, major, minor        300 up to iOS 13, 400 since
//	-> DLMessageVersionExchange, DLVersionsOk, 400
//	<- DLMessageDeviceReady
//	-> DLMessageProcessMessage {Hello, [2.0, 2.1]}
//	<- DLMessageProcessMessage {Response, ErrorCode 0, ProtocolVersion}
//	-> DLMessageProcessMessage {Backup, TargetIdentifier, SourceIdentifier, Options}
//	<- any row of the messages below, each answered before the next comes
//	<- DLMessageProcessMessage {Response, ErrorCode, ErrorDescription}
//	-> DLMessageDisconnect
//
// Between the request and the first message the phone may show its passcode
// sheet and then scan itself, for minutes, without a byte; notifications tell of
// the sheet.
//
// Every message is answered with DLMessageStatusResponse: code, text, payload.
//
//	DLMessageDownloadFiles      paths            each file, in frames of 32 KiB
//	DLMessageUploadFiles        -                the phone's file stream follows
//	DLMessageGetFreeDiskSpace   -                payload: bytes that the run may use
//	DLMessagePurgeDiskSpace     bytes            -1: nothing here is ours to free
//	DLContentsOfDirectory       path             payload: names, types, sizes, dates
//	DLMessageCreateDirectory    path
//	DLMessageMoveItems/Files    source: target   renames
//	DLMessageRemoveItems/Files  paths            with all that is in them
//	DLMessageCopyItem           source, target
//	anything else                                -1
//
// Code 0 is success, -13 says that the payload has a code for each path that
// failed, the others speak for a single thing (-6 not found, -15 disk full).
//
// A file towards the phone is: length and path; blocks of length, 0x0C and data;
// at the end length 1 and 0x00, or length, 0x06 and a text; after the last file a
// length of 0. A file from the phone is: length and the phone's own name; length
// and the path in the backup; blocks with 0x0C; at the end 0x00, or 0x0B and a
// text when the phone could not read it. Lengths count the code byte.
//
// # What the engine adds
//
// The phone is not trusted. Paths go through tree.Parse and stay below the
// phone's own folder; lengths are capped or streamed through fixed buffers; ten
// attempts to leave the folder end the session. Nothing is written beyond the
// space that the job grants.
//
// A body has its name only when the phone has ended it properly and every byte
// was written. The first error of our own disk is kept: the stream is drained,
// the phone is told, and the run fails with that error whatever the phone says
// afterwards. A run succeeds only with ErrorCode 0, a Status.plist that arrived
// in this run and says new and finished, and no error of our own.
//
// # Restore and password
//
// Both are the same conversation with another request:
//
//	Restore         TargetIdentifier, SourceIdentifier, Options: RestoreSystemFiles,
//	                RestorePreserveSettings, RemoveItemsNotRestored, RestoreShouldReboot,
//	                RestoreDontCopyBackup (always true), Password
//	ChangePassword  TargetIdentifier, OldPassword (if one is set), NewPassword (if one
//	                is wanted)
//
// In a restore the phone downloads Status.plist, the manifests, Info.plist and then
// the bodies, and restarts after its Response. The engine reads a sealed version
// and knows no way to change it: every message that would is refused. A file is
// given out only if the seal has it, and is hashed while it goes; one that is not
// what was sealed ends as an error on the wire, and the restore with it. Before the
// request the apps of Info.plist go to /iTunesRestore/RestoreApplications.plist
// through the file service, where a phone looks for what to install again.
//
// In a change of the password nothing but the Response comes. What counts is the
// phone's WillEncrypt, which is read again.
package mobilebackup2
