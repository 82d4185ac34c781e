// Package mobilesync owns the read side of Apple's backup folder: one phone's
// folder as Finder, iTunes, Apple Devices and idevicebackup2 write it.
//
// # The folder
//
//	<root>/<UDID>/Info.plist       about the phone, written by the host
//	              Manifest.plist   about the backup, written by the phone: encryption, key bag, applications
//	              Manifest.db      SQLite, one row for each file, directory and link
//	              Status.plist     where the phone stands: SnapshotState "finished" when it is complete
//	              00/ … ff/        the bodies: xx/<file id>, xx its first two digits
//	              Snapshot/        the phone's own staging; there only while a backup runs
//
// Files(fileID, domain, relativePath, flags, file) names everything. The file id
// is the SHA-1 of domain, "-" and relativePath, in 40 lower-case hex digits.
// Flags are 1 for a file, 2 for a directory, 4 for a link; only a file has a
// body. The blob `file` is an NSKeyedArchiver property list whose root, an
// MBFile, holds size, mode and times. In an encrypted backup Manifest.db and the
// bodies are ciphertext in whole blocks of 16 bytes, and the rows cannot be read
// without the password. Before iOS 10 the list was Manifest.mbdb, which is
// recognised and not read.
//
// # The password
//
// An encrypted backup has keys in three layers. The password, through two PBKDF2
// derivations with the salts of BackupKeyBag, opens the bag's class keys; a class
// key opens the key of a file, which stands in its row as EncryptionKey (the class,
// 4 bytes little-endian, and 40 bytes wrapped as RFC 3394 says), and the key of
// Manifest.db, which stands in ManifestKey in the same form. Bodies and the list
// are AES-256-CBC with a zero IV; bodies are padded as PKCS#7 says, the list need
// not be. Unlock goes that way once; then rows and contents are read as those of a
// plain backup. The list is decrypted page by page as SQLite asks for it, and no
// plain text of it is ever on a disk.
//
// # What is not trusted
//
// Everything in the folder: it may have been made by another program, damaged by
// a disk, or written by a hostile phone. Links are never followed; only regular
// files are opened; property lists go through the guard of usbmux/plist; SQLite
// opens the database read-only and immutable, so that it never makes a file
// beside it, with its schema distrusted, and runs no SQL that the database
// brought along. No size that a file claims decides how much is allocated.
// Nothing here writes.
package mobilesync
