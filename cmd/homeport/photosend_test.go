//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/simulator"
)

// TestPhotosEnd stops a copy in mid-photo, by the cable and by Ctrl-C: it ends
// soon, with the cause, and the folder holds whole photos only.
func TestPhotosEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end  func(*simulator.Phone, *os.Process) error
		code int
		says string
	}{
		"unplugged": {func(p *simulator.Phone, _ *os.Process) error { p.Detach(); return nil }, 4, "the connection to the iPhone broke"},
		"Ctrl-C":    {func(_ *simulator.Phone, p *os.Process) error { return p.Signal(syscall.SIGINT) }, 130, "stopped, as asked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
				UDID: signalUDID, Files: 10, Bytes: 1000, Trust: simulator.Trust{Mode: simulator.TrustPaired}, Photos: simulator.Photos{Count: 8, Size: 1 << 20},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			defer sim.Close()
			phone, dir := sim.Phone(signalUDID), filepath.Join(t.TempDir(), "photos")
			held := phone.Play(simulator.Stall{Channel: simulator.ChannelAFC, Bytes: 5 << 20})[0]
			var out, errs bytes.Buffer
			run := command(t, sim.Addr(), "photos", signalUDID, dir)
			run.Stdout, run.Stderr = &out, &errs
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-held.Done():
			case <-t.Context().Done():
			}
			began := time.Now()
			if err := tc.end(phone, run.Process); err != nil {
				t.Fatal(err)
			}
			_ = run.Wait()
			if took := time.Since(began); took > signalLimit {
				t.Errorf("ended after %v", took)
			}
			if got := run.ProcessState.ExitCode(); got != tc.code || !strings.Contains(errs.String(), tc.says) || !strings.Contains(out.String(), "that is kept") {
				t.Errorf("exit %d\n%s\n%s", got, out.String(), errs.String())
			}
			held.Cancel()
			files, err := filepath.Glob(filepath.Join(dir, "2024/2024-01/*"))
			if err != nil || len(files) == 0 || len(files) > 7 {
				t.Errorf("%d files, %v", len(files), err)
			}
			for _, file := range files {
				got, err := os.ReadFile(file)
				if want, _ := phone.MediaFile("/DCIM/100APPLE/" + filepath.Base(file)); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes of %d, %v", file, len(got), len(want), err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "2024/2024-01/.*")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
