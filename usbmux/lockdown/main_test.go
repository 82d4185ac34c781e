package lockdown

import (
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"homeport/usbmux"
)

func TestMain(m *testing.M) {
	usbmux.SetLogger(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m, goleak.Cleanup(os.Exit))
}
