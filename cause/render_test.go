package cause

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestShow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value any
		want  string
	}{
		{nil, ""},
		{Bytes(0), "0 bytes"},
		{Bytes(999), "999 bytes"},
		{Bytes(1000), "1 kB"},
		{Bytes(999_960), "1 MB"},
		{Bytes(8_400_000_000), "8.4 GB"},
		{Bytes(62_149_999_999), "62.1 GB"},
		{Bytes(2_000_000_000_000), "2 TB"},
		{Bytes(-5_000_000), "-5 MB"},
		{Bytes(1<<63 - 1), "9.2 EB"},
		{Seconds(0.4), "0.4 s"},
		{Seconds(59.4), "59 s"},
		{Seconds(60), "1 min"},
		{Seconds(998), "16 min 38 s"},
		{Seconds(3 * 3600), "3 h"},
		{Seconds(3*3600 + 300), "3 h 5 min"},
		{Seconds(2*86400 + 4*3600), "2 d 4 h"},
		{Seconds(-1), "0 s"},
		{90 * time.Second, "1 min 30 s"},
		{BitRate(480_000_000), "480 Mbit/s"},
		{BitRate(12_000_000), "12 Mbit/s"},
		{BitRate(10_000_000_000), "10 Gbit/s"},
		{184302, "184,302"},
		{int64(-1234567), "-1,234,567"},
		{uint8(7), "7"},
		{0.5, "0.5"},
		{true, "yes"},
		{[]string{"a", "b"}, "a, b"},
		{[]string{"a", "b", "c", "d", "e"}, "a, b, c and 2 more"},
		{"Anna's\niPhone\x1b[31m\u202e", "Anna's iPhone[31m"},
		{"\xff\xfe", ""},
		{strings.Repeat("x", 10_000), strings.Repeat("x", maxShown-1) + "…"},
	}
	for _, tt := range tests {
		if got := show(tt.value); got != tt.want {
			t.Errorf("show(%T %.20v) = %q, want %q", tt.value, tt.value, got, tt.want)
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	full := New(HostDiskFull, Evidence{"need": Bytes(62_100_000_000), "free": Bytes(8_400_000_000), "short": Bytes(53_700_000_000), "volume": `"Backups"`}, nil)
	if got, want := full.Sentence(), "the backup disk is too full: need 62.1 GB, have 8.4 GB"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := full.Hint("linux"), `free 53.7 GB on "Backups", or set another destination`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	half := New(HostDiskFull, Evidence{"need": Bytes(1)}, nil)
	if got, want := half.Sentence(), "the backup disk is too full for this backup"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := New("no-such-id", nil, nil).Sentence(); !strings.Contains(got, "does not recognise") {
		t.Errorf("an id without a row says %q", got)
	}
}

// TestSpecialSentences holds that a sentence says only what its evidence shows.
func TestSpecialSentences(t *testing.T) {
	t.Parallel()
	file := Evidence{"file": "/etc/c.yaml", "reason": "it is a folder"}
	key := Evidence{"file": "/etc/c.yaml", "reason": "there is no such setting", "key": "webhook"}
	for _, tt := range []struct {
		id   ID
		ev   Evidence
		want string
	}{
		{ConfigInvalid, file, "the settings in /etc/c.yaml cannot be used: it is a folder"},
		{ConfigInvalid, key, "webhook in /etc/c.yaml: there is no such setting"},
		{ConfigInvalid, Evidence{"reason": "nothing is right"}, "nothing is right"},
		{HostDiskFullDuring, Evidence{"received": Bytes(5e9)}, "the backup disk filled up during the backup, after 5 GB; earlier backups are untouched"},
		{HostDiskFullDuring, Evidence{"received": Bytes(5e9), "maxFiles": int64(65536)}, "the backup disk holds as many files as it can (65,536), although it has free space; earlier backups are untouched"},
		{MuxServiceStopped, nil, "the program on this computer that talks to iPhones stopped"},
		{MuxServiceStopped, Evidence{"received": Bytes(5e9)}, "the program on this computer that talks to iPhones stopped during the backup, after 5 GB"},
	} {
		if got := New(tt.id, tt.ev, nil).Sentence(); got != tt.want {
			t.Errorf("%s %v:\n got %q\nwant %q", tt.id, tt.ev, got, tt.want)
		}
	}
	// What a signal ended may be any verb.
	for _, id := range []ID{UserCancelled, HostShutdown} {
		e := New(id, nil, nil)
		if strings.Contains(e.Sentence(), "the backup was") || e.ExitCode() != ExitInterrupted {
			t.Errorf("%s: %s, exit code %d", id, e.Sentence(), e.ExitCode())
		}
	}
}

// TestSecondsInJSON holds that no nanoseconds reach a log.
func TestSecondsInJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(Evidence{"shownFor": Seconds(8.010775751), "waited": Seconds(300)})
	if want := `{"shownFor":8,"waited":300}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

// TestNothingStartsByItself holds that who started a backup by hand is not told to wait for
// one that starts or goes on by itself.
func TestNothingStartsByItself(t *testing.T) {
	t.Parallel()
	by := regexp.MustCompile(`by itself|the backup goes on|the next backup is`)
	for _, r := range All() {
		for _, goos := range []string{"darwin", "windows", "linux"} {
			if s := strings.Join(New(r.ID, Evidence{ByHand: true}, nil).Remedy(goos), " "); r.Severity == Fail && r.ID != RestoreInterrupted && by.MatchString(s) {
				t.Errorf("%s on %s: %s", r.ID, goos, s)
			}
		}
	}
	own := New(HostSoftwareTooOld, Evidence{"ownEngine": true, "program": "Homeport", "iosVersion": "26.2"}, nil)
	if s := own.Sentence() + strings.Join(own.Remedy("linux"), " "); strings.Contains(s, "native") || !strings.Contains(s, "Homeport does not know iOS 26.2") {
		t.Errorf("from the own engine: %s", s)
	}
}

// TestEvidenceIsNoTemplate holds that a phone's name cannot pull other evidence
// into a sentence.
func TestEvidenceIsNoTemplate(t *testing.T) {
	t.Parallel()
	e := New(NoSuchPhone, Evidence{"name": "{phones}{", "phones": []string{"secret"}}, nil)
	if got, want := e.Sentence(), `no iPhone called "{phones}{" is here; there is secret`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRemedyPerSystem(t *testing.T) {
	t.Parallel()
	e := New(MuxServiceNotRunning, nil, nil)
	for goos, want := range map[string]string{"darwin": "Mac", "windows": "Apple Devices", "linux": "usbmuxd", "freebsd": "usbmuxd"} {
		if got := strings.Join(e.Remedy(goos), " "); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", goos, got, want)
		}
	}
	same := New(DeviceLocked, nil, nil)
	if !slices.Equal(same.Remedy("darwin"), same.Remedy("linux")) {
		t.Error("one list should hold for all systems")
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  *Error
		want int
	}{
		{New(HostDiskFull, nil, nil), 3},
		{New(HostDiskFullDuring, nil, nil), 4},
		{New(VersionDamaged, nil, nil), 5},
		{New(SyncLockHeld, nil, nil), 6},
		{New(NoSuchVersion, nil, nil), 7},
		{New(DeviceLocked, nil, nil), 3},
		{New(DeviceLocked, Evidence{"waited": Seconds(600)}, nil), 8},
		{New(HostDiskFull, Evidence{"waited": Seconds(600)}, nil), 3},
		{New(PasscodePromptUnanswered, nil, nil), 4},
		{New(PasscodePromptUnanswered, Evidence{"waited": Seconds(180)}, nil), 8},
		{New(ConfigInvalid, nil, nil), 2},
		{New(Unknown, nil, nil), 1},
		{New(EncryptionOff, nil, nil), 1},
		{New("no-such-id", nil, nil), 1},
	}
	for _, tt := range tests {
		if got := tt.err.ExitCode(); got != tt.want {
			t.Errorf("%s %v: exit code %d, want %d", tt.err.ID, tt.err.Evidence, got, tt.want)
		}
	}
}

func TestRetryString(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		retry Retry
		want  string
	}{
		{Retry{On: Never}, "never"},
		{Retry{On: Auto}, "auto"},
		{Retry{On: Auto, Tries: 1}, "auto-once"},
		{Retry{On: Auto, Tries: 2}, "auto-twice"},
		{Retry{On: Auto, Tries: 3}, "auto-3-times"},
		{Retry{On: OnUnlock, Tries: 1, Pause: time.Hour}, "on-unlock-once"},
		{Retry{On: Auto, Full: true}, "auto-full"},
	} {
		if got := tt.retry.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if b, err := json.Marshal(tt.retry); err != nil || string(b) != `"`+tt.want+`"` {
			t.Errorf("JSON %s, %v", b, err)
		}
	}
}

func TestErrorChain(t *testing.T) {
	t.Parallel()
	seen := errors.New("write x: no space left on device")
	inner := New(HostDiskFullDuring, Evidence{"free": Bytes(5)}, seen)
	wrapped := fmt.Errorf("receive file: %w", inner)
	if id, ok := Of(wrapped); id != HostDiskFullDuring || !ok {
		t.Errorf("Of = %s, %v", id, ok)
	}
	if From(wrapped) != inner || !errors.Is(wrapped, seen) {
		t.Error("the chain is broken")
	}
	outer := New(DeviceDisconnected, nil, wrapped)
	if id, _ := Of(outer); id != DeviceDisconnected {
		t.Errorf("the outermost cause should win, got %s", id)
	}
	if id, ok := Of(seen); id != Unknown || ok {
		t.Errorf("Of(plain) = %s, %v", id, ok)
	}
	if e := From(seen); e.ID != Unknown || !errors.Is(e, seen) {
		t.Errorf("From(plain) = %v", e)
	}
	if From(nil) != nil {
		t.Error("From(nil) should be nil")
	}
	if got := New(NoPhone, nil, nil).Error(); got != "no-phone" {
		t.Errorf("an error without a seen error says %q", got)
	}
}
