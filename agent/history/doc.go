// Package history remembers what happened to phones: runs with their phases, sizes and
// causes, the reasons why a phone that was plugged in was not backed up, and when each
// phone was seen. It also reads the log files, which tell the same in more words.
//
// Everything is in one SQLite file. It is kept for people and may be lost: no backup
// depends on it, and nothing here stops or slows one. What the file promises:
//
//   - A run that has begun has a row before its end is known. A row without an end whose
//     process is gone was interrupted; an OS lock in the folder beside the file, and
//     nothing that is guessed from process numbers, says whether it is gone.
//   - Several processes may write and read at the same time. The journal is SQLite's
//     rollback journal, not its write-ahead log: that one needs memory that is shared
//     between processes, which folders on the network do not have, and leaves files that
//     a reader without write permission cannot use. Writes are few and small.
//   - The file is open only while something is written or read. An idle process holds no
//     memory for it, and a file that is deleted, replaced or put on another disk in the
//     meantime is used as it is found.
//   - A file that is damaged, or is none of ours, is renamed to history.db.damaged-TIME,
//     with its journal, and another one is begun. Nothing is deleted. A file of a newer
//     version of this program is left as it is, and nothing is written.
//   - Rows are removed by age only: runs after KeepRuns, skips after KeepSkips. A reason
//     that repeats within a day is one row with a count.
//
// What it does not promise: that a run is in it. A disk without room, a file that another
// program holds, or a kill within the first milliseconds can cost a row. Times are those
// of the computer's clock, also when it is wrong; what came later has a higher id.
//
// Texts come from phones. They are bounded and valid UTF-8, and still may hold control
// characters: whoever prints them takes those out.
package history
