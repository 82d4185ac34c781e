// Package backupagent is the phone's side of MobileBackup2.
package backupagent
