package agent

import (
	"context"
	"errors"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/usbmux"
)

// pulled has the phone leave in the middle of a backup.
func pulled(s *stage) {
	s.engine.holds(0)
	l := s.attach()
	s.engine.says(backup.Progress{Phase: backup.PhaseReceiving, Bytes: 1000, Percent: 3})
	s.pass(time.Minute)
	s.detach(l)
}

// TestUpdateExplainsABreak has the phone restart for an update in the middle of a backup.
func TestUpdateExplainsABreak(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version string
		after   time.Duration
		told    int
	}{
		"another iOS":            {"18.6", 10 * time.Minute, 1},
		"the same iOS":           {"18.5", 10 * time.Minute, 0},
		"another, long after it": {"18.6", 25 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				pulled(s)
				s.pass(c.after)
				s.phone.set(func() { s.phone.version = c.version })
				s.engine.fails(cause.DeviceBusy)
				s.attach()
				s.pass(time.Minute)
				notes := s.diary.all(Note)
				if len(notes) != c.told || c.told > 0 && (notes[0].Cause != cause.IOSUpdatePending || notes[0].Error.Evidence["iosVersion"] != "18.6") {
					t.Errorf("noted %+v", notes)
				}
				if n := len(s.tries()); n != 2 {
					t.Errorf("%d tries", n)
				}
			})
		})
	}
}

// TestModeExplainsABreak has the phone turn up on the bus in recovery mode.
func TestModeExplainsABreak(t *testing.T) {
	t.Parallel()
	ours := usbmux.HostDevice{Serial: "CPID:8120 ECID:000A1B2C3D4E5F60", Mode: usbmux.ModeRecovery}
	other := usbmux.HostDevice{Serial: "CPID:8120 ECID:00FFFFFFFFFFFFFF", Mode: usbmux.ModeRecovery}
	for name, c := range map[string]struct {
		device  usbmux.HostDevice
		after   time.Duration // since it left
		failed  cause.ID
		noted   int
		plugged bool // it is in normal mode again before
	}{
		"at once":           {ours, 0, cause.DeviceModeChanged, 0, false},
		"after some time":   {ours, 20 * time.Second, cause.DeviceDisconnected, 1, false},
		"after it was back": {ours, 20 * time.Second, cause.DeviceDisconnected, 0, true},
		"too late":          {ours, 5 * time.Minute, cause.DeviceDisconnected, 0, false},
		"another phone":     {other, 0, cause.DeviceDisconnected, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				left := s.begun.Add(time.Minute)
				s.agent.opts.Devices = func(context.Context) ([]usbmux.HostDevice, error) {
					if time.Since(left) < c.after {
						return nil, nil
					}
					return []usbmux.HostDevice{c.device}, nil
				}
				pulled(s)
				s.pass(10 * time.Second)
				if c.plugged {
					s.attach()
				}
				s.pass(10 * time.Minute)
				failed, notes := s.diary.all(Failed), s.diary.all(Note)
				if len(failed) != 1 || failed[0].Cause != c.failed || len(notes) != c.noted {
					t.Fatalf("told %+v, noted %+v", failed, notes)
				}
				if c.noted > 0 && notes[0].Cause != cause.DeviceModeChanged {
					t.Errorf("noted %+v", notes[0])
				}
			})
		})
	}
}

// TestSamePlaceTwice has a backup stop where the one before did: there is no third by
// itself.
func TestSamePlaceTwice(t *testing.T) {
	t.Parallel()
	const app = "/.ba/AppDomain-com.example.game/Documents/save.db"
	at := func(id cause.ID, file string, percent int) error {
		ev := cause.Evidence{"received": cause.Bytes(5), "code": int64(4)}
		if file != "" {
			ev["lastFile"] = file
		}
		if percent > 0 {
			ev["percent"] = percent
		}
		return cause.New(id, ev, errors.New("stopped"))
	}
	const internal = cause.DeviceInternalError
	for name, c := range map[string]struct {
		ends []error
		want []cause.ID // of all tries in a day
		app  any
	}{
		"in the same file":     {[]error{at(internal, app, 40), at(internal, app, 44)}, []cause.ID{internal, cause.AppDataBlocksBackup}, "com.example.game"},
		"in another file":      {[]error{at(internal, app, 40), at(internal, app+"x", 40)}, []cause.ID{internal, internal, internal}, nil},
		"at the same percent":  {[]error{at(internal, "", 40), at(internal, "", 41)}, []cause.ID{internal, cause.AppDataBlocksBackup}, nil},
		"at another percent":   {[]error{at(internal, "", 40), at(internal, "", 55)}, []cause.ID{internal, internal, internal}, nil},
		"nobody knows where":   {[]error{at(internal, "", 0), at(internal, "", 0)}, []cause.ID{internal, internal, internal}, nil},
		"for another reason":   {[]error{at(internal, app, 40), at(cause.TransferStalled, app, 40)}, []cause.ID{internal, cause.TransferStalled}, nil},
		"a cut twice is a cut": {[]error{at(cause.MuxConnectFailed, app, 40), at(cause.MuxConnectFailed, app, 40)}, []cause.ID{cause.MuxConnectFailed, cause.MuxConnectFailed, cause.MuxConnectFailed, cause.MuxConnectFailed}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				n := 0
				s.engine.does(func(context.Context) error {
					time.Sleep(time.Second) // the bubble's clock
					n++
					return c.ends[(n-1)%len(c.ends)]
				})
				s.attach()
				s.pass(20 * time.Hour)
				var got []cause.ID
				failed := s.diary.all(Failed)
				for _, e := range failed {
					got = append(got, e.Cause)
				}
				if len(got) < len(c.want) || got[1] != c.want[1] || c.want[1] == cause.AppDataBlocksBackup && len(got) != 2 {
					t.Errorf("told %v, want %v", got, c.want)
				}
				if last := failed[1]; last.Error.Evidence["app"] != c.app {
					t.Errorf("app %v", last.Error.Evidence["app"])
				}
			})
		})
	}
}
