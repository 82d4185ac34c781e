package idevicebackup2

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("HOMEPORT_TEST_ALONE"); dir != "" {
		playAlone(dir)
		return
	}
	goleak.VerifyTestMain(m)
}
