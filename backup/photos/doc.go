// Package photos copies a phone's camera roll into a folder, over the file service,
// for when a backup is not possible.
//
// # What is on the phone
//
// The file service shows the phone's media folder. Pictures lie in three places of
// it, as other programs that copy them have found; nobody on the project has an
// iPhone at hand to try it:
//
//	/DCIM/100APPLE/IMG_0001.HEIC                 taken with the phone, or saved on it
//	/PhotoData/CPLAssets/group118/<UUID>.JPG     put there by iCloud Photos
//	/PhotoData/Mutations/<path of a picture without extension>/Adjustments/FullSizeRender.jpg
//
// Files whose stems are equal but for an E or O before the number belong together:
// IMG_0001.HEIC and IMG_0001.MOV are a Live Photo, IMG_0001.AAE says how it was
// edited, IMG_E0001.HEIC is the edited picture, IMG_O0001.AAE belongs to an
// earlier edit. iOS keeps the edited picture in the third place, under a name that
// says nothing; here it is called IMG_E0001, as iOS calls it for other programs.
// The originals of pictures that are only in iCloud are not on the phone at all;
// Library asks the phone's own database for their number.
//
// # What is in the folder
//
//	DIR/2026/2026-11/IMG_0001.HEIC
//	DIR/.homeport-photos/<UDID>.jsonl      the record: what was copied, from where, to where
//	DIR/.homeport-photos/<UDID>.sha256     cd DIR && sha256sum -c .homeport-photos/<UDID>.sha256
//	DIR/.homeport-photos/lock
//
// A month is that of the earlier of the two dates which the phone gives for the
// original, when it was made and when it was last changed, by this computer's
// clock zone: an edit moves the one, a move to a new phone the other. What has no
// sensible date goes to DIR/undated. A file keeps the date of its last change.
//
// Files that belong together keep one stem. A stem that another picture or another
// program's file has, in any case of its letters, gets a number: IMG_0001-2.HEIC,
// IMG_0001-2.MOV, IMG_E0001-2.HEIC. Names that not every system can hold get
// underscores.
//
// # Promises
//
// Nothing that is in the folder is replaced or removed. A picture that changed on
// the phone is copied beside the earlier one; one that was deleted on the phone
// stays here. A file has its name only when all its bytes are there, as many as the
// phone announced. What the record has, with the size and date that the phone
// tells, and what is still in the folder with that size, is not copied again.
//
// The record is written after the pictures that it names are durable: now and then,
// and at the end. A run that was killed in between finds files which the record
// does not have; they are compared with the phone's, and kept when they are equal.
//
// # No promises
//
// The folder is not locked against other programs; on a file system that has
// neither exclusive renames nor hard links a name that appears in the very moment
// of a rename is lost. The pictures in the folder are not read again at a later run;
// the list of sums is for that. A picture that the phone changed without changing
// its size or date is not noticed.
package photos
