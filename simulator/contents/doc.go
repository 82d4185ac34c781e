// Package contents is what is on a simulated iPhone: its files, generated from a
// seed and never stored, how they change, and the manifests that a backup of them
// has.
//
// # Laws
//
// A Config and the changes made since New decide everything: two phones with the
// same Config and the same changes have the same files with the same bytes, and
// for the same backup number the same Manifest.db and Manifest.plist, byte for
// byte. Dates and UUIDs of a backup come from its number, those of a file from
// the change that wrote it.
//
// Rows. A phone has files, directories and symbolic links. A row keeps its index
// and its id, hex(SHA-1(domain + "-" + path)), for ever; a deleted one never comes
// back. Names are legal on a phone and awkward elsewhere: dots, spaces, colons,
// backslashes, line ends, escape sequences, both forms of an accented letter,
// names that differ in case only, 255 bytes in one component, 60 directories deep.
// Some files are empty. Every row's directory has a row before it in the index,
// and every domain has a root with an empty path.
//
// Changes. Modify, Add and Delete choose by the seed and the number of the change.
// LastModified of a changed file is later than all times before, so it tells the
// states of one file apart, as a phone's own scan relies on. View is the phone at
// one moment and never changes, like the APFS snapshot that a backup is made of;
// At brings back any earlier one.
//
// Bodies. A body is cut from a megabyte of random bytes, with a stamp of its own
// every 64 KiB, so that it costs a copy to make and a comparison to check, at any
// offset, and nothing of it is found in another body. Bodies are not what their
// names say: sms.db is no database.
//
// Manifest.db is a plain SQLite database (rollback journal, pages of 4096 bytes,
// user_version 2) with the tables Files and Properties and the indexes that real
// ones have. Properties is empty, as it is when backups are not encrypted. The
// blob of a row is an NSKeyedArchiver archive of an MBFile without Digest,
// ExtendedAttributes and EncryptionKey.
//
// # What this is known from
//
// The tables, the row ids, the flags, the keys of MBFile and of the plists, and the
// layout of the keybag are read in open-source readers of real backups; the two
// best-known ids are checked in a test. The keybag is a working one for the empty
// password, with fewer rounds than a phone's. Which domains an app may have and
// how files spread over sizes is typical, not measured. Whether real manifests
// still have a Digest is not known and none is written.
package contents
