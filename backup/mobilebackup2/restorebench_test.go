package mobilebackup2

import (
	"os"
	"os/exec"
	"slices"
	"testing"

	"homeport/simulator"
)

// BenchmarkRestore compares the engine, hashing what it sends, with idevicebackup2,
// which does not, on the same version and the same simulated phone, which compares
// every byte; through usbmuxd, lockdown and TLS.
func BenchmarkRestore(b *testing.B) {
	tool, err := exec.LookPath("idevicebackup2")
	if err != nil {
		b.Skip(err)
	}
	for _, c := range []struct {
		name string
		spec simulator.PhoneSpec
	}{
		{"large", simulator.PhoneSpec{Seed: 1, Profile: "large", Files: 16, Bytes: 512 << 20}},
		{"small", simulator.PhoneSpec{Seed: 1, Profile: "small", Files: 10000, Bytes: 80 << 20}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newStack(b, c.spec)
			job := s.job(b)
			if _, err := New(testOptions()).Backup(b.Context(), job, nil); err != nil {
				b.Fatal(err)
			}
			restore := restoreJob(b, job.Dir, s.phone)
			engines := []struct {
				name string
				run  func() error
			}{
				{"native", func() error {
					_, err := New(testOptions()).Restore(b.Context(), restore, nil)
					return err
				}},
				{"tool", func() error {
					cmd := exec.CommandContext(b.Context(), tool, "-u", testUDID, "restore", job.Dir)
					cmd.Env = append(os.Environ(), "USBMUXD_SOCKET_ADDRESS="+s.sim.Addr())
					return cmd.Run()
				}},
			}
			for b.Loop() {
				slices.Reverse(engines)
				for _, e := range engines {
					took := timed(func() {
						if err := e.run(); err != nil || !s.device.RestoredOK() {
							b.Fatalf("%s: %v", e.name, err)
						}
					})
					b.ReportMetric(float64(s.device.Agent().Stats().Restore.Bytes)/1e6/took.Seconds(), e.name+"-MB/s")
				}
			}
		})
	}
}
