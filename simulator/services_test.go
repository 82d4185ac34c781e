package simulator

import (
	"bytes"
	"image/png"
	"io"
	"slices"
	"testing"
)

func TestNotifications(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	c, other := open(t, s, serviceNotify), open(t, s, serviceNotify)
	say := func(c *client, command, name string) {
		t.Helper()
		must(t, writePlist(c, map[string]any{"Command": command, "Name": name}))
	}
	say(c, "ObserveNotification", "one")
	say(c, "ObserveNotification", "two")
	say(c, "PostNotification", "two") // its own: proves that both observers are in place
	expect := func(name string) {
		t.Helper()
		got, err := readPlist(c)
		if err != nil || got["Command"] != "RelayNotification" || got["Name"] != name {
			t.Fatalf("got %v %v, want %s", got, err, name)
		}
	}
	expect("two")
	phone.Notify("unobserved")
	phone.Notify("one")
	expect("one")
	say(other, "PostNotification", "two")
	expect("two")
	say(c, "Shutdown", "")
	if got, err := readPlist(c); err != nil || got["Command"] != "ProxyDeath" {
		t.Errorf("shutdown: %v %v", got, err)
	}
	if _, err := readPlist(c); err != io.EOF {
		t.Errorf("after ProxyDeath: %v", err)
	}
	if got := phone.Counts().Posted; !slices.Equal(got, []string{"two", "two"}) {
		t.Errorf("posted: %v", got)
	}
}

func TestInsecureProxyNeedsNoTrust(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{})
	reply := connect(t, s, lockdownPort).ask(map[string]any{"Request": "StartService", "Service": serviceInsecure})
	port, _ := number(reply, "Port")
	if port == 0 || reply["EnableServiceSSL"] != false {
		t.Fatalf("start: %v", reply)
	}
	c := connect(t, s, uint16(port))
	must(t, writePlist(c, map[string]any{"Command": "ObserveNotification", "Name": "com.apple.mobile.lockdown.request_pair"}))
	eventually(t, "the proxy observes", func() bool {
		phone.mu.Lock()
		defer phone.mu.Unlock()
		for each := range phone.proxies {
			return len(each.observed) == 1
		}
		return false
	})
	phone.Trust()
	if got, err := readPlist(c); err != nil || got["Name"] != "com.apple.mobile.lockdown.request_pair" {
		t.Errorf("after trust: %v %v", got, err)
	}
	if n, _ := number(dial(t, s).mux(map[string]any{"MessageType": "Connect", "DeviceID": 1, "PortNumber": int(port>>8&0xff | port<<8&0xff00)}), "Number"); n != resultRefused {
		t.Errorf("a second connection to a service's port: %d", n)
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	c := open(t, s, serviceInstall)
	page := c.ask(map[string]any{"Command": "Browse", "ClientOptions": map[string]any{
		"ApplicationType": "User", "ReturnAttributes": []any{"CFBundleIdentifier", "ApplicationSINF"},
	}})
	list, _ := page["CurrentList"].([]any)
	if len(list) != len(apps()) {
		t.Fatalf("browse: %v", page)
	}
	if first := list[0].(map[string]any); len(first) != 2 || len(blob(first, "ApplicationSINF")) == 0 {
		t.Errorf("attributes: %v", first)
	}
	if last, err := readPlist(c); err != nil || last["Status"] != "Complete" {
		t.Errorf("end of browse: %v %v", last, err)
	}
	found, _ := c.ask(map[string]any{"Command": "Lookup", "ClientOptions": map[string]any{"BundleIDs": []any{apps()[1].id, "none"}}})["LookupResult"].(map[string]any)
	if len(found) != 1 || found[apps()[1].id] == nil {
		t.Errorf("lookup: %v", found)
	}
	if got := c.askError(map[string]any{"Command": "Uninstall"}); got != "UnknownCommand" {
		t.Errorf("uninstall: %q", got)
	}
	icon := blob(open(t, s, serviceSpringbrd).ask(map[string]any{"command": "getIconPNGData", "bundleId": apps()[0].id}), "pngData")
	if picture, err := png.Decode(bytes.NewReader(icon)); err != nil || picture.Bounds().Dx() != 60 {
		t.Errorf("icon: %v", err)
	}
}
