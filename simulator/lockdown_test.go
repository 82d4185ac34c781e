package simulator

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

func TestLockdownWithoutTrust(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{})
	c := connect(t, s, lockdownPort)
	if got := c.ask(map[string]any{"Request": "QueryType"}); got["Type"] != "com.apple.mobile.lockdown" || got["Request"] != "QueryType" {
		t.Errorf("QueryType: %v", got)
	}
	if got := c.ask(map[string]any{"Request": "GetValue", "Key": "ProductVersion"}); got["Value"] != "18.5" {
		t.Errorf("ProductVersion: %v", got)
	}
	root, _ := c.ask(map[string]any{"Request": "GetValue"})["Value"].(map[string]any)
	if root["UniqueDeviceID"] != testUDID || root["SerialNumber"] != nil {
		t.Errorf("the public part: %v", root)
	}
	for want, request := range map[string]map[string]any{
		"GetProhibited":    {"Request": "GetValue", "Domain": "com.apple.mobile.battery"},
		"MissingValue":     {"Request": "GetValue", "Key": "Nonsense"},
		"SetProhibited":    {"Request": "SetValue", "Key": "DeviceName", "Value": "x"},
		"RemoveProhibited": {"Request": "RemoveValue", "Key": "DeviceName"},
		"InvalidHostID":    {"Request": "StartService", "Service": serviceAFC},
		"MissingService":   {"Request": "StartService"},
		"MissingHostID":    {"Request": "StartSession"},
		"SessionInactive":  {"Request": "StopSession"},
		"InvalidResponse":  {"Request": "Nonsense"},
		"":                 {"Request": "SetValue", "Key": "UntrustedHostBUID", "Value": "x"},
	} {
		if got := c.askError(request); got != want {
			t.Errorf("%v: %q, want %q", request, got, want)
		}
	}
	if got := c.askError(map[string]any{"Request": "GetValue", "Key": "SerialNumber"}); got != "GetProhibited" {
		t.Errorf("SerialNumber: %q", got)
	}
}

func TestSessionAndBack(t *testing.T) {
	t.Parallel()
	for _, with := range []string{"Root", "Host"} {
		t.Run(with, func(t *testing.T) {
			t.Parallel()
			s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
			phone.SetValue("com.apple.mobile.battery", "BatteryCurrentCapacity", 12)
			plain, keys := connect(t, s, lockdownPort), record(t, s)
			reply := plain.ask(map[string]any{"Request": "StartSession", "HostID": keys["HostID"]})
			secure := plain.secure(keys, with)
			if got := secure.ask(map[string]any{"Request": "GetValue", "Domain": "com.apple.mobile.battery", "Key": "BatteryCurrentCapacity"}); got["Value"] != uint64(12) {
				t.Errorf("battery: %v", got)
			}
			for want, request := range map[string]map[string]any{
				"SessionActive":    {"Request": "StartSession", "HostID": keys["HostID"]},
				"InvalidSessionID": {"Request": "StopSession", "SessionID": "x"},
				"MissingSessionID": {"Request": "StopSession"},
				"InvalidService":   {"Request": "StartService", "Service": "com.example.none"},
				"ImmutableValue":   {"Request": "SetValue", "Key": "ProductVersion", "Value": "1.0"},
				"MissingKey":       {"Request": "SetValue", "Value": "1.0"},
				"MissingValue":     {"Request": "GetValue", "Domain": "com.example.none"},
			} {
				if got := secure.askError(request); got != want {
					t.Errorf("%v: %q, want %q", request, got, want)
				}
			}
			if got := secure.askError(map[string]any{"Request": "StopSession", "SessionID": reply["SessionID"]}); got != "" {
				t.Fatalf("stop session: %s", got)
			}
			must(t, secure.Conn.(*tls.Conn).CloseWrite())
			if got := plain.askPlain(secure, map[string]any{"Request": "QueryType"}); got["Type"] == nil {
				t.Errorf("in plaintext again: %v", got)
			}
			if phone.Counts().Sessions != 1 || phone.Counts().Handshake != 1 {
				t.Errorf("counts: %+v", phone.Counts())
			}
		})
	}
}

// askPlain reads the phone's close_notify through TLS, then goes on below it.
func (c *client) askPlain(secure *client, dict map[string]any) map[string]any {
	c.t.Helper()
	if n, _ := secure.Read(make([]byte, 1)); n != 0 {
		c.t.Error("a byte behind StopSession's answer")
	}
	_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // crypto/tls has set one in the past
	return c.ask(dict)
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	keys := record(t, s)
	c := connect(t, s, lockdownPort)
	c.ask(map[string]any{"Request": "StartSession", "HostID": keys["HostID"]})
	key, err := poolKey(0)
	must(t, err)
	der, err := selfSigned(key)
	must(t, err)
	over := tls.Client(c.Conn, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, InsecureSkipVerify: true,
	})
	if err := over.Handshake(); err == nil { // TLS 1.3 tells the client only afterwards
		if _, err := over.Read(make([]byte, 1)); err == nil {
			t.Error("a stranger's certificate was taken")
		}
	}
	if phone.Counts().Handshake != 0 {
		t.Error("a stranger's handshake counted as good")
	}
	phone.Forget()
	if got := connect(t, s, lockdownPort).askError(map[string]any{"Request": "StartSession", "HostID": keys["HostID"]}); got != "InvalidHostID" {
		t.Errorf("after Forget: %q", got)
	}
}

func TestImpostor(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	phone.SetImpostor(true)
	keys := record(t, s)
	c := connect(t, s, lockdownPort)
	c.ask(map[string]any{"Request": "StartSession", "HostID": keys["HostID"]})
	pair, err := tls.X509KeyPair(blob(keys, "HostCertificate"), blob(keys, "HostPrivateKey"))
	must(t, err)
	over := tls.Client(c.Conn, &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true})
	must(t, over.Handshake())
	want, err := certificateDER(blob(keys, "DeviceCertificate"))
	must(t, err)
	if string(over.ConnectionState().PeerCertificates[0].Raw) == string(want) {
		t.Error("an impostor shows the paired certificate")
	}
}

func TestPairing(t *testing.T) {
	t.Parallel()
	other, _ := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	request := map[string]any{"Request": "Pair", "PairRecord": record(t, other)} // for the same seed, so for the same key
	for name, each := range map[string]struct {
		spec PhoneSpec
		act  func(*Phone)
		want []string
	}{
		"asked and trusted":  {PhoneSpec{}, (*Phone).Trust, []string{"PairingDialogResponsePending", ""}},
		"asked and refused":  {PhoneSpec{}, (*Phone).Refuse, []string{"PairingDialogResponsePending", "UserDeniedPairing", "UserDeniedPairing"}},
		"replugged":          {PhoneSpec{}, func(p *Phone) { p.Refuse(); p.Detach(); p.Attach() }, []string{"PairingDialogResponsePending", "PairingDialogResponsePending"}},
		"after two polls":    {PhoneSpec{Trust: Trust{Mode: TrustAuto, Polls: 2}}, nil, []string{"PairingDialogResponsePending", "PairingDialogResponsePending", "", ""}},
		"refuses by itself":  {PhoneSpec{Trust: Trust{Mode: TrustRefuse}}, nil, []string{"UserDeniedPairing"}},
		"locked":             {PhoneSpec{Locked: true, Trust: Trust{Mode: TrustAuto}}, (*Phone).Unlock, []string{"PasswordProtected", ""}},
		"an organisation's":  {PhoneSpec{}, func(p *Phone) { p.SetPairingPolicy("MCChallengeRequired") }, []string{"PairingDialogResponsePending", "MCChallengeRequired"}},
		"forbidden":          {PhoneSpec{}, func(p *Phone) { p.SetPairingPolicy("MCProtected") }, []string{"PairingDialogResponsePending", "MCProtected"}},
		"a fault in between": {PhoneSpec{Trust: Trust{Mode: TrustAuto}}, func(p *Phone) { p.Play(LockdownError{Request: "Pair", Code: "ServiceLimit"}) }, []string{"", "ServiceLimit", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, phone := start(t, each.spec)
			for i, want := range each.want {
				if i == 1 && each.act != nil {
					each.act(phone)
				}
				reply := connect(t, s, lockdownPort).ask(request)
				if got := text(reply, "Error"); got != want {
					t.Fatalf("try %d: %q, want %q", i+1, got, want)
				}
				if want == "" && len(blob(reply, "EscrowBag")) != 32 {
					t.Errorf("no escrow bag in %v", reply)
				}
			}
		})
	}
}

func TestPairingWithDelay(t *testing.T) {
	t.Parallel()
	d := dialog{trust: Trust{Mode: TrustAuto, Delay: time.Minute}}
	now := time.Unix(1000, 0)
	for _, each := range []struct {
		after time.Duration
		want  string
	}{{0, "PairingDialogResponsePending"}, {59 * time.Second, "PairingDialogResponsePending"}, {time.Minute, ""}} {
		if got := d.ask(now.Add(each.after)); got != each.want {
			t.Errorf("after %v: %q, want %q", each.after, got, each.want)
		}
	}
}

func TestPairRefusesForeignCertificates(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{Trust: Trust{Mode: TrustAuto}})
	key, err := poolKey(phoneKeys)
	must(t, err)
	foreign, err := hostRecord(key, "buid", "host", nil)
	must(t, err)
	for name, record := range map[string]map[string]any{"another key": foreign, "nothing": {"HostID": "x"}} {
		if got := connect(t, s, lockdownPort).askError(map[string]any{"Request": "Pair", "PairRecord": record}); got != "InvalidPairRecord" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestLockdownSurvivesGarbage(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	for name, garbage := range map[string]string{
		"too long": "\xff\xff\xff\xff", "no plist": "\x00\x00\x00\x04abcd", "cut": "\x00\x00\x01\x00x",
		"an array": "\x00\x00\x00\x20<plist><array></array></plist>  ", "text": "GET / HTTP/1.1\r\n\r\n",
	} {
		c := connect(t, s, lockdownPort)
		_, err := c.Write([]byte(garbage))
		must(t, err)
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		if got, _ := io.ReadAll(c); len(got) != 0 {
			t.Errorf("%s: answered %q", name, got)
		}
	}
	c := connect(t, s, lockdownPort)
	for want, request := range map[string]map[string]any{
		"InvalidResponse": {"Request": 7}, "MissingHostID": {"Request": "Pair", "PairRecord": "x"}, "MissingValue": {"Request": "GetValue", "Key": "x", "Domain": 1},
	} {
		if got := c.askError(request); got != want {
			t.Errorf("%v: %q, want %q", request, got, want)
		}
	}
	secure, _ := session(t, s)
	port, _ := number(secure.ask(map[string]any{"Request": "StartService", "Service": serviceAFC}), "Port")
	plain := connect(t, s, uint16(port))
	_, err := plain.Write([]byte("CFA6LPAA and not TLS at all"))
	must(t, err)
	if _, err := io.Copy(io.Discard, plain); err != nil {
		t.Logf("plaintext to a TLS service: %v", err) // the alert may be lost in a reset
	}
	session(t, s)
}

func TestLockedServices(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	escrow := record(t, s)["EscrowBag"]
	try := func(service string, bag any) string {
		c, _ := session(t, s)
		request := map[string]any{"Request": "StartService", "Service": service}
		if bag != nil {
			request["EscrowBag"] = bag
		}
		return c.askError(request)
	}
	phone.Lock()
	for _, each := range []struct {
		when, service string
		bag           any
		want          string
	}{
		{"locked", serviceBackup, nil, "PasswordProtected"},
		{"locked", serviceBackup, escrow, ""},
		{"locked", serviceBackup, []byte("wrong"), "EscrowLocked"},
		{"locked", serviceAFC, nil, ""},
		{"before first unlock", serviceBackup, escrow, "EscrowLocked"},
		{"before first unlock", serviceAFC, nil, "PasswordProtected"},
		{"before first unlock", serviceNotify, nil, ""},
	} {
		if each.when == "before first unlock" && phone.Attached() && !phone.unboot {
			phone.Reboot()
			phone.Attach()
		}
		if got := try(each.service, each.bag); got != each.want {
			t.Errorf("%s, %s: %q, want %q", each.when, each.service, got, each.want)
		}
	}
	c, _ := session(t, s)
	if got := c.ask(map[string]any{"Request": "GetValue", "Key": "PasswordProtected"}); got["Value"] != true {
		t.Errorf("PasswordProtected: %v", got)
	}
}

// A host may drop TLS without a close_notify and go on in plaintext: the phone notices by the first byte.
func TestPlaintextWithoutCloseNotify(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	plain, keys := connect(t, s, lockdownPort), record(t, s)
	for range 2 { // and may begin a second session on the same connection
		reply := plain.ask(map[string]any{"Request": "StartSession", "HostID": keys["HostID"]})
		secure := plain.secure(keys, "Root")
		secure.ask(map[string]any{"Request": "StopSession", "SessionID": reply["SessionID"]})
		if got := plain.askPlain(secure, map[string]any{"Request": "QueryType"}); got["Type"] == nil {
			t.Fatalf("in plaintext again: %v", got)
		}
	}
}

func TestOlderRequestsAndSettings(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	keys := record(t, s)
	plain := connect(t, s, lockdownPort)
	for want, hostRecord := range map[string]any{"": keys, "InvalidHostID": map[string]any{"HostID": "x"}, "MissingHostID": map[string]any{}} {
		if got := plain.askError(map[string]any{"Request": "ValidatePair", "PairRecord": hostRecord}); got != want {
			t.Errorf("ValidatePair: %q, want %q", got, want)
		}
	}
	phone.SetClockSkew(-24 * time.Hour)
	phone.Play(
		LockdownError{Request: "GetValue", Name: "DeviceName", Code: "GetProhibited", Times: 2},
		LockdownError{Request: "StartService", Name: serviceAFC, Code: "ServiceLimit"},
	)
	c, _ := session(t, s)
	for i, want := range []string{"GetProhibited", "GetProhibited", ""} {
		if got := c.askError(map[string]any{"Request": "GetValue", "Key": "DeviceName"}); got != want {
			t.Errorf("DeviceName, try %d: %q, want %q", i+1, got, want)
		}
	}
	for i, want := range []string{"ServiceLimit", ""} {
		if got := c.askError(map[string]any{"Request": "StartService", "Service": serviceAFC}); got != want {
			t.Errorf("AFC, try %d: %q, want %q", i+1, got, want)
		}
	}
	clock, _ := c.ask(map[string]any{"Request": "GetValue", "Key": "TimeIntervalSince1970"})["Value"].(float64)
	if off := time.Since(time.UnixMilli(int64(clock * 1000))); off < 23*time.Hour || off > 25*time.Hour {
		t.Errorf("the phone's clock is off by %v, want a day", off)
	}
	domain := map[string]any{"Domain": "com.apple.mobile.wireless_lockdown", "Key": "EnableWifiConnections"}
	for _, step := range []struct {
		request string
		value   any
		want    string
		reads   any
	}{{"SetValue", true, "", true}, {"RemoveValue", nil, "", nil}} {
		domain["Request"], domain["Value"] = step.request, step.value
		if step.value == nil {
			delete(domain, "Value")
		}
		if got := c.askError(domain); got != step.want {
			t.Errorf("%s: %q", step.request, got)
		}
		if got := phone.domain(domainWireless, true)["EnableWifiConnections"]; got != step.reads {
			t.Errorf("after %s: %v", step.request, got)
		}
	}
	phone.SetTrust(Trust{Mode: TrustRefuse})
	if got := plain.askError(map[string]any{"Request": "Unpair", "PairRecord": keys}); got != "" || phone.TrustedHosts() != 0 {
		t.Errorf("unpair: %q, %d hosts", got, phone.TrustedHosts())
	}
	if got := plain.askError(map[string]any{"Request": "Pair", "PairRecord": keys}); got != "UserDeniedPairing" {
		t.Errorf("pair: %q", got)
	}
}

// TestSeedMakesThePhone: two simulators with one spec are one phone, down to its keys; another seed is another phone.
func TestSeedMakesThePhone(t *testing.T) {
	t.Parallel()
	values := func(seed uint64) string {
		_, phone := start(t, PhoneSpec{Seed: seed})
		return fmt.Sprint(phone.valuesForManifest(), phone.escrow)
	}
	first := values(1)
	if again := values(1); again != first {
		t.Error("one seed made two phones")
	}
	if values(2) == first {
		t.Error("two seeds made one phone")
	}
}

func TestFreeBytesFollowsTheDisk(t *testing.T) {
	t.Parallel()
	_, phone := start(t, PhoneSpec{Disk: Disk{Total: 1000, Available: 400}})
	for _, each := range []struct {
		value any
		want  int64
	}{{int64(7), 7}, {uint64(8), 8}, {9, 9}, {"ten", 0}} {
		phone.SetValue(domainDisk, "AmountDataAvailable", each.value)
		if got := (agentEnv{phone}).FreeBytes(); got != each.want {
			t.Errorf("%v: %d, want %d", each.value, got, each.want)
		}
	}
}
