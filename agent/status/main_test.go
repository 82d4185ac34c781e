package status

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"homeport/agent/history"
	"homeport/cause"
)

func TestMain(m *testing.M) {
	if os.Getenv(strangerEnv) != "" {
		os.Exit(beStranger(os.Getenv(strangerEnv)))
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/Microsoft/go-winio.ioCompletionProcessor")) // one for all pipes, for ever
}

const (
	annaUDID = "00008120-000A1B2C3D4E5F60"
	waitMost = 10 * time.Second
)

// stage is a server with an agent behind it that only counts what it is asked for.
type stage struct {
	server *Server
	dir    string // the state folder

	shown, started, cancelled, reloaded, asked atomic.Int64
	started1                                   atomic.Pointer[StartRequest]
	faults                                     chan error
}

// newStage prepares a server that is closed with the test.
func newStage(t *testing.T) *stage {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp") // a socket's path is short
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	st := &stage{dir: dir, faults: make(chan error, 1024)}
	st.server = NewServer(st.options())
	t.Cleanup(func() { must(t, st.server.Close()) })
	return st
}

func (st *stage) options() Options {
	return Options{
		Keep: st.dir,
		Snapshot: func(context.Context) Snapshot {
			st.shown.Add(1)
			return example()
		},
		Start: func(_ context.Context, r StartRequest) (Phone, error) {
			st.started.Add(1)
			st.started1.Store(&r)
			if r.Phone != annaUDID {
				return Phone{}, noSuchPhone(r.Phone, example().Phones)
			}
			return example().Phones[0], nil
		},
		Cancel: func(_ context.Context, udid string) (Phone, error) {
			st.cancelled.Add(1)
			if !SameUDID(udid, annaUDID) {
				return Phone{}, ErrNothingRuns
			}
			return example().Phones[0], nil
		},
		Reload: func(context.Context) Reloaded {
			st.reloaded.Add(1)
			return Reloaded{Message: "the settings stay as they were", Errors: []Failure{NewFailure(cause.New(cause.ConfigInvalid, nil, fmt.Errorf("x")))}}
		},
		Runs: func(_ context.Context, f history.Filter) ([]history.Run, error) {
			st.asked.Add(1)
			return []history.Run{{ID: 7, UDID: annaUDID, Started: moment, Ended: moment.Add(time.Minute), Seconds: 60, Outcome: history.Failed,
				Cause: f.Cause, Phases: []history.Phase{{Phase: "receiving", Seconds: 50}}, Evidence: cause.Evidence{"percent": 43},
				Findings: []history.Finding{{Check: "encryption", Status: "info", Cause: cause.EncryptionOff, Sentence: "encryption is off"}}}}, nil
		},
		Log: func(context.Context, LogQuery) ([]LogLine, error) {
			st.asked.Add(1)
			return []LogLine{LogLine(`{"ts":"2026-11-25T10:15:03Z","level":"info","msg":"plugged","udid":"` + annaUDID + `"}`)}, nil
		},
		Fault: func(err error) {
			select {
			case st.faults <- err:
			default:
			}
		},
	}
}

// acts is what the agent was asked to do so far, of whatever kind.
func (st *stage) acts() int64 {
	return st.shown.Load() + st.started.Load() + st.cancelled.Load() + st.reloaded.Load() + st.asked.Load()
}

// control serves the control socket.
func (st *stage) control(t *testing.T) {
	t.Helper()
	l, err := Listen(st.dir, st.options().Fault)
	must(t, err)
	must(t, st.server.Serve(l))
}

// dialControl connects to it.
func (st *stage) dialControl(t *testing.T) net.Conn {
	t.Helper()
	c, err := Dial(t.Context(), st.dir)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

var moment = time.Date(2026, 11, 25, 10, 15, 3, 0, time.UTC)

// example has every field of the API filled.
func example() Snapshot {
	at := moment
	later := moment.Add(8 * time.Hour)
	bad := &Trouble{Cause: cause.HostDiskFull, Message: "the backup disk is too full", Remedy: []string{"Free 53.7 GB."}, Evidence: cause.Evidence{"need": cause.Bytes(62_100_000_000)}, At: &at}
	return Snapshot{
		Program: "homeport", Version: "1.2.3", Started: moment, Now: later,
		Usbmuxd:      Usbmuxd{There: true, Address: "/var/run/usbmuxd", Error: bad},
		Destinations: []Destination{{Path: "/backups", There: true, Asked: true, Free: 1, Total: 2, Used: 1, Error: bad}},
		Phones: []Phone{{
			UDID: annaUDID, Name: "Anna's iPhone", Model: "iPhone 14 Pro", ProductType: "iPhone15,2", IOSVersion: "18.5", Connection: "USB",
			Speed: 480_000_000, Plugged: true, State: BackingUp, Message: "backing up, 43 %", Note: "x", LastGood: &at, LastVersion: "v", NextDue: &later, Seen: &at,
			Run: &Run{Version: "20261125T101503Z-0012", Phase: "receiving", Percent: 43, Bytes: 21, Files: 7, Speed: 38e6, Left: 540, Started: moment,
				Full: true, WaitingFor: cause.PasscodePromptUnanswered, Todo: "enter the passcode", Steps: []string{"Enter it."}},
			Trouble:    bad,
			Findings:   []Finding{{Check: "encryption", Group: "phone", Status: "info", Needs: "trust", Cause: cause.EncryptionOff, Sentence: "encryption is off", Remedy: []string{"Switch it on."}, Evidence: cause.Evidence{"x": 1}}},
			FindingsAt: &at,
			Versions: []Version{{ID: "20261124T101503Z-0011", Finished: moment, Files: 2, Bytes: 3, NewBytes: 1, Seconds: 9, Full: true, Engine: "native",
				Encrypted: true, Proof: "structure", Verified: &at, Pinned: true, Damaged: "x", Path: "/backups/x"}},
			Destination: "/backups", Engine: "auto",
		}},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitMost)
	defer cancel()
	for !so() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
