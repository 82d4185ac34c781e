package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"homeport/cause"
)

// namesakes are names of phones, a text about each, and what it becomes.
var namesakes = []struct{ name, text, want string }{
	{"Bo's iPhone", "Bo's iPhone is locked; Bo, Bob and BOB", "phone-1 is locked; name-1, Bob and BOB"},
	{"Bo", `"msg":"hi\nBo, unlock"`, `"msg":"hi\nphone-1, unlock"`},
	{"Zoë’s iPhone", "Zoë's iPhone, Zoë, Zoe\u0308, Zo\\u00eb, Zo%C3%AB", "phone-1, name-1, name-1, name-1, name-1"},
	{"美咲", "美咲のiPhone", "phone-1のiPhone"},
	{"李", "backup of 李", "backup of phone-1"},
	{"📱", `phone 📱, \ud83d\udcf1`, "phone phone-1, phone-1"},
	{"Max", "Max: iPhone 14 Pro Max, max 5", "phone-1: iPhone 14 Pro Max, max 5"},
	{"May's iPhone", "May's iPhone may be locked; may\u2019s iphone, May", "phone-1 may be locked; phone-1, name-1"},
	{"may", "it may be locked", "it may be locked"},
	{"iPhone", "iPhone 15 is an iPhone", "iPhone 15 is an iPhone"},
	{"iPhone (2)", "iPhone (2) is locked", "iPhone (2) is locked"},
	{"1", "1 of 10 in 2026", "1 of 10 in 2026"},
	{"a", "a file of a phone", "a file of a phone"},
	{"backup", "backup failed", "backup failed"},
	{"destination", "destination is full", "destination is full"},
	{"Error", "an error: Error", "an error: phone-1"},
	{"not found", "file not found", "file not found"},
	{"Ally", "automatically, Ally, allyphone", "automatically, phone-1, phone-1phone"},
	{"Serial", "the serial (serial)", "the serial (serial)"},
	{"...", "waiting ... done", "waiting ... done"},
	{"Anna\nMaria", "Anna Maria and Maria", "phone-1 and name-2"},
}

// TestRedactNames holds that a name is taken out in every spelling, and that one
// which is an everyday word does not make a report useless.
func TestRedactNames(t *testing.T) {
	t.Parallel()
	for _, c := range namesakes {
		r := newRedactor()
		r.phone("", c.name)
		got := r.text(c.text)
		if got != c.want {
			t.Errorf("%q: %q became %q, want %q", c.name, c.text, got, c.want)
		}
		if found := r.leak(got); found != "" {
			t.Errorf("%q: %q has %s in it", c.name, got, found)
		}
	}
}

// TestRedactNamesInOneAnother holds that of two phones each has its pseudonym.
func TestRedactNamesInOneAnother(t *testing.T) {
	t.Parallel()
	r := newRedactor()
	r.phone(stageUDID, "Quetzal")
	r.phone("00008130-000B2C3D4E5F6071", "Quetzal's old one")
	want := "phone-1, phone-2, phone-1"
	if got := r.text("quetzal, Quetzal’s old one, Quetzal"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	v := r.value("", map[string]any{"device": "Quetzal", "cause": "device-locked"})
	if data, _ := json.Marshal(v); string(data) != `{"cause":"device-locked","device":"phone-1"}` {
		t.Errorf("got %s", data)
	}
}

// TestRedactEvidence holds what is learned of the evidence of an error.
func TestRedactEvidence(t *testing.T) {
	t.Parallel()
	for evidence, want := range map[string]string{
		`{"name":"Quetzalina","phones":["Bo (00008130-000B2C3D4E5F6071)"],"text":"Quetzalina, Bo, Bo (00008130000B2C3D4E5F6071)"}`: `{"name":"phone-2","phones":["phone-1 (phone-1)"],"text":"phone-2, phone-1, phone-1 (phone-1)"}`,
		`{"name":"20261122T103140Z-0012"}`:                                              `{"name":"20261122T103140Z-0012"}`,
		`{"key":"engine","text":"engine: hunter2 is none","value":"hunter2"}`:           `{"key":"engine","text":"engine: value-1 is none","value":"value-1"}`,
		`{"key":"min_interval","value":"24h"}`:                                          `{"key":"min_interval","value":"24h"}`,
		`{"key":"engine","text":"native is not there","value":"native"}`:                `{"key":"engine","text":"native is not there","value":"native"}`,
		`{"appleVersion":"12.13.2.3","text":"from 10.9.8.7, version 18.5"}`:             `{"appleVersion":"12.13.2.3","text":"from (address), version 18.5"}`,
		`{"text":"Ann's Drive","volume":"\"Ann's Drive\""}`:                             `{"text":"volume-1","volume":"\"volume-1\""}`,
		`{"text":"the backup disk is full","volume":"the backup disk"}`:                 `{"text":"the backup disk is full","volume":"the backup disk"}`,
		`{"serialNumber":"f4qxk9zzpn","text":"F4QXK9ZZPN, f4qxk9zzpn","ssid":"Bo Net"}`: `{"serialNumber":"serial-1","ssid":"network-1","text":"serial-1, serial-1"}`,
	} {
		r := newRedactor()
		v := map[string]any{"evidence": parsed([]byte(evidence))}
		r.learnFrom(v)
		got, _ := json.Marshal(r.value("", v["evidence"]))
		if string(got) != want {
			t.Errorf("%s\n became %s\nwant    %s", evidence, got, want)
		}
	}
}

// TestRedactKeepsTheCatalogue holds that whatever a phone is called, what causes say
// of it stays readable.
func TestRedactKeepsTheCatalogue(t *testing.T) {
	t.Parallel()
	texts := []string{"20261122T103140Z-0012", "2026-11-22T10:15:02Z", "62.1 GB"}
	for _, row := range cause.All() {
		texts = append(texts, string(row.ID), strings.ToLower(row.Sentence))
	}
	want := strings.Join(texts, "\n")
	for _, name := range []string{"1", "a", "e", "the", "backup", "phone", "disk", "full", "lock", "err", "Ann", "Rest", "iPhone", "host-disk-full", "udid", "fail", "-", "s", "in", "x"} {
		r := newRedactor()
		r.phone(stageUDID, name)
		r.learn("user", strings.ToLower(name))
		for i, got := range strings.Split(r.literals(want), "\n") {
			if got != texts[i] {
				t.Errorf("%q: %q became %q", name, texts[i], got)
			}
		}
	}
	for i, got := range strings.Split(newRedactor().lines(want), "\n") {
		if got != texts[i] {
			t.Errorf("%q became %q", texts[i], got)
		}
	}
}

// TestRedactForms holds what is known by its form alone, and what only looks so.
func TestRedactForms(t *testing.T) {
	t.Parallel()
	r := newRedactor()
	r.folder("/home/bo", "~")
	r.folder(`C:\Users\bo`, "~")
	for text, want := range map[string]string{
		"dial UNIX:///home/bo/s, unix:///srv/zed/s":                "dial UNIX://~/s, (address)",
		`get https://hooks.example.com/T0/B0/x1: EOF`:              "get (address) EOF",
		"see https://support.apple.com/HT204306":                   "see https://support.apple.com/HT204306",
		"at unix:///run/usbmuxd, http://127.0.0.1:8080/":           "at unix:///run/usbmuxd, http://127.0.0.1:8080/",
		`password="two words", token: 'three of them', x`:          "(secret), (secret), x",
		`{\"token\":\"abc def\"}`:                                  `{\"(secret)}`,
		"tool --password hunter2 -x":                               "tool(secret) -x",
		"Authorization: Bearer abc.def":                            "(secret)",
		"call 01715550142, 0171/5550142, (0171) 5550142":           "call (number), (number), (number)",
		"call 0049 171 5550142, (555) 555-0142, 555-555-0142":      "call (number), (number), (number)",
		"call +49-171-5550142, +49\u00a0171\u00a05550142":          "call (number), (number)",
		"UniqueChipID: 6512341234123":                              "(ecid)",
		"mac a45e.60c2.110f on annas-mac.local":                    "mac (mac) on (host)",
		"rename /Users/zed/a: /Users/zed/b: gone":                  "rename (path): gone",
		"open /x/y: /srv/My Secret":                                "open (path): (path)",
		"in:/srv/zed/x":                                            "in:(path)",
		"in C:/Users/zed/x: gone":                                  "in (path): gone",
		"HomeDomain/a b: CameraRollDomain/c d":                     "HomeDomain/(file): CameraRollDomain/(file)",
		"/srv/q/x HomeDomain/a: gone":                              "(path)HomeDomain/(file): gone",
		"ls /home/bo/x and /home/bob":                              "ls ~/x and (path)",
		`c:\users\bo\x, C:/Users/bo/x`:                             `~\x, ~/x`,
		"12.9 of 100 files in 3 h 10 min, 1,234,567,890,123 bytes": "12.9 of 100 files in 3 h 10 min, 1,234,567,890,123 bytes",
	} {
		if got := r.text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// TestRedactThousands holds that thousands of names of files are found in a whole log
// in one pass; an expression of all of them took minutes. The limit is far off.
func TestRedactThousands(t *testing.T) {
	t.Parallel()
	r := newRedactor()
	for i := range 1000 {
		r.learnPath("file", fmt.Sprintf("Library/Letters/dear quetzal %d.txt", i))
	}
	line := strings.Repeat("read dear quetzal 432.txt and Library/Letters/dear quetzal 17.txt, then IMG_0001.JPG and so on ", 500)
	start := time.Now()
	got := r.text(line)
	if strings.Contains(got, "quetzal") || !strings.Contains(got, "then IMG_0001.JPG") {
		t.Errorf("got %s", clip(got, 300))
	}
	t.Logf("%d bytes in %v", len(line), time.Since(start))
}
