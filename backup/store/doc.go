// Package store owns the versions of backups on disk: how they are made, proven,
// listed, checked and removed, so that the last good one is never lost.
//
// # Nouns
//
// A store lives in a destination folder, DEST, that a person chose. For each
// phone it holds versions: complete backups, never changed after they appeared. There
// are two exceptions, Repair and Mirrors, below.
// A stage is a version being made. A stage that a broken link or a shutdown left
// behind is a partial, and the next run goes on in it. The seal of a version is
// its list of SHA-256 sums. A mark is what is known about a version besides
// itself: pinned, checked, damaged, opened with its password.
//
// # Layout
//
//	DEST/
//	  <UDID>                       symbolic link to the newest version's <UDID>; none where links are impossible
//	  .homeport/
//	    FORMAT                     two lines: "homeport store 1" and "id <uuid>"
//	    <UDID>/
//	      lock                     empty, never replaced; the OS lock of whoever writes
//	      lease.json               who that is, for other computers; there while somebody writes, and for
//	                               moments lease.<token>.new and lease.<something new>.taken
//	      marks.lock               empty; the OS lock of whoever changes marks.json, for a moment
//	      marks.json               by version: pins, dates of checks, damage found
//	      scrub.json               how far a scrub came that was interrupted
//	      versions/<version>/      version.json, SHA256SUMS, <UDID>/ (Apple's folder)
//	      staging/<version>/       the same, being made, with stage.json and, in a partial, received;
//	                               of a mirror also .hp-gone-<name>, and merge.json while it takes its place
//	      trash/                   on its way out
//
// A version is named by UTC time and a generation, 20261122T103140Z-0012.
// Generations only grow; order is by generation and never by clock. An imported
// version that is older than one which was there has a place in its record instead;
// see below.
//
// SHA256SUMS has the format of sha256sum(1), sorted by path, with each regular
// file of <UDID>/: `cd versions/<version> && sha256sum -c SHA256SUMS` proves a
// version without Homeport. version.json and marks.json each hold a sum of
// themselves. version.json says where the version came from, its
// figures, what was odd about it, and the SHA-256 of SHA256SUMS.
//
// # Lock and lease
//
// Whoever changes a phone's folder (Begin, Prune, Repair, Recover, Hold) has its
// lock and its lease. Among the processes of one computer the OS lock decides: its
// holder may be slow or stopped, the others are told already-running; one that died
// has lost it. Other computers may not see that lock, nor does any other process on
// a share without locks; for them there is the lease, lease.json: a token that is
// new with each taking, the ids of computer and system start, process, a counter,
// and for people the computer's name, since when and for what it is held.
//
// The holder replaces it every 10 s, the counter one higher. Whoever comes and finds
// a lease
//
//   - of this computer or of this start of the system, while having the OS lock, or
//     of an earlier start of this computer: its holder is dead, it is taken over at once;
//   - of another computer, looks at it: when the counter changes the holder lives,
//     already-running; when it does not for 60 s of one's own clock it is stale, and
//     taken over. Recover does not wait, and leaves such a phone alone.
//
// A clock of another computer is never compared with one's own. What is no lease at
// all, after a power cut, is waited for like another computer's.
//
// No step of it needs more of a file system than that of two renames of one file only
// one finds it. Every step of a holder that others would see is therefore a rename of
// something that a taker can take away first:
//
//	take      write lease.<token>.new; rename it to lease.json if nothing has that name;
//	          read it back
//	renew     write lease.<token>.new; read lease.json: no longer one's own is lost;
//	          rename the new one over it: not there any more is lost
//	take over 1. list staging/ (not for a holder of which the OS lock says that it is
//	             dead: its stage can be a partial)
//	          2. rename lease.json to lease.<something new>.taken, and read that: of two
//	             takers one finds it. If it is not the lease that was found stale it is
//	             given back; if it is, all that was listed is of that holder
//	          3. remove lease.<the old token>.new: a renewal that was about to happen
//	             finds nothing
//	          4. rename what was listed into trash/ under new names: the publishing
//	             rename that was about to happen finds nothing
//	          5. take
//	release   rename lease.json away and read it, as in 2; remove it
//
// The holder renews before its publishing rename, before Prune moves each version and
// Repair each file, and when Begin is done. A holder that was stopped, slept, or whose
// disk was away so finds out before it does anything that counts, and if it is
// stopped in between, what it is about to rename is not there. Losing the lease is
// lease-lost: told at once, the stage left to the taker, nothing published. A taker
// gives its versions generations above those that the old holder could have used, so
// that the two never mean different stages by one name.
//
// A crash leaves, in take: nothing, or a lease.<token>.new that Recover removes when it
// is old, or the lease of a dead holder; between 2 and 5: no lease, so that the next one
// takes it, and its recovery drops every stage of which nobody knows that its maker is
// dead, unless that has kept it. A lease that was to be given back and was not costs its
// holder the run.
//
// On a disk that has no room for a lease the OS lock alone decides, so that Prune can
// make room.
//
// # Making a version
//
//  1. Begin takes lock and lease, recovers, and makes staging/<v>: a clone of the
//     newest version that passes a quick check, or the partial, or nothing.
//     Bodies are cloned by reflink, else by hard link, else by copy; Info.plist,
//     Status.plist, Manifest.plist and Manifest.db are always copied. Hard links
//     are safe because nobody opens an existing file for writing: the engine's
//     tree makes a new inode for each body. stage.json, durable before the first
//     body is cloned, says which base and how.
//  2. The engine fills it.
//  3. Publish checks the folder against its own manifest without reading bodies,
//     and refuses what breaks a proven rule (see Publish). The sums of the seal
//     come from where they are known: from the engine for what it received, from
//     the base's seal for what is provably still the base's, from reading the
//     file for the rest.
//  4. Barrier: all data and folders are durable (syncfs on Linux; on other
//     systems each file was flushed at its close).
//  5. SHA256SUMS and version.json get their names, and are durable.
//  6. One rename, staging/<v> to versions/<v>, is the publication. Both folders
//     are synced.
//  7. The link DEST/<UDID> is renewed, and lease and lock let go.
//
// # Importing
//
// Import makes a version of a folder that another program made: Finder, iTunes, Apple
// Devices, idevicebackup2. The folder is only read. It is nobody's property here, so
// that nothing in it is believed: each entry is looked at with Lstat and opened below
// the folder's own handle, a link, a FIFO or a device in the place of anything refuses
// the whole, and what is copied are the four files and xx/<id>, by reflink or byte by
// byte. Never by hard link: the other program writes into its files in place. What else
// lies there (.DS_Store, Snapshot/, Manifest.db-shm) stays behind.
//
//  1. The folder is examined: whose it is, whether it is finished, every row of the
//     list against its body. A half-finished one, one that lacks more bodies than
//     Publish allows, or whose Manifest.db has a journal with something in it, is
//     refused before anything is written.
//  2. The lock is taken, room is reckoned, and the files are copied into
//     staging/<v>. The sum of each copied byte is taken on its way; what was cloned is
//     read. Then the folder is looked at once more: an entry that came, went or has
//     another length, time or inode than before refuses the import, because a program is
//     writing there.
//  3. The copy, not the folder, is proven, sealed and published as any other stage is.
//
// A stage of an import is never a partial: whatever ends it before its publication, it
// is dropped, and the import begins anew.
//
// An imported version has the date of the backup and not of the import: the latest that
// Info.plist, Status.plist and Manifest.plist give and that is not in the future. If
// that is later than the dates of all versions of the phone, the version is the newest, and
// everything that holds for the newest holds for it. Otherwise version.json says below
// which generation it stands, which is that of the oldest version that is not older. A date
// that cannot be believed puts it below all. Such a version is never
// the newest as long as the one above it is sound, so that the link, the schedule, the
// base of the next run and the newest version that retention keeps are what they were. A
// partial that was begun later than the date of the backup stays, and the import stands
// below what it will be. The place is decided once, at the import.
//
// An imported version is the base of the next run only when it is fully proven: it is
// the newest, every byte of it was summed, and each row of its list has its body. The list of
// an encrypted one cannot be read without the password. If it was not opened at
// the import it is no base until a check at the level unlock has found nothing: an engine
// has seen how its own encrypted version came about, and of a folder that was found
// nobody knows whether files were lost from it. A version that is passed over for this
// reason does not keep an older one from being the base.
//
// It is pinned, with "imported" as the reason: what a person brought in goes only when that
// person says so.
//
// # Mirrors
//
// Where files cannot be shared each version is a full copy. With Options.Mirror the
// next one takes the place of the one before there, body by body, so that the drive
// needs room for one version and for what changed. On other drives, and for a base
// that is pinned, it changes nothing.
//
// The stage of a mirror holds only what is new. The base shows through it (tree.Overlay):
// what the engine removes is noted by an empty file .hp-gone-<name>, and the base stays
// as it is, a version that can be listed, checked and restored. Info.plist,
// Status.plist, Manifest.plist and Manifest.db are copied, since they are opened by
// other means. Publish checks, proves and seals what shows, by the same rules: a body
// that shows through has its sum from the base's seal when it is older than the stage,
// and is read and held against that otherwise. Then, in place of step 6:
//
//	a. merge.json, durable in staging/<v>, beside SHA256SUMS, version.json and the new
//	   bodies, which are durable already. From here the way is only forward.
//	b. Each new file is renamed into versions/<base>/<UDID>/, over what was there.
//	c. What is there and not in the new SHA256SUMS is removed.
//	d. Barrier: all renames are durable.
//	e. versions/<base> is renamed to versions/<v>, within its folder, which is synced.
//	f. SHA256SUMS and then version.json are renamed into versions/<v>. Barrier.
//	g. staging/<v> goes to trash/, and with it merge.json.
//
// None of b to g needs room, and each may be done again. From a to g neither the base
// nor the new version is listed as sound; recovery goes through b to g and then makes
// a quick check.
//
// A new version that shrank to less than half, or about which more is odd than about
// its base, does not take the place of its base by itself: what it shares is copied,
// read and held against the seal on the way, and it becomes a version beside the base,
// which is pinned. Without room for that it is refused (mirror-refused) and can be
// kept; with Options.Replace it takes the place all the same. A base that is found
// damaged is never built on: the next stage begins empty, beside it.
//
// # Scrubbing
//
// A scrub reads all versions of a phone at once, path by path, each inode once, and
// keeps its position, so that it can be stopped at any time. Damage is noted for
// every version that has it, also by a check of a single version.
//
// # Repair
//
// Repair replaces a file of a version only by bytes with the sum that its seal has: a
// new file in trash/, copied from a version that still has them, durable, read back,
// and then renamed into its place. What a full disk ends leaves nothing there. A
// SHA256SUMS that is damaged is written anew when the files still give the seal in
// version.json. What no version has any more stays as it is, and marked.
//
// # Retention
//
// Which versions stay is a pure function of the versions, a policy and the time; see
// Retain. Removal is oldest first, one version at a time: a rename into trash/, a
// sync, and only then the deletion. Prune needs the lock, so a version that a Hold
// or a run has is not touched.
//
// # Checking and passwords
//
// A quick check compares names and sizes, a full one every byte with the seal; the
// level unlock decrypts every body besides, with keys that the caller has. An
// encrypted version is published without its list having been read: what unlock
// then shows, and the rules of Publish would have let pass, is told as odd and is no
// damage. version.json names the key bag of an encrypted version, and so which
// versions open with the same password; nothing in a store helps to guess one.
//
// # Crash windows
//
//	in 1 or 2     staging/<v> without a seal. Same boot and same mount: the kernel has all that was
//	              written, and the stage becomes a partial; files whose sums died with the process are
//	              hashed when it is published. Another boot, or a drive that was away: what was not synced
//	              may be gone, and the stage is dropped.
//	in 3, 4, 5    the same; a half-written seal is thrown away with the rest of the proof.
//	in 6          the version is in staging/ or in versions/, whole in both.
//	in 7          the link is old or missing; recovery renews it.
//	in a, merge   the base is untouched, and the stage is dropped as in 3, 4, 5.
//	in b to g     recovery finishes it.
//	in Discard    the stage is in staging/ or in trash/. Where a full disk refuses even the renaming,
//	              it is removed in its place, stage.json first: without that it is no partial.
//	in Keep       stage.json still says "not kept": as in 2.
//	in a mark     marks.json is the old one or the new one; what was begun beside it is removed.
//	in Repair     the damaged file or the good one is in its place; a file that was a folder may be
//	              missing instead. What was being made is in trash/, and removed.
//	in Import     staging/<v> says that it is an import, and is dropped; the pin of a version that did
//	              not appear is dropped with the next change of a mark.
//	in Scrub      scrub.json is old or missing: what was read since is read again.
//	in Prune      the version is in versions/ or in trash/; what is in trash/ is removed.
//
// A stage that Keep made durable says so, and survives a power cut: a partial
// has a list of what was received with its sums, and each of those files is read
// again before the version is published. A partial is kept for 7 days and resumed
// at most 5 times; there is one for each phone. One that shares its files, by hard
// links, with a version that was found damaged since is dropped; a run whose base is
// changed under it is not published, and its base is marked as damaged.
//
// Recovery needs no decision of a person and may be run at any time and any
// number of times: it drops or keeps staging, empties trash, renews the link.
//
// A failed sync is final. After it nobody knows what is on the disk, so that
// stage is dead and is not synced again.
//
// # Versions of the format
//
// FORMAT, stage.json, version.json, marks.json and merge.json carry a number. A
// Homeport that reads a higher number than its own changes nothing: a store is refused
// (store-too-new), a version is listed as unusable and left alone, and so is a
// stage; marks are not written, and whatever needs them is refused. A later Homeport
// reads all lower numbers. scrub.json of another number is begun anew: it holds
// nothing that is missed. A lease needs none: whoever does not understand it waits for
// it as for that of another computer.
//
// Leases, imports and mirrors came without a new number, before there was a release. A
// store from before them is one without any.
//
// # What is not promised
//
//   - Another program, or a person, that writes into versions/ is noticed by
//     Verify and not prevented; there are no read-only bits, since they break
//     renames and removal.
//   - A marks.json that was taken away is none: pins and damage in it are forgotten.
//   - Apple's format has no sums. A body that had gone bad in a folder before it was
//     imported, and kept its length, is imported as it is.
//   - With hard links or reflinks a bad block hits each version that shares it.
//   - FAT and exFAT keep no journal: a power cut in the moment of a rename may cost the
//     name that is being changed. In a merge these are names of the only copy; the
//     check after it finds what is missing.
//   - A lease is as good as the share: over NFS or SMB with all caching on (nocto,
//     actimeo, a server that answers before it has done) a holder may see its lost
//     lease as its own for as long as the cache does. Its stage is gone all the
//     same. It may then prune one version, or repair one file, that it had decided
//     on before. Where renaming to a free name is two steps, two computers that
//     take a free lease in one moment both begin; the first to renew loses its run.
//   - A server that still counts a dead computer's OS lock as held, or its open files
//     where such folders cannot be renamed, keeps the phone busy until it gives up.
//   - Computers that are copies of each other, with Homeport's state and the name, take
//     each other for one that was restarted: each may cost the other a run.
//   - Marks are written by whoever has news, without lock or lease, under an OS lock of
//     their own. Of two computers that write at the same moment one may lose its mark.
//   - A file that an engine replaced without reporting it is recognised by its
//     time of change. An engine that sets times back defeats that, and a full
//     check then names the file as changed.
package store
