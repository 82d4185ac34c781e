// Package backupagent is the phone's side of MobileBackup2: what the backup agent
// of a simulated iPhone does on a connection to com.apple.mobilebackup2.
//
// # The wire
//
// Every message is a length of 4 bytes, big-endian, and a property list whose top
// is an array that begins with the message's name. The agent sends binary lists
// and takes either form. First the agent sends DLMessageVersionExchange with its
// version (Agent.Major); the host answers DLVersionsOk; the agent says
// DLMessageDeviceReady. The host then sends requests in DLMessageProcessMessage:
// Hello first, then Backup, Restore or ChangePassword. The agent drives from there, one message at
// a time, each answered by a DLMessageStatusResponse, and ends with a Response that
// has an ErrorCode. The host says DLMessageDisconnect.
//
// Bodies travel between messages. In DLMessageUploadFiles each file is two names
// with their lengths (the phone's own, which only informs, and the one in the
// backup), then frames: a length, a code, and length-1 bytes, with code 0x0c for
// data and 0x00 for the end. A length of 0 for a name ends the batch.
// DLMessageDownloadFiles is the same from the host with one name, and 0x06 for a
// file that the host could not read.
//
// # The laws of a backup
//
// These are the steps, in this order; Env.Stage is asked before most of them.
//
//  1. The passcode, before any other message. The host's going away ends the wait.
//     Then what forbids a backup: an unfinished set-up is 212, a restore from iCloud
//     25, a policy that wants a password where none is set 207.
//  2. Status.plist is read. Without one, or with one of a version below 3.3, the
//     backup is full. Wrong types end it with 205.
//  3. Manifest.plist and Manifest.db are read. If they are of another phone, of
//     another keybag or encryption, or unreadable, the backup is full; an empty
//     Manifest.plist ends it with 205. So a password that was set, removed, changed,
//     or set again makes a full backup, and nothing is said of it. The database is
//     decrypted and read, and its password hash compared, when this agent does not
//     know it by its SHA-256.
//  4. The folder is listed. If it lacks a body that the manifest names, the backup
//     is full. Only names are compared: a body cut short is not noticed.
//  5. A file is unchanged when its size and LastModified are those of the manifest.
//  6. The host needs more free space than the bytes to send plus 128 MiB. Else it
//     is asked to purge what is lacking plus 2 GiB, with urgency 4; after an OK it is
//     asked for its free space once more; short or refused is 105. A host that
//     cannot tell its free space is taken to have enough.
//  7. 514 directories are made; one that exists is fine.
//  8. Status uploading; changed files go to Snapshot/xx/id, 128 to a batch; then
//     Snapshot/Manifest.plist and Snapshot/Manifest.db.
//  9. Status moving; everything goes to its place, 128 to a message, the manifests
//     last. Status removing; bodies without a file are removed, then Snapshot.
//     Status finished.
//  10. Status.plist and the manifests are read again and must be the ones sent; every
//     folder is listed, and a file without a body ends the backup with 205.
//
// BackupState is empty in a first upload, old in a later one, new from moving on.
//
// With a backup password bodies and Manifest.db are encrypted as package contents
// says, body by body as they are sent; all sizes that the host is told or asked for
// are then those of the ciphertext. No password crosses the wire.
//
// What a host answers decides: while reading, not found is 205 and all else 103;
// while writing, -15 is 105, -6 and -7 are 205 and all else 104. Of a multi status
// a full disk counts first, then the first path.
//
// # Going on with a run that was cut
//
// The agent remembers what it sent into Snapshot/, in which state, under a UUID that
// Status.plist has until it says finished. When the host's Status.plist has that
// UUID, the bodies in Snapshot/ that have the right size and the state that the
// file has now are not sent again; after Status moving this holds for bodies at
// their final place too. So a cut at any byte leads to the tree that an
// uninterrupted run leaves. An agent that remembers nothing (its phone was
// restarted) trusts Snapshot/Manifest.db once Status says moving, and else begins
// again. A forced full backup only goes on with a forced one. The run number counts
// backups that ended with 0, so a resumed run has that of the run that was cut. A
// run is not gone on with when the backup password was set anew in between.
//
// # Changing the backup password
//
// ChangePassword with NewPassword sets it, with OldPassword removes it, with both
// changes it. Removing it against a policy is 22, before the sheet; then the phone
// wants its passcode as for a backup, from iOS 13 on, 208 when it is refused; then a
// wrong or missing old password, an old one where none is set, and a request without
// any, are 207.
//
// # Restore
//
// After the passcode, what forbids it: policy 22, an unfinished set-up 212, a restore
// from iCloud 25, Find My 211. The agent reads Status.plist, both manifests and
// Info.plist; of an encrypted backup it opens the key bag in Manifest.plist with
// Options.Password, which is that of the time of the backup. A missing or unfinished
// Status is 204, a newer iOS in the backup 203, no password or a wrong one 207, too
// little space on the phone 106, damage 205: all before the first body. It finds
// the state of the phone that the manifest describes (of another phone, when
// Manifest.plist is of one that Agent.Source or Agent.Sources knows), has the folder
// copied unless told not to, and downloads every body, 128 to a batch, decrypting
// it with its own key and comparing every byte, padding included, with what the
// phone held then. When all are right the phone holds that state; what was on it and
// not in the backup is gone, unless RemoveItemsNotRestored is false, whose absence
// means true. A phone without a backup password takes over that of an encrypted
// backup. Wiping and taking over a password make a new key bag, so the backup after
// it is full.
//
// Info, List, Unback and Extract end with 205, as current phones are reported to do.
//
// # What the laws are known from
//
// The framing, names and order of messages were seen with libimobiledevice's
// idevicebackup2 as the host, which backs up, encrypts, changes passwords and
// restores against this agent; that shows what the host takes, not what a phone
// sends. The steps of a backup, the space rule, the mapping of errors, the codes of
// refusals, and the silent full backup after a change of the password are believed
// of Apple's agent from secondary sources and not settled on hardware. The names of
// ChangePassword's fields and the code 207 were seen with that tool and read in its
// source and in pymobiledevice3's; which of policy, sheet and password is looked at
// first is our choice, and so is 207 for the requests that make no sense. That a
// phone has the password of the encrypted backup that was restored onto it is
// commonly reported. Of going on after a cut it is only known that a phone lists and
// reuses Snapshot/; how it recognises a body is our own.
//
// Known departures: a folder older than version 3.3 is overwritten where a phone
// renames it first; a restored body that differs ends with 205, where a phone cannot
// know it of a plain one, and leaves the phone as it was, where a phone would be
// half restored; every domain is restored, whatever RestoreSystemFiles and
// RestorePreserveSettings say; the
// phone restarts after it only where Agent.Reboot is set; a full backup removes bodies of no file, which a phone
// is not known to do.
package backupagent
