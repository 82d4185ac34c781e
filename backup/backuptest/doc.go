// Package backuptest is the contract of backup.Engine as a suite of tests, which
// every engine passes against the simulator, through real sockets, lockdown and
// TLS:
//
//	func TestContract(t *testing.T) {
//		backuptest.Run(t, backuptest.Traits{}, func(t testing.TB, mux string) backup.Engine {
//			return mine.New(mine.Options{Mux: mux})
//		})
//	}
//
// The cases are stories: a phone is there, a backup is made, something happens on
// the phone, the next backup is made. What is in the folder is held against what
// is on the phone, byte for byte, and not against what the engine says. The
// deadlines of the engine are for the maker to shorten; no case waits for one of
// more than a few seconds. A case that the computer cannot play (a full disk needs
// root) is skipped in plain sight.
//
// Compare makes the same backups with two engines, each from its own phone with
// the same seed, and wants the same folders.
package backuptest
