// Package contents is what is on a simulated iPhone: its files, generated from a
// seed and never stored, how they change, and the manifests that a backup of them
// has.
//
// # Laws
//
// A Config, the changes made since New and the backup passwords set since then
// decide everything: two phones with the same ones have the same files with the
// same bytes, and for the same backup number the same Manifest.db, Manifest.plist
// and encrypted bodies, byte for byte. Dates and UUIDs of a backup come from its
// number, those of a file from the change that wrote it, keys from both the change
// and the number of passwords set before.
//
// Rows. A phone has files, directories and symbolic links. A row keeps its index
// and its id, hex(SHA-1(domain + "-" + path)), for ever; a deleted one comes back
// only by Restore. Names are legal on a phone and awkward elsewhere: dots, spaces, colons,
// backslashes, line ends, escape sequences, both forms of an accented letter,
// names that differ in case only, 255 bytes in one component, 60 directories deep.
// Some files are empty. Every row's directory has a row before it in the index,
// and every domain has a root with an empty path.
//
// Changes. Modify, Add and Delete choose by the seed and the number of the change.
// LastModified of a changed file is later than all times before, so it tells the
// states of one file apart, as a phone's own scan relies on. View is the phone at
// one moment and never changes, like the APFS snapshot that a backup is made of;
// At answers any earlier one. Wipe leaves nothing but directories; Restore brings
// the phone to any view, of another phone too, and what changes from there is
// different from all that was in either past.
//
// Bodies. A body is cut from a megabyte of random bytes, with a stamp of its own
// every 64 KiB, so that it costs a copy to make and a comparison to check, at any
// offset, and nothing of it is found in another body. Bodies are not what their
// names say: sms.db is no database.
//
// Manifest.db is a plain SQLite database (rollback journal, pages of 4096 bytes,
// user_version 2) with the tables Files and Properties and the indexes that real
// ones have. Properties is empty, as it is when backups are not encrypted. The
// blob of a row is an NSKeyedArchiver archive of an MBFile without Digest and
// ExtendedAttributes.
//
// Encryption. A phone with a backup password has a key bag (Keybag), a new one for
// each password set, even the same again: another UUID, other salts, other class
// keys. Its bytes are tag, length, value: a header, then a group for each of eleven
// protection classes. The class keys are wrapped (RFC 3394) under
// PBKDF2-HMAC-SHA1(PBKDF2-HMAC-SHA256(password, DPSL, DPIC), SALT, ITER), with ITER
// 10,000 and DPIC 1,000 unless Config.Rounds says otherwise. Each state of each file
// has a key of its own, which stands in EncryptionKey of its MBFile, an
// NSMutableData of the class in 4 bytes, little-endian, and the wrapped key;
// ProtectionClass is that class, spread over 1 to 4. Directories and links have
// class 0 and no key. Bodies are AES-256-CBC with an initial vector of zeros and
// PKCS #7 padding: (Size/16+1)*16 bytes, so an empty file has a body of one block of
// padding. Manifest.db is AES-256-CBC with one key per key bag, which stands in
// ManifestKey of Manifest.plist under class 4; it gets no padding. Its Properties
// have salt, 20 bytes, and passwordHash, SHA-256 of password and salt. Without a
// password Manifest.plist has a key bag all the same, for the empty password, and
// nothing is encrypted.
//
// # What this is known from
//
// [V] libimobiledevice's idevicebackup2, or testdata/decrypt.py, a reader that shares
// no code with this one, was seen to work with it; [S] read in open-source readers
// of real backups; [B] believed, from secondary sources; else our own choice.
//
// The tables, the row ids, the flags, the keys of MBFile and of the plists: [S], the
// two best-known ids are checked in a test. The key bag, both key derivations, the
// key fields, the bodies and Manifest.db under encryption: [S] and, by decrypt.py,
// [V]; key wrap is checked with the vectors of its RFC. That an empty file has a body
// of 16 bytes: phones are reported to send that or nothing [B]; this one always
// sends it. That Manifest.db has no padding: readers strip none [S]. salt and
// passwordHash: [B]. One manifest key for all backups under a key bag, the class of
// that key, which class a file has, new file keys for a new password: our choice.
// Which domains an app may have and how files spread over sizes is typical, not
// measured. Whether real manifests still have a Digest is not known and none is
// written.
package contents
