//go:build !windows

package idevicebackup2

import (
	"os"
	"os/exec"
	"testing"

	"homeport/simulator"
)

// BenchmarkBackup holds the engine, with its relay and its looking after, against
// the bare tool.
func BenchmarkBackup(b *testing.B) {
	const size = 256 << 20
	spec := simulator.PhoneSpec{Seed: 1, Files: 200, Bytes: size, Passcode: simulator.Passcode{Mode: simulator.PasscodeNone}}
	b.Run("bare", func(b *testing.B) {
		s := newStack(b, spec, Options{})
		tool := installed(b)
		b.SetBytes(size)
		for b.Loop() {
			cmd := exec.Command(tool.Path, "-u", testUDID, "backup", b.TempDir())
			cmd.Env = append(os.Environ(), "USBMUXD_SOCKET_ADDRESS="+s.sim.Addr())
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
	})
	b.Run("engine", func(b *testing.B) {
		s := newStack(b, spec, Options{})
		b.SetBytes(size)
		for b.Loop() {
			if _, err := s.engine.Backup(b.Context(), s.job(b.TempDir()), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
