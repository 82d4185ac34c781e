package simulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// queryBytes is what one QueryType and its answer take on the wire.
func queryBytes(t *testing.T) int64 {
	s, phone := start(t, PhoneSpec{})
	connect(t, s, lockdownPort).ask(map[string]any{"Request": "QueryType"})
	return phone.Traffic(ChannelLockdown).Total()
}

func TestCutAtEveryKindOfPlace(t *testing.T) {
	t.Parallel()
	whole := queryBytes(t)
	for _, kind := range []CutKind{FIN, RST, Detached} {
		for _, at := range []int64{0, 1, whole / 3, whole - 1, whole} {
			t.Run(fmt.Sprint(kind, at), func(t *testing.T) {
				t.Parallel()
				s, phone := start(t, PhoneSpec{})
				played := phone.Play(CutAfter{Channel: ChannelLockdown, Bytes: at, Kind: kind})[0]
				c := connect(t, s, lockdownPort)
				writeErr := writePlist(c, map[string]any{"Request": "QueryType"})
				got, err := io.ReadAll(c)
				if reset := errors.Is(errors.Join(err, writeErr), syscall.ECONNRESET); kind == RST && !reset || kind == FIN && err != nil {
					t.Errorf("the connection ended with %v", err)
				}
				if !played.Fired() {
					t.Error("not fired")
				}
				traffic := phone.Traffic(ChannelLockdown)
				if traffic.Total() != at {
					t.Errorf("%d bytes passed, want %d", traffic.Total(), at)
				}
				if kind == FIN && int64(len(got)) != traffic.Out {
					t.Errorf("host got %d bytes, phone sent %d", len(got), traffic.Out)
				}
				if phone.Attached() == (kind == Detached) {
					t.Errorf("attached: %v", phone.Attached())
				}
			})
		}
	}
}

func TestCutOnTheMuxChannel(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{})
	s.Play(CutAfter{Channel: ChannelMux, Bytes: 20, Kind: FIN})
	c := dial(t, s)
	frame, err := muxFrame(map[string]any{"MessageType": "ListDevices"}, 1)
	must(t, err)
	_, err = c.Write(frame)
	must(t, err)
	if got, err := io.ReadAll(c); len(got) != 0 || err != nil {
		t.Errorf("got %q %v", got, err)
	}
	cut := s.Play(CutAfter{Channel: ChannelMux, Bytes: 1, Kind: Detached})[0]
	dial(t, s).mux(map[string]any{"MessageType": "ReadBUID"})
	if !cut.Fired() || phone.Attached() {
		t.Errorf("fired %v, attached %v", cut.Fired(), phone.Attached())
	}
}

func TestDetachEndsEveryTunnel(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	a, b := open(t, s, serviceNotify), open(t, s, serviceAFC)
	phone.Detach()
	for _, c := range []*client{a, b} {
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Error("a tunnel outlived the cable")
		}
	}
	phone.Attach()
	open(t, s, serviceAFC)
}

func TestStallAndSlow(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{})
	stall := phone.Play(Stall{Channel: ChannelLockdown, Bytes: 10})[0]
	c := connect(t, s, lockdownPort)
	must(t, writePlist(c, map[string]any{"Request": "QueryType"}))
	<-stall.Done()
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, errTimeout(err)) {
		t.Fatalf("a stalled phone answered: %d %v", n, err)
	}
	if n := phone.Traffic(ChannelLockdown).Total(); n != 10 {
		t.Errorf("stalled after %d bytes", n)
	}
	stall.Cancel()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := readPlist(c); err != nil {
		t.Errorf("after the stall: %v", err)
	}
	before := phone.Traffic(ChannelLockdown).Total()
	phone.Play(SlowLink{Channel: ChannelAny, BytesPerSecond: 2000})
	began := time.Now()
	c.ask(map[string]any{"Request": "QueryType"})
	passed := phone.Traffic(ChannelLockdown).Total() - before
	if took, least := time.Since(began), time.Duration(passed-100)*time.Second/2000; took < least {
		t.Errorf("%d bytes at 2000 a second took %v, want at least %v", passed, took, least)
	}
}

// errTimeout answers err itself when it is a timeout.
func errTimeout(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return err
	}
	return errors.New("not a timeout")
}

func TestSplitBytesUnderTLS(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	phone.Play(SplitBytes{Channel: ChannelAny})
	c := open(t, s, serviceAFC)
	if op, _ := c.afc(opReadDir, path0("/"), nil); op != opData {
		t.Errorf("operation %#x", op)
	}
}

func TestUnfiredFaultsAreNamed(t *testing.T) {
	t.Parallel()
	s, err := Start(Config{Phones: []PhoneSpec{{UDID: testUDID}}})
	must(t, err)
	phone := s.Phone(strings.ToLower(strings.ReplaceAll(testUDID, "-", "")))
	phone.Play(CutAfter{Channel: ChannelBackup, Bytes: 5, Kind: RST}, LockdownError{Request: "Pair", Code: "ServiceLimit"})
	phone.Play(SyncLockHeld{})[0].Cancel()
	s.Play(BadListEntry{})
	if got := s.Unfired(); len(got) != 3 {
		t.Errorf("unfired: %q", got)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "cut backup 5 rst") {
		t.Errorf("close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

// TestCutsInABackup cuts backups at places spread over all the bytes of a run and lets each next run finish.
func TestCutsInABackup(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, Files: 100, Bytes: 1 << 20})
	run := func(host *discardHost) (uint64, error) {
		host.attach(open(t, s, serviceBackup))
		return host.backup(testUDID)
	}
	host := newDiscardHost(nil)
	if code, err := run(host); code != 0 || err != nil {
		t.Fatalf("first backup: %d %v", code, err)
	}
	whole := phone.Traffic(ChannelBackup).Total()
	for i, kind := range []CutKind{FIN, RST, Detached, FIN, RST, Detached} {
		host := newDiscardHost(nil)
		at := whole * int64(i+1) / 8
		phone.Play(CutAfter{Channel: ChannelBackup, Bytes: at, Kind: kind})
		began := time.Now()
		if code, err := run(host); err == nil {
			t.Fatalf("cut %s at %d of %d: the backup ended with code %d", kind, at, whole, code)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("cut %s at %d: noticed after %v", kind, at, took)
		}
		phone.Attach()
		if code, err := run(host); code != 0 || err != nil {
			t.Fatalf("after cut %s at %d: %d %v", kind, at, code, err)
		}
	}
}

func TestPasscodeSheet(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, Locked: true, Files: 20, Bytes: 1 << 16, Passcode: Passcode{Mode: PasscodeManual}})
	result := make(chan uint64, 1)
	begin := func() {
		host := newDiscardHost(open(t, s, serviceBackup))
		go func() {
			code, _ := host.backup(testUDID)
			result <- code
		}()
		eventually(t, "the sheet is up", phone.SheetUp)
	}
	begin()
	if !phone.RefusePasscode() {
		t.Error("no sheet to refuse")
	}
	if code := <-result; code != 208 {
		t.Errorf("refused: %d", code)
	}
	if phone.EnterPasscode() {
		t.Error("a sheet is up after the end")
	}
	begin()
	if !phone.Locked() {
		t.Error("unlocked before the passcode")
	}
	phone.EnterPasscode()
	if code := <-result; code != 0 {
		t.Errorf("entered: %d", code)
	}
	if phone.Locked() {
		t.Error("still locked after the passcode")
	}
	for mode, want := range map[PasscodeMode]uint64{PasscodeTimeout: 208, PasscodeNone: 0, PasscodeEnter: 0} {
		phone.SetPasscode(Passcode{Mode: mode, Delay: time.Millisecond})
		if code, err := newDiscardHost(open(t, s, serviceBackup)).backup(testUDID); code != want || err != nil {
			t.Errorf("%s: %d %v, want %d", mode, code, err, want)
		}
	}
}

func TestStallThatEnds(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{})
	stall := phone.Play(Stall{Channel: ChannelLockdown, For: 60 * time.Millisecond})[0]
	began := time.Now() // the phone may hold still as soon as it is connected
	c := connect(t, s, lockdownPort)
	c.ask(map[string]any{"Request": "QueryType"})
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
	<-stall.Done()
	stall = phone.Play(Stall{Channel: ChannelLockdown})[0]
	must(t, writePlist(c, map[string]any{"Request": "QueryType"}))
	<-stall.Done()
	phone.Detach() // ends a stall that would last for ever
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("answered through a stall")
	}
}

func TestResponseAtTheNthStage(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}, Files: 400, Bytes: 1 << 16})
	for _, each := range []struct {
		stage string
		nth   int
		code  int
	}{{"request", 0, 22}, {"batch", 3, 103}, {"moving", 0, 105}, {"end", 1, 205}} {
		fault := phone.Play(BackupResponse{Stage: each.stage, Code: each.code, Nth: each.nth})[0]
		code, err := newDiscardHost(open(t, s, serviceBackup)).backup(testUDID)
		if code != uint64(each.code) || err != nil || !fault.Fired() {
			t.Errorf("%v: code %d, %v", fault, code, err)
		}
	}
	if phone.Counts().Backups != 0 {
		t.Error("a backup that ended with a code counts as finished")
	}
}
