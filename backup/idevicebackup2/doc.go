// Package idevicebackup2 is the libimobiledevice engine: it has the user's
// installed idevicebackup2 (1.3.0 and later) make the backup, watches it, and
// believes nothing that it can check.
//
// # How the tool is run
//
// It gets the phone's UDID and the staging folder as arguments, a bare
// environment (no passwords, English messages), its own session, no input, and on
// Unix a pseudo terminal as its output: on a pipe the C library holds back all
// lines until the first file arrives, so that the wait for the passcode would be
// invisible. It ends with us, however we end.
//
// # What is read
//
// Its lines, as data: the display of 1.3 (lines that end with a carriage return,
// "NN% Finished" after each message) and the display of four lines that newer ones
// redraw with escape sequences; what it is about to do; the phone's final
// "ErrorCode N"; its own complaints. Lines are cut at a fixed length and stripped
// of everything but printable ASCII. The exit status is not believed: it is the
// error code modulo 256 and 0 for some failures.
//
// # The relay
//
// The tool reaches usbmuxd through a socket of ours that hands every byte on. It
// cannot see into TLS, but MobileBackup2 is strictly alternating, so that the
// direction and the time of the last byte of the backup connection tell what no
// line of the tool tells:
//
//   - the phone's last message was answered, and nothing has come since: the phone
//     shows its passcode prompt or scans itself; this may take long;
//   - it was not answered: the phone has stopped inside a file, or the tool does
//     not know the message. 1.3 does not know PurgeDiskSpace, with which a phone
//     asks for room, and would wait for ever;
//   - the phone has hung up: the tool may spin for ever on the empty connection.
//
// # What the tool gets wrong, and what is done about it
//
// It does not look at what its writes return: on a full disk it keeps cut files
// and calls the backup successful. So the free space is watched closely, the tool
// is stopped before the last of it is gone, and a run that came near that fails.
// It keeps the body that was being received when the link broke: after a failed
// run everything that was written last is removed. A silence inside a body makes
// it lose its place in the stream after 30 s: a run with such a silence fails.
// Every complaint that it has about the folder or the stream fails the run, even
// if it goes on.
//
// What cannot be seen from outside: an error of the disk in the middle of a body
// (only the size shows it, which the store holds against the manifest), and a body
// that the phone itself broke off after the first block. A phone with bad intent
// is not held back: the tool follows ".." and links.
//
// The tool writes no file in place: it removes a body, Info.plist or Status.plist
// before it makes a new one, so that hard links to earlier versions stay whole.
package idevicebackup2
