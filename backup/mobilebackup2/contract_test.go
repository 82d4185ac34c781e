package mobilebackup2

import (
	"testing"

	"homeport/backup"
	"homeport/backup/backuptest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	backuptest.Run(t, backuptest.Traits{Name: "native"}, func(testing.TB, string) backup.Engine { return New(testOptions()) })
}
